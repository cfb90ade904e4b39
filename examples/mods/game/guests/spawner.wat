;; Gathers charge, and when it has enough, asks the host to spawn a spark.
;;
;; Memory: 0 charge (f32); 4 sparks asked for (i32); 8 time of the last tick (i64); 16.. when the last 64 were asked for (i64).
(module $spawner
  (import "env" "random" (func $random (result i32)))
  (import "env" "time" (func $time (result i64)))
  (import "env" "spawn" (func $spawn))
  (import "env" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1 1)
  (global (export "__heap_base") i32 (i32.const 1056))
  (data (i32.const 1024) "eight more sparks")

  (func (export "tick") (param $dt f32)
    (local $luck f32) (local $asked i32)
    (i64.store (i32.const 8) (call $time))
    ;; Luck from 0 to 1 makes the charge grow by 0.5 to 2 per second.
    (local.set $luck (f32.div (f32.convert_i32_u (call $random)) (f32.const 4294967296)))
    (f32.store (i32.const 0)
      (f32.add
        (f32.load (i32.const 0))
        (f32.mul (local.get $dt) (f32.add (f32.const 0.5) (f32.mul (local.get $luck) (f32.const 1.5))))))
    (if (f32.ge (f32.load (i32.const 0)) (f32.const 1))
      (then
        (f32.store (i32.const 0) (f32.sub (f32.load (i32.const 0)) (f32.const 1)))
        (call $spawn)
        (local.set $asked (i32.load (i32.const 4)))
        (i64.store offset=16
          (i32.shl (i32.and (local.get $asked) (i32.const 63)) (i32.const 3))
          (i64.load (i32.const 8)))
        (i32.store (i32.const 4) (local.tee $asked (i32.add (local.get $asked) (i32.const 1))))
        (if (i32.eqz (i32.and (local.get $asked) (i32.const 7)))
          (then (call $log (i32.const 1024) (i32.const 17))))))))
