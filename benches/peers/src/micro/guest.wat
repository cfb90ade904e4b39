;; One call of every kind. Loops take the number of rounds; traps take the number of frames above the one that traps.
(module
  (type $unary (func (param i32) (result i32)))
  (import "host" "inc" (func $host (type $unary)))
  (import "host" "count" (func $counting (type $unary)))
  (import "other" "f0" (func $other (type $unary)))
  (import "other" "table" (table $foreign 8 funcref))
  (table $own 8 funcref)
  (memory 1 65536)
  (elem (table $own) (i32.const 0) func $f0 $f1 $f2 $f3 $f4 $f5 $f6 $f7)
  (func $f0 (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $f1 (type $unary) (i32.add (local.get 0) (i32.const 2)))
  (func $f2 (type $unary) (i32.add (local.get 0) (i32.const 3)))
  (func $f3 (type $unary) (i32.add (local.get 0) (i32.const 4)))
  (func $f4 (type $unary) (i32.add (local.get 0) (i32.const 5)))
  (func $f5 (type $unary) (i32.add (local.get 0) (i32.const 6)))
  (func $f6 (type $unary) (i32.add (local.get 0) (i32.const 7)))
  (func $f7 (type $unary) (i32.add (local.get 0) (i32.const 8)))

  (func (export "nothing"))
  (func (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "inc-by-call") (param i32) (result i32) (call $f0 (local.get 0)))

  (func (export "loop") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "direct") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $f0 (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "import") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $other (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "host") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $host (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "host-data") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $counting (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "own-1") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call_indirect $own (type $unary) (local.get $x) (i32.and (local.get $n) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "own-8") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call_indirect $own (type $unary) (local.get $x) (i32.and (local.get $n) (i32.const 7))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "foreign-1") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call_indirect $foreign (type $unary) (local.get $x) (i32.and (local.get $n) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "foreign-8") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call_indirect $foreign (type $unary) (local.get $x) (i32.and (local.get $n) (i32.const 7))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func $unreachable (export "unreachable") (param $above i32) (result i32)
    (if (i32.eqz (local.get $above)) (then unreachable))
    (i32.add (call $unreachable (i32.sub (local.get $above) (i32.const 1))) (i32.const 1)))
  (func $divide (export "divide") (param $above i32) (result i32)
    (if (i32.eqz (local.get $above)) (then (return (i32.div_u (i32.const 1) (local.get $above)))))
    (i32.add (call $divide (i32.sub (local.get $above) (i32.const 1))) (i32.const 1)))
  (func $outside (export "outside") (param $above i32) (result i32)
    (if (i32.eqz (local.get $above)) (then (return (i32.load (i32.sub (local.get $above) (i32.const 8))))))
    (i32.add (call $outside (i32.sub (local.get $above) (i32.const 1))) (i32.const 1)))

  (func (export "grow-0") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (memory.grow (i32.const 0)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "grow-1") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (memory.grow (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
