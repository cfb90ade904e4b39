;; Loops: pinned locals, conditions at the bottom and at the top, one loop inside another.
(module
  (func $bottom (param $n i32) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $top (param $n i32) (result i32) (local $i i32)
    (block $done
      (loop $again
        (br_if $done (i32.ge_s (local.get $i) (local.get $n)))
        (local.set $i (i32.add (local.get $i) (i32.const 3)))
        (br $again)))
    (local.get $i))
  (func $nested (param $n i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $inner
        (local.set $count (i32.add (local.get $count) (i32.mul (local.get $i) (local.get $j))))
        (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $count)))
