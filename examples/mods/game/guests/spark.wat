;; Lives for less than two seconds, flickers, flies with the wind, and asks to be freed.
;;
;; Memory: 0 age, 4 age to reach, in ticks (i32); 64..128 its flicker, newest byte first.
(module $spark
  (import "env" "random" (func $random (result i32)))
  (import "env" "wind" (func $wind (result f32 f32)))
  (import "env" "move" (func $move (param f32 f32)))
  (import "env" "leave" (func $leave))
  (memory (export "memory") 1 1)
  (global (export "__heap_base") i32 (i32.const 128))

  (func $start
    (i32.store (i32.const 4) (i32.add (i32.const 30) (i32.rem_u (call $random) (i32.const 90)))))
  (start $start)

  (func (export "tick") (param $dt f32)
    (local $age i32)
    (memory.copy (i32.const 65) (i32.const 64) (i32.const 63))
    (i32.store8 (i32.const 64) (call $random))
    (call $wind)
    (call $move)
    (i32.store (i32.const 0) (local.tee $age (i32.add (i32.load (i32.const 0)) (i32.const 1))))
    (if (i32.ge_u (local.get $age) (i32.load (i32.const 4)))
      (then (call $leave)))))
