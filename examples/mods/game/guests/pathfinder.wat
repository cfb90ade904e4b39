;; Looks for the cheapest way across a map of 32 by 32 cells, a few cells per tick, with a binary heap. Meanwhile the map changes.
;;
;; Memory: 0..1024 what entering each cell costs, 1 to 8, or 255 for a wall; 1024..5120 least cost found so far (i32);
;; 5120 entries in the heap, 5124 ways found, 5128 cost of the last one (i32);
;; 8192.. the heap: cost << 10 | cell (i32).
(module $pathfinder
  (import "env" "random" (func $random (result i32)))
  (import "env" "move" (func $move (param f32 f32)))
  (import "env" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1 1)
  (global (export "__heap_base") i32 (i32.const 24576))
  (data (i32.const 6144) "found a way")

  ;; A new cost for a cell: one in four is a wall.
  (func $paint (param $cell i32) (param $chance i32)
    (i32.store8 (local.get $cell)
      (select
        (i32.const 255)
        (i32.add (i32.const 1) (i32.and (i32.shr_u (local.get $chance) (i32.const 20)) (i32.const 7)))
        (i32.eqz (i32.and (local.get $chance) (i32.const 0x30000))))))

  (func $start
    (local $cell i32)
    (loop $cells
      (call $paint (local.get $cell) (call $random))
      (br_if $cells
        (i32.lt_u (local.tee $cell (i32.add (local.get $cell) (i32.const 1))) (i32.const 1024))))
    (call $restart))
  (start $start)

  ;; Forgets what was found, and begins again in the first corner.
  (func $restart
    (memory.fill (i32.const 1024) (i32.const 0x7F) (i32.const 4096))
    (i32.store (i32.const 5120) (i32.const 0))
    (call $reach (i32.const 0) (i32.const 0)))

  ;; Notes a cost at which a cell can be reached, if it is the least so far.
  (func $reach (param $cell i32) (param $cost i32)
    (local $at i32)
    (local.set $at (i32.add (i32.const 1024) (i32.shl (local.get $cell) (i32.const 2))))
    (if (i32.lt_s (local.get $cost) (i32.load (local.get $at)))
      (then
        (i32.store (local.get $at) (local.get $cost))
        (call $push (i32.or (i32.shl (local.get $cost) (i32.const 10)) (local.get $cell))))))

  ;; Address of an entry of the heap.
  (func $entry (param $index i32) (result i32)
    (i32.add (i32.const 8192) (i32.shl (local.get $index) (i32.const 2))))

  (func $push (param $key i32)
    (local $at i32) (local $up i32)
    (local.set $at (i32.load (i32.const 5120)))
    (i32.store (i32.const 5120) (i32.add (local.get $at) (i32.const 1)))
    (block $placed
      (loop $rise
        (br_if $placed (i32.eqz (local.get $at)))
        (local.set $up (i32.shr_u (i32.sub (local.get $at) (i32.const 1)) (i32.const 1)))
        (br_if $placed (i32.le_u (i32.load (call $entry (local.get $up))) (local.get $key)))
        (i32.store (call $entry (local.get $at)) (i32.load (call $entry (local.get $up))))
        (local.set $at (local.get $up))
        (br $rise)))
    (i32.store (call $entry (local.get $at)) (local.get $key)))

  ;; Takes the least entry of a heap that is not empty.
  (func $pop (result i32)
    (local $least i32) (local $last i32) (local $size i32) (local $at i32) (local $down i32)
    (local.set $least (i32.load (i32.const 8192)))
    (i32.store (i32.const 5120)
      (local.tee $size (i32.sub (i32.load (i32.const 5120)) (i32.const 1))))
    (local.set $last (i32.load (call $entry (local.get $size))))
    (block $placed
      (loop $sink
        (local.set $down (i32.add (i32.shl (local.get $at) (i32.const 1)) (i32.const 1)))
        (br_if $placed (i32.ge_u (local.get $down) (local.get $size)))
        (if (i32.lt_u (i32.add (local.get $down) (i32.const 1)) (local.get $size))
          (then
            (if (i32.lt_u
                (i32.load offset=4 (call $entry (local.get $down)))
                (i32.load (call $entry (local.get $down))))
              (then (local.set $down (i32.add (local.get $down) (i32.const 1)))))))
        (br_if $placed (i32.le_u (local.get $last) (i32.load (call $entry (local.get $down)))))
        (i32.store (call $entry (local.get $at)) (i32.load (call $entry (local.get $down))))
        (local.set $at (local.get $down))
        (br $sink)))
    (i32.store (call $entry (local.get $at)) (local.get $last))
    (local.get $least))

  ;; Enters a neighbour, if it is on the map and no wall.
  (func $enter (param $x i32) (param $y i32) (param $cost i32)
    (local $cell i32) (local $price i32)
    (if (i32.or
        (i32.gt_u (local.get $x) (i32.const 31))
        (i32.gt_u (local.get $y) (i32.const 31)))
      (then (return)))
    (local.set $cell (i32.or (local.get $x) (i32.shl (local.get $y) (i32.const 5))))
    (local.set $price (i32.load8_u (local.get $cell)))
    (if (i32.ne (local.get $price) (i32.const 255))
      (then (call $reach (local.get $cell) (i32.add (local.get $cost) (local.get $price))))))

  (func (export "tick") (param $dt f32)
    (local $left i32) (local $key i32) (local $cost i32) (local $x i32) (local $y i32)
    ;; A wall falls, or rises. The first corner stays open.
    (call $paint (i32.or (i32.and (local.tee $x (call $random)) (i32.const 1023)) (i32.const 1)) (local.get $x))
    (local.set $left (i32.const 24))
    (block $enough
      (loop $search
        (if (i32.eqz (i32.load (i32.const 5120)))
          (then
            (call $restart)
            (br $enough)))
        (local.set $key (call $pop))
        (local.set $cost (i32.shr_u (local.get $key) (i32.const 10)))
        (local.set $x (i32.and (local.get $key) (i32.const 31)))
        (local.set $y (i32.and (i32.shr_u (local.get $key) (i32.const 5)) (i32.const 31)))
        (if (i32.eq (i32.and (local.get $key) (i32.const 1023)) (i32.const 1022))
          (then
            (i32.store (i32.const 5124) (i32.add (i32.load (i32.const 5124)) (i32.const 1)))
            (i32.store (i32.const 5128) (local.get $cost))
            (call $log (i32.const 6144) (i32.const 11))
            (call $restart)
            (br $enough)))
        (call $enter (i32.sub (local.get $x) (i32.const 1)) (local.get $y) (local.get $cost))
        (call $enter (i32.add (local.get $x) (i32.const 1)) (local.get $y) (local.get $cost))
        (call $enter (local.get $x) (i32.sub (local.get $y) (i32.const 1)) (local.get $cost))
        (call $enter (local.get $x) (i32.add (local.get $y) (i32.const 1)) (local.get $cost))
        (br_if $search (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
    (call $move
      (f32.mul (local.get $dt) (f32.convert_i32_s (i32.sub (local.get $x) (i32.const 16))))
      (f32.mul (local.get $dt) (f32.convert_i32_s (i32.sub (local.get $y) (i32.const 16)))))))
