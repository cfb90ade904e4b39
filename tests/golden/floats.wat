;; Floating point: operands in registers and in memory, constants, conversions, minimum and copysign.
(module
  (memory 1)
  (func $dot (param $p i32) (param $n i32) (result f64) (local $sum f64)
    (loop $again
      (local.set $sum (f64.add (local.get $sum)
        (f64.mul (f64.load (local.get $p)) (f64.load offset=800 (local.get $p)))))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $poly (param f32) (result f32)
    (f32.add (f32.mul (f32.add (f32.mul (f32.const 2.5) (local.get 0)) (f32.const -1)) (local.get 0)) (f32.const 0)))
  (func $convert (param i32 f64) (result i64)
    (i64.trunc_sat_f64_s (f64.div (f64.convert_i32_u (local.get 0)) (local.get 1))))
  (func $min (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func $sign (param f64 f64) (result f64) (f64.copysign (local.get 0) (f64.neg (local.get 1))))
  (func $truncate (param f32) (result i32) (i32.trunc_f32_u (local.get 0))))
