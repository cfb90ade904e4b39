;; Trades sixteen goods: buys what is cheaper than it used to be, sells what is dearer, keeps books in whole cents.
;;
;; Memory, all i64: 0.. stock of each good; 128.. its usual price; 256 cents in the purse; 264 worth of all, 272 trades made.
(module $economy
  (import "env" "random" (func $random (result i32)))
  (import "env" "price" (func $price (param i32) (result i64)))
  (import "env" "trade" (func $trade (param i32 i64) (result i64)))
  (import "env" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1 1)
  (global (export "__heap_base") i32 (i32.const 1056))
  (data (i32.const 1024) "a tenth richer than at first")

  (func $start
    (local $good i32)
    (i64.store (i32.const 256) (i64.const 1000_00))
    (loop $goods
      (i64.store offset=128 (i32.shl (local.get $good) (i32.const 3)) (call $price (local.get $good)))
      (br_if $goods
        (i32.lt_u (local.tee $good (i32.add (local.get $good) (i32.const 1))) (i32.const 16)))))
  (start $start)

  ;; Buys (amount > 0) or sells (amount < 0); the host answers with what that costs.
  (func $deal (param $good i32) (param $amount i64)
    (local $at i32)
    (local.set $at (i32.shl (local.get $good) (i32.const 3)))
    (i64.store (i32.const 256)
      (i64.sub (i64.load (i32.const 256)) (call $trade (local.get $good) (local.get $amount))))
    (i64.store (local.get $at) (i64.add (i64.load (local.get $at)) (local.get $amount)))
    (i64.store (i32.const 272) (i64.add (i64.load (i32.const 272)) (i64.const 1))))

  (func $appraise (result i64)
    (local $at i32) (local $worth i64)
    (local.set $worth (i64.load (i32.const 256)))
    (loop $goods
      (local.set $worth
        (i64.add (local.get $worth) (i64.mul (i64.load (local.get $at)) (i64.load offset=128 (local.get $at)))))
      (br_if $goods
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 128))))
    (local.get $worth))

  (func (export "tick") (param $dt f32)
    (local $good i32) (local $at i32) (local $now i64) (local $usual i64)
    (local.set $good (i32.and (call $random) (i32.const 15)))
    (local.set $at (i32.shl (local.get $good) (i32.const 3)))
    (local.set $now (call $price (local.get $good)))
    (local.set $usual (i64.load offset=128 (local.get $at)))
    (block $done
      (if (i64.lt_s (local.get $now) (local.get $usual))
        (then
          (br_if $done (i64.lt_s (i64.load (i32.const 256)) (local.get $now)))
          (call $deal (local.get $good) (i64.const 1)))
        (else
          (br_if $done (i64.eqz (i64.load (local.get $at))))
          (call $deal (local.get $good) (i64.const -1)))))
    ;; The usual price follows the price by an eighth of the difference.
    (i64.store offset=128 (local.get $at)
      (i64.add (local.get $usual) (i64.div_s (i64.sub (local.get $now) (local.get $usual)) (i64.const 8))))
    (i64.store (i32.const 264) (call $appraise))
    (if (i64.gt_s (i64.load (i32.const 264)) (i64.const 1100_00))
      (then (call $log (i32.const 1024) (i32.const 28))))))
