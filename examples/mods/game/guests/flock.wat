;; Twelve birds that fly together: each steers to the middle of the others, away from who is too near, and along with all.
;;
;; Memory: 16 bytes per bird: x, y, speed in x, speed in y (f32); 192 ticks (i32); 196, 200 mean speed (f32).
(module $flock
  (import "env" "random" (func $random (result i32)))
  (import "env" "wind" (func $wind (result f32 f32)))
  (import "env" "move" (func $move (param f32 f32)))
  (memory (export "memory") 1 1)
  (global (export "__heap_base") i32 (i32.const 208))

  ;; A number from -1 to 1.
  (func $noise (result f32)
    (f32.div (f32.convert_i32_s (call $random)) (f32.const 2147483648)))

  (func $start
    (local $at i32)
    (loop $numbers
      (f32.store (local.get $at) (f32.mul (call $noise) (f32.const 10)))
      (br_if $numbers
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 192)))))
  (start $start)

  (func $steer (param $bird i32) (param $wx f32) (param $wy f32)
    (local $other i32) (local $dx f32) (local $dy f32) (local $far f32) (local $pull f32)
    (local $ax f32) (local $ay f32)
    (loop $others
      (local.set $dx (f32.sub (f32.load (local.get $other)) (f32.load (local.get $bird))))
      (local.set $dy (f32.sub (f32.load offset=4 (local.get $other)) (f32.load offset=4 (local.get $bird))))
      (local.set $far
        (f32.add
          (f32.sqrt
            (f32.add (f32.mul (local.get $dx) (local.get $dx)) (f32.mul (local.get $dy) (local.get $dy))))
          (f32.const 0.001)))
      ;; Two units apart is right: nearer pushes, farther pulls, at most by one.
      (local.set $pull
        (f32.div
          (f32.max (f32.const -1) (f32.min (f32.const 1) (f32.sub (local.get $far) (f32.const 2))))
          (local.get $far)))
      (local.set $ax (f32.add (local.get $ax) (f32.mul (local.get $dx) (local.get $pull))))
      (local.set $ay (f32.add (local.get $ay) (f32.mul (local.get $dy) (local.get $pull))))
      (br_if $others
        (i32.lt_u (local.tee $other (i32.add (local.get $other) (i32.const 16))) (i32.const 192))))
    (f32.store offset=8 (local.get $bird)
      (call $speed (f32.load offset=8 (local.get $bird)) (f32.load (i32.const 196))
        (f32.add (local.get $ax) (local.get $wx))))
    (f32.store offset=12 (local.get $bird)
      (call $speed (f32.load offset=12 (local.get $bird)) (f32.load (i32.const 200))
        (f32.add (local.get $ay) (local.get $wy)))))

  ;; A speed, drawn to the mean of all, after a push.
  (func $speed (param $own f32) (param $mean f32) (param $push f32) (result f32)
    (f32.add
      (f32.add (f32.mul (local.get $own) (f32.const 0.95)) (f32.mul (local.get $mean) (f32.const 0.04)))
      (f32.mul (local.get $push) (f32.const 0.05))))

  (func (export "tick") (param $dt f32)
    (local $bird i32) (local $wx f32) (local $wy f32) (local $sx f32) (local $sy f32)
    (call $wind)
    (local.set $wy)
    (local.set $wx)
    (loop $birds
      (call $steer (local.get $bird) (local.get $wx) (local.get $wy))
      (br_if $birds
        (i32.lt_u (local.tee $bird (i32.add (local.get $bird) (i32.const 16))) (i32.const 192))))
    (local.set $bird (i32.const 0))
    (loop $birds
      (f32.store (local.get $bird)
        (f32.add (f32.load (local.get $bird)) (f32.mul (local.get $dt) (f32.load offset=8 (local.get $bird)))))
      (f32.store offset=4 (local.get $bird)
        (f32.add
          (f32.load offset=4 (local.get $bird))
          (f32.mul (local.get $dt) (f32.load offset=12 (local.get $bird)))))
      (local.set $sx (f32.add (local.get $sx) (f32.load offset=8 (local.get $bird))))
      (local.set $sy (f32.add (local.get $sy) (f32.load offset=12 (local.get $bird))))
      (br_if $birds
        (i32.lt_u (local.tee $bird (i32.add (local.get $bird) (i32.const 16))) (i32.const 192))))
    (f32.store (i32.const 196) (f32.div (local.get $sx) (f32.const 12)))
    (f32.store (i32.const 200) (f32.div (local.get $sy) (f32.const 12)))
    (i32.store (i32.const 192) (i32.add (i32.load (i32.const 192)) (i32.const 1)))
    (call $move
      (f32.mul (local.get $dt) (f32.load (i32.const 196)))
      (f32.mul (local.get $dt) (f32.load (i32.const 200))))))
