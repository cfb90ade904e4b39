;; Comparisons fused into select, of integers and of floats.
(module
  (func (export "max") (param i64 i64) (result i64)
    (select (local.get 0) (local.get 1) (i64.gt_s (local.get 0) (local.get 1))))
  (func (export "pick") (param f64 f64) (result f64)
    (select (local.get 0) (local.get 1) (f64.eq (local.get 0) (f64.const 1)))))
