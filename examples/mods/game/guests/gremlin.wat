;; Means no good: each turn ends with one of eight tricks. None of them harms anything but its own call.
;;
;; Memory: 0 ticks begun, 4 the last trick (i32); 8 time of the last tick (i64).
(module $gremlin
  (import "env" "random" (func $random (result i32)))
  (import "env" "time" (func $time (result i64)))
  (import "env" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1 1)
  (global (export "__heap_base") i32 (i32.const 32))

  (type $trick (func (param i32)))
  ;; The eighth element stays empty.
  (table 8 funcref)
  (elem (i32.const 0) $beyond_memory $divide $give_up $recurse $overflow $wrong_type $lie)

  (func $beyond_memory (param $seed i32)
    (i32.store (i32.or (local.get $seed) (i32.const 0x10000)) (i32.const 666)))

  (func $divide (param $seed i32)
    (drop (i32.div_u (local.get $seed) (i32.const 0))))

  (func $give_up (param $seed i32)
    (unreachable))

  (func $recurse (param $seed i32)
    (call $recurse (i32.add (local.get $seed) (i32.const 1)))
    (i32.store (i32.const 16) (local.get $seed)))

  (func $overflow (param $seed i32)
    (drop (i32.trunc_f32_s (f32.const 1e10))))

  (func $wrong_type (param $seed i32)
    (call_indirect (i32.const 0)))

  ;; Asks the host to read what is not there: the host, not the guest, says no.
  (func $lie (param $seed i32)
    (call $log (i32.const 0xFFFFFF00) (i32.const 4096)))

  (func (export "tick") (param $dt f32)
    (local $luck i32)
    (i64.store (i32.const 8) (call $time))
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (local.set $luck (call $random))
    (i32.store (i32.const 4) (i32.and (local.get $luck) (i32.const 7)))
    (call_indirect (type $trick) (local.get $luck) (i32.and (local.get $luck) (i32.const 7)))))
