;; The masked look-up of an own function and the way to a foreign one.
(module (type $t (func (param i32 i32) (result i32)))
  (table 4 funcref) (elem (i32.const 0) $add)
  (func $add (type $t) (i32.add (local.get 0) (local.get 1)))
  (func (export "call") (param i32) (result i32)
    (call_indirect (type $t) (i32.const 3) (local.get 0) (local.get 0))))
