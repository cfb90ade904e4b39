;; The instance whose functions `guest.wat` imports and finds in a table.
(module
  (table (export "table") 8 funcref)
  (elem (i32.const 0) func $f0 $f1 $f2 $f3 $f4 $f5 $f6 $f7)
  (func $f0 (export "f0") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $f1 (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
  (func $f2 (param i32) (result i32) (i32.add (local.get 0) (i32.const 3)))
  (func $f3 (param i32) (result i32) (i32.add (local.get 0) (i32.const 4)))
  (func $f4 (param i32) (result i32) (i32.add (local.get 0) (i32.const 5)))
  (func $f5 (param i32) (result i32) (i32.add (local.get 0) (i32.const 6)))
  (func $f6 (param i32) (result i32) (i32.add (local.get 0) (i32.const 7)))
  (func $f7 (param i32) (result i32) (i32.add (local.get 0) (i32.const 8))))
