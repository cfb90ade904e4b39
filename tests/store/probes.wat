;; Small modules that told other runtimes apart from the standard. A line of three semicolons names the module after it.

;;; elem_oob
(module (table 2 funcref) (type $t (func)) (func $n) (elem (i32.const 100) $n) (elem (i32.const 1) $n))

;;; order/exp
(module (memory (export "m") 1) (table (export "t") 2 funcref) (type $t (func (result i32)))
  (func (export "call0") (result i32) (call_indirect (type $t) (i32.const 0))))

;;; order/imp
(module (import "p" "m" (memory 1)) (import "p" "t" (table 2 funcref)) (func $f (result i32) (i32.const 9))
  (elem (i32.const 0) $f) (data (i32.const 0) "abc") (data (i32.const 0x10000) "d"))

;;; active_data
(module (memory 1) (data (i32.const 0) "hello")
  (func (export "f") (memory.init 0 (i32.const 100) (i32.const 0) (i32.const 5))))

;;; passive_extern
(module (table 4 externref) (elem $e externref (ref.null extern) (ref.null extern))
  (func (export "f") (table.init 0 $e (i32.const 0) (i32.const 0) (i32.const 2)))
  (func (export "init") (param i32) (table.init 0 $e (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "drop") (elem.drop $e)))

;;; null/exp
(module (table (export "t") 4 funcref) (func $f (result i32) (i32.const 3)) (elem (i32.const 0) $f $f) (type $t (func (result i32)))
  (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0))))

;;; null/imp
(module (import "a" "t" (table 4 funcref)) (func $g (result i32) (i32.const 4))
  (elem (table 0) (i32.const 0) funcref (ref.null func) (ref.func $g)))

;;; high_data
(module (memory (export "m") 65536) (data (i32.const 0x80000000) "x"))

;;; nomax/exp
(module (memory (export "m") 1))

;;; nomax/imp
(module (import "a" "m" (memory 1 65536)))

;;; shared/exp
(module (memory (export "m") 1 2))

;;; shared/imp
(module (import "a" "m" (memory 1 2 shared)))

;;; grown/exp
(module (table (export "t") 1 10 funcref)
  (func (export "grow") (drop (table.grow 0 (ref.null func) (i32.const 1)))))

;;; grown/imp
(module (import "a" "t" (table 2 10 funcref)))

;;; mutable_const
(module (import "a" "g" (global $g (mut i32))) (global (export "h") i32 (global.get $g)))

;;; elem_type
(module (global $g i64 (i64.const 0)) (table 1 funcref) (elem (table 0) (i32.const 0) funcref (global.get 0)))

;;; elem_type/imported
(module (import "a" "g" (global i64)) (table 1 funcref) (elem (table 0) (i32.const 0) funcref (global.get 0)))

;;; blank
(module (import "" "f" (func)))

;;; missing
(module (import "aa" "x" (func)) (import "bb" "y" (func)))

;;; stale/a
(module (table 1 funcref) (type $t (func (result i32))) (func (export "set") (param funcref) (table.set 0 (i32.const 0) (local.get 0)))
  (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))

;;; stale/b
(module (import "a" "set" (func $set (param funcref))) (func $b (result i32) (i32.const 42)) (elem declare func $b)
  (func (export "put") (call $set (ref.func $b))))

;;; stale/ga
(module (table 1 funcref) (type $t (func (result i32))) (global $g (export "g") (mut funcref) (ref.null func))
  (func (export "call") (result i32) (table.set 0 (i32.const 0) (global.get $g)) (call_indirect (type $t) (i32.const 0))))

;;; stale/gb
(module (import "a" "g" (global $g (mut funcref))) (func $b (result i32) (i32.const 42)) (elem declare func $b)
  (func (export "put") (global.set $g (ref.func $b))))

;;; leak/exp
(module (table (export "t") 4 funcref))

;;; leak/imp
(module (import "a" "t" (table 4 funcref)) (memory 16))

;;; leak/fail
(module (import "a" "t" (table 4 funcref)) (memory 16) (data (i32.const 0x7fffffff) "x"))

;;; start_inc
(module (import "a" "m" (memory 1 4))
  (func $s (i32.store8 (i32.const 8) (i32.add (i32.load8_u (i32.const 8)) (i32.const 1)))) (start $s))

;;; memexp
(module (memory (export "m") 1 4) (data (i32.const 0) "\2a"))

;;; memwriter
(module (import "a" "m" (memory 1 4)) (func (export "w") (i32.store8 (i32.const 0) (i32.const 0x77))))

;;; expfn
(module (func (export "f") (result i32) (i32.const 5)))

;;; impfn
(module (import "b" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))

;;; ref_func
(module (func $n) (elem declare func $n)
  (func (export "f") (param i32) (loop (drop (ref.func $n)) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))

;;; globals
(module (func $n) (global (export "v") v128 (v128.const i64x2 1 2)) (global (export "f") funcref (ref.func $n))
  (global (export "e") externref (ref.null extern)) (global $mv (export "mv") (mut v128) (v128.const i64x2 1 2))
  (func (export "hi") (result i64) (i64x2.extract_lane 1 (global.get $mv))))

;;; grow_big
(module (table 1 funcref) (func (export "g") (result i32) (table.grow 0 (ref.null func) (i32.const 0x1f000000))))
