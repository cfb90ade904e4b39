;; A mutable global in the context, an immutable one as a constant, a call of an import.
(module (import "env" "tick" (func $tick (param i32)))
  (global $n (mut i32) (i32.const 0)) (global $step i32 (i32.const 3))
  (func (export "run")
    (global.set $n (i32.add (global.get $n) (global.get $step)))
    (call $tick (global.get $n))))
