;; A memory that says it stays small: in compact mode each store leaves a mark.
(module
  (memory 1 2)
  (func (export "store") (param $at i32) (param $value i32)
    (i32.store offset=8 (local.get $at) (local.get $value))
    (i64.store8 (local.get $at) (i64.const 7))
    (i32.store (i32.const 4096) (local.get $value))))
