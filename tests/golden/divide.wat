;; Traps of division, division by constants, a variable shift.
(module
  (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "rem8") (param i64) (result i64) (i64.rem_u (local.get 0) (i64.const 8)))
  (func (export "shift") (param i64 i64) (result i64) (i64.shl (local.get 0) (local.get 1))))
