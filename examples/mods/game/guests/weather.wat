;; Sixteen by sixteen cells of air whose heat spreads; warm against cold makes the wind that other mods feel.
;;
;; Memory: 0..1024 heat of the cells, 1024..2048 the same one tick later (f32); 2048 ticks (i32).
(module $weather
  (import "env" "random" (func $random (result i32)))
  (import "env" "set_wind" (func $set_wind (param f32 f32)))
  (memory (export "memory") 1 1)
  (global (export "__heap_base") i32 (i32.const 2064))

  ;; Heat of a cell; the world is round in both directions.
  (func $heat (param $x i32) (param $y i32) (result f32)
    (f32.load
      (i32.shl
        (i32.or
          (i32.and (local.get $x) (i32.const 15))
          (i32.shl (i32.and (local.get $y) (i32.const 15)) (i32.const 4)))
        (i32.const 2))))

  (func $spread
    (local $cell i32) (local $x i32) (local $y i32) (local $heat f32)
    (loop $cells
      (local.set $x (i32.and (local.get $cell) (i32.const 15)))
      (local.set $y (i32.shr_u (local.get $cell) (i32.const 4)))
      (local.set $heat (call $heat (local.get $x) (local.get $y)))
      (f32.store offset=1024 (i32.shl (local.get $cell) (i32.const 2))
        (f32.mul (f32.const 0.998)
          (f32.add
            (local.get $heat)
            (f32.mul
              (f32.const 0.2)
              (f32.sub
                (f32.add
                  (f32.add
                    (call $heat (i32.sub (local.get $x) (i32.const 1)) (local.get $y))
                    (call $heat (i32.add (local.get $x) (i32.const 1)) (local.get $y)))
                  (f32.add
                    (call $heat (local.get $x) (i32.sub (local.get $y) (i32.const 1)))
                    (call $heat (local.get $x) (i32.add (local.get $y) (i32.const 1)))))
                (f32.mul (f32.const 4) (local.get $heat)))))))
      (br_if $cells
        (i32.lt_u (local.tee $cell (i32.add (local.get $cell) (i32.const 1))) (i32.const 256))))
    (memory.copy (i32.const 0) (i32.const 1024) (i32.const 1024)))

  (func (export "tick") (param $dt f32)
    (local $sunny i32)
    ;; The sun heats one cell.
    (local.set $sunny (i32.shl (i32.and (call $random) (i32.const 255)) (i32.const 2)))
    (f32.store (local.get $sunny) (f32.add (f32.load (local.get $sunny)) (f32.mul (local.get $dt) (f32.const 60))))
    (call $spread)
    (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
    (call $set_wind
      (f32.sub (call $heat (i32.const 7) (i32.const 8)) (call $heat (i32.const 9) (i32.const 8)))
      (f32.sub (call $heat (i32.const 8) (i32.const 7)) (call $heat (i32.const 8) (i32.const 9))))))
