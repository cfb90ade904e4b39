;; Walks at random, pushed by the wind, and remembers its trail.
;;
;; Memory: 0 x, 4 y, 8 speed in x, 12 speed in y (f32); 16 steps taken (i32); 32.. the last 256 places, 8 bytes each.
(module $wanderer
  (import "env" "random" (func $random (result i32)))
  (import "env" "wind" (func $wind (result f32 f32)))
  (import "env" "move" (func $move (param f32 f32)))
  (memory (export "memory") 1 1)
  (global (export "__heap_base") i32 (i32.const 2080))

  ;; A number from -1 to 1.
  (func $noise (result f32)
    (f32.div (f32.convert_i32_s (call $random)) (f32.const 2147483648)))

  ;; A speed after friction, a push of its own, and the wind's.
  (func $push (param $speed f32) (param $wind f32) (result f32)
    (f32.add (f32.mul (local.get $speed) (f32.const 0.9)) (f32.add (call $noise) (local.get $wind))))

  (func (export "tick") (param $dt f32)
    (local $wx f32) (local $wy f32) (local $dx f32) (local $dy f32) (local $place i32)
    (call $wind)
    (local.set $wy)
    (local.set $wx)
    (f32.store (i32.const 8) (call $push (f32.load (i32.const 8)) (local.get $wx)))
    (f32.store (i32.const 12) (call $push (f32.load (i32.const 12)) (local.get $wy)))
    (local.set $dx (f32.mul (f32.load (i32.const 8)) (local.get $dt)))
    (local.set $dy (f32.mul (f32.load (i32.const 12)) (local.get $dt)))
    (f32.store (i32.const 0) (f32.add (f32.load (i32.const 0)) (local.get $dx)))
    (f32.store (i32.const 4) (f32.add (f32.load (i32.const 4)) (local.get $dy)))
    (call $move (local.get $dx) (local.get $dy))
    (local.set $place
      (i32.add (i32.const 32) (i32.shl (i32.and (i32.load (i32.const 16)) (i32.const 255)) (i32.const 3))))
    (f32.store (local.get $place) (f32.load (i32.const 0)))
    (f32.store offset=4 (local.get $place) (f32.load (i32.const 4)))
    (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))))
