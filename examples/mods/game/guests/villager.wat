;; Follows a script: sleeps, gets up, works, eats, strolls, and goes when it is old; the host then sends another.
;;
;; Memory: 0 what it does (0 to 4), 4 hunger, 8 strength, 12 age, 16 age to reach, in ticks (i32);
;; 32.. ticks spent on each of the five (i32); 64 one less than the days lived (i64).
(module $villager
  (import "env" "random" (func $random (result i32)))
  (import "env" "time" (func $time (result i64)))
  (import "env" "move" (func $move (param f32 f32)))
  (import "env" "log" (func $log (param i32 i32)))
  (import "env" "leave" (func $leave))
  (memory (export "memory") 1 1)
  (global (export "__heap_base") i32 (i32.const 1072))
  (data (i32.const 1024) "good morning")
  (data (i32.const 1040) "that was a good life")

  (func $start
    (i32.store (i32.const 8) (i32.const 100))
    (i32.store (i32.const 16) (i32.add (i32.const 300) (i32.rem_u (call $random) (i32.const 900)))))
  (start $start)

  (func $become (param $state i32)
    (i32.store (i32.const 0) (local.get $state)))

  ;; Changes a number in memory, and answers with it.
  (func $add (param $at i32) (param $amount i32) (result i32)
    (i32.store (local.get $at) (local.tee $amount (i32.add (i32.load (local.get $at)) (local.get $amount))))
    (local.get $amount))

  ;; A day has 24 hours of a quarter of a second.
  (func $hour (result i32)
    (i32.wrap_i64 (i64.rem_u (i64.div_u (call $time) (i64.const 250)) (i64.const 24))))

  (func (export "tick") (param $dt f32)
    (local $hour i32) (local $luck i32) (local $state i32)
    (local.set $hour (call $hour))
    (local.set $luck (i32.and (call $random) (i32.const 63)))
    (local.set $state (i32.load (i32.const 0)))
    (drop (call $add (i32.add (i32.const 32) (i32.shl (local.get $state) (i32.const 2))) (i32.const 1)))
    (block $done
      (block $stroll
        (block $eat
          (block $work
            (block $wake
              (block $sleep
                (br_table $sleep $wake $work $eat $stroll (local.get $state)))
              ;; sleep: until six, or when hunger wakes it
              (drop (call $add (i32.const 8) (i32.const 1)))
              (if (i32.eq (local.get $hour) (i32.const 6)) (then (call $become (i32.const 1))))
              (if (i32.gt_s (call $add (i32.const 4) (i32.eqz (local.get $luck))) (i32.const 20))
                (then (call $become (i32.const 3))))
              (br $done))
            ;; wake: greets, and goes to work
            (i64.store (i32.const 64) (i64.div_u (call $time) (i64.const 6000)))
            (call $log (i32.const 1024) (i32.const 12))
            (call $become (i32.const 2))
            (br $done))
          ;; work: makes hungry and tired
          (if (i32.gt_s (call $add (i32.const 4) (i32.and (local.get $luck) (i32.const 1))) (i32.const 40))
            (then (call $become (i32.const 3))))
          (if (i32.lt_s (call $add (i32.const 8) (i32.const -1)) (i32.const 10))
            (then (call $become (i32.const 4))))
          (br $done))
        ;; eat
        (if (i32.le_s (call $add (i32.const 4) (i32.const -4)) (i32.const 0))
          (then
            (i32.store (i32.const 4) (i32.const 0))
            (call $become (select (i32.const 2) (i32.const 4) (i32.lt_u (local.get $hour) (i32.const 18))))))
        (br $done))
      ;; stroll: until it is dark
      (call $move
        (f32.mul (local.get $dt) (f32.convert_i32_s (i32.sub (local.get $luck) (i32.const 32))))
        (f32.mul (local.get $dt) (f32.const 2)))
      (if (i32.or (i32.gt_u (local.get $hour) (i32.const 21)) (i32.lt_u (local.get $hour) (i32.const 6)))
        (then (call $become (i32.const 0)))))
    (if (i32.ge_s (call $add (i32.const 12) (i32.const 1)) (i32.load (i32.const 16)))
      (then
        (call $log (i32.const 1040) (i32.const 20))
        (call $leave)))))
