;; Guarded func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  add w2, w0, w1
  24  mov x0, x2
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Guarded func[1], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0x118
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x0, [sp]
  28  ldr x16, [x28, #0x88]
  2c  mov w17, w0
  30  cmp x17, x16
  34  b.hs $+0x10c
  38  csel x17, x17, xzr, lo
  3c  csdb
  40  ldr x1, [x28, #0x80]
  44  ldr x1, [x1, x17, lsl #3]
  48  ldr x2, [x28, #0x90]
  4c  eor x1, x1, x2
  50  cmp x1, #0x2
  54  b.hs $+0x48
  58  csel x1, x1, xzr, lo
  5c  csdb
  60  ldr x2, [x28, #0x28]
  64  add x17, x2, x1, lsl #4
  68  ldr w2, [x17, #0x8]
  6c  mov w16, #0x0
  70  movk w16, #0x0, lsl #16
  74  cmp w2, w16
  78  b.ne $+0xd8
  7c  ldr x17, [x17]
  80  add x17, x17, #0x10
  84  mov x1, x0
  88  mov x0, #0x3
  8c  blr x17
  90  ldr x30, [sp, #0x28]
  94  add sp, sp, #0x30
  98  ret
  9c  ldr x2, [x28, #0x90]
  a0  eor x1, x1, x2
  a4  lsr x2, x1, #0x2a
  a8  ldr x16, [x28, #0x30]
  ac  add x2, x16, x2, lsl #4
  b0  ldr x16, [x2, #0x8]
  b4  eor x1, x1, x16
  b8  add x16, x1, #0x1
  bc  cmp xzr, x16, lsr #20
  c0  b.ne $+0x38
  c4  lsl w1, w1, #0xc
  c8  lsr w1, w1, #0xc
  cc  ldr x2, [x2]
  d0  ldr x16, [x2, #0x28]
  d4  add x1, x16, x1, lsl #4
  d8  ldr w30, [x1, #0x8]
  dc  mov w16, #0x0
  e0  movk w16, #0x0, lsl #16
  e4  cmp w30, w16
  e8  b.ne $+0x10
  ec  ldr x27, [x1]
  f0  mov x17, x2
  f4  b $+0x24
  f8  ldr x1, [x28, #0x80]
  fc  ldr x17, [x1, x17, lsl #3]
 100  mov w16, #0x0
 104  movk w16, #0x0, lsl #16
 108  str w16, [x28, #0x18]
 10c  ldr x16, [x28, #0x10]
 110  blr x16
 114  ldr x27, [x28, #0x18]
 118  mov x1, x0
 11c  mov x0, #0x3
 120  str x28, [sp, #0x20]
 124  blr x27
 128  ldr x28, [sp, #0x20]
 12c  b $-0x9c
 130  adr x16, $+0x10
 134  mov x15, #0xa
 138  ldr x14, [x28, #0x8]
 13c  br x14
 140  adr x16, $+0x10
 144  mov x15, #0x7
 148  ldr x14, [x28, #0x8]
 14c  br x14
 150  adr x16, $+0x10
 154  mov x15, #0x9
 158  ldr x14, [x28, #0x8]
 15c  br x14
;; Checked func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  add w2, w0, w1
  24  mov x0, x2
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Checked func[1], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0x118
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x0, [sp]
  28  ldr x16, [x28, #0x88]
  2c  mov w17, w0
  30  cmp x17, x16
  34  b.hs $+0x10c
  38  csel x17, x17, xzr, lo
  3c  csdb
  40  ldr x1, [x28, #0x80]
  44  ldr x1, [x1, x17, lsl #3]
  48  ldr x2, [x28, #0x90]
  4c  eor x1, x1, x2
  50  cmp x1, #0x2
  54  b.hs $+0x48
  58  csel x1, x1, xzr, lo
  5c  csdb
  60  ldr x2, [x28, #0x28]
  64  add x17, x2, x1, lsl #4
  68  ldr w2, [x17, #0x8]
  6c  mov w16, #0x0
  70  movk w16, #0x0, lsl #16
  74  cmp w2, w16
  78  b.ne $+0xd8
  7c  ldr x17, [x17]
  80  add x17, x17, #0x10
  84  mov x1, x0
  88  mov x0, #0x3
  8c  blr x17
  90  ldr x30, [sp, #0x28]
  94  add sp, sp, #0x30
  98  ret
  9c  ldr x2, [x28, #0x90]
  a0  eor x1, x1, x2
  a4  lsr x2, x1, #0x2a
  a8  ldr x16, [x28, #0x30]
  ac  add x2, x16, x2, lsl #4
  b0  ldr x16, [x2, #0x8]
  b4  eor x1, x1, x16
  b8  add x16, x1, #0x1
  bc  cmp xzr, x16, lsr #20
  c0  b.ne $+0x38
  c4  lsl w1, w1, #0xc
  c8  lsr w1, w1, #0xc
  cc  ldr x2, [x2]
  d0  ldr x16, [x2, #0x28]
  d4  add x1, x16, x1, lsl #4
  d8  ldr w30, [x1, #0x8]
  dc  mov w16, #0x0
  e0  movk w16, #0x0, lsl #16
  e4  cmp w30, w16
  e8  b.ne $+0x10
  ec  ldr x27, [x1]
  f0  mov x17, x2
  f4  b $+0x24
  f8  ldr x1, [x28, #0x80]
  fc  ldr x17, [x1, x17, lsl #3]
 100  mov w16, #0x0
 104  movk w16, #0x0, lsl #16
 108  str w16, [x28, #0x18]
 10c  ldr x16, [x28, #0x10]
 110  blr x16
 114  ldr x27, [x28, #0x18]
 118  mov x1, x0
 11c  mov x0, #0x3
 120  str x28, [sp, #0x20]
 124  blr x27
 128  ldr x28, [sp, #0x20]
 12c  b $-0x9c
 130  adr x16, $+0x10
 134  mov x15, #0xa
 138  ldr x14, [x28, #0x8]
 13c  br x14
 140  adr x16, $+0x10
 144  mov x15, #0x7
 148  ldr x14, [x28, #0x8]
 14c  br x14
 150  adr x16, $+0x10
 154  mov x15, #0x9
 158  ldr x14, [x28, #0x8]
 15c  br x14
;; Compact func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  add w2, w0, w1
  24  mov x0, x2
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Compact func[1], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0x118
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x0, [sp]
  28  ldr x16, [x28, #0x88]
  2c  mov w17, w0
  30  cmp x17, x16
  34  b.hs $+0x10c
  38  csel x17, x17, xzr, lo
  3c  csdb
  40  ldr x1, [x28, #0x80]
  44  ldr x1, [x1, x17, lsl #3]
  48  ldr x2, [x28, #0x90]
  4c  eor x1, x1, x2
  50  cmp x1, #0x2
  54  b.hs $+0x48
  58  csel x1, x1, xzr, lo
  5c  csdb
  60  ldr x2, [x28, #0x28]
  64  add x17, x2, x1, lsl #4
  68  ldr w2, [x17, #0x8]
  6c  mov w16, #0x0
  70  movk w16, #0x0, lsl #16
  74  cmp w2, w16
  78  b.ne $+0xd8
  7c  ldr x17, [x17]
  80  add x17, x17, #0x10
  84  mov x1, x0
  88  mov x0, #0x3
  8c  blr x17
  90  ldr x30, [sp, #0x28]
  94  add sp, sp, #0x30
  98  ret
  9c  ldr x2, [x28, #0x90]
  a0  eor x1, x1, x2
  a4  lsr x2, x1, #0x2a
  a8  ldr x16, [x28, #0x30]
  ac  add x2, x16, x2, lsl #4
  b0  ldr x16, [x2, #0x8]
  b4  eor x1, x1, x16
  b8  add x16, x1, #0x1
  bc  cmp xzr, x16, lsr #20
  c0  b.ne $+0x38
  c4  lsl w1, w1, #0xc
  c8  lsr w1, w1, #0xc
  cc  ldr x2, [x2]
  d0  ldr x16, [x2, #0x28]
  d4  add x1, x16, x1, lsl #4
  d8  ldr w30, [x1, #0x8]
  dc  mov w16, #0x0
  e0  movk w16, #0x0, lsl #16
  e4  cmp w30, w16
  e8  b.ne $+0x10
  ec  ldr x27, [x1]
  f0  mov x17, x2
  f4  b $+0x24
  f8  ldr x1, [x28, #0x80]
  fc  ldr x17, [x1, x17, lsl #3]
 100  mov w16, #0x0
 104  movk w16, #0x0, lsl #16
 108  str w16, [x28, #0x18]
 10c  ldr x16, [x28, #0x10]
 110  blr x16
 114  ldr x27, [x28, #0x18]
 118  mov x1, x0
 11c  mov x0, #0x3
 120  str x28, [sp, #0x20]
 124  blr x27
 128  ldr x28, [sp, #0x20]
 12c  b $-0x9c
 130  adr x16, $+0x10
 134  mov x15, #0xa
 138  ldr x14, [x28, #0x8]
 13c  br x14
 140  adr x16, $+0x10
 144  mov x15, #0x7
 148  ldr x14, [x28, #0x8]
 14c  br x14
 150  adr x16, $+0x10
 154  mov x15, #0x9
 158  ldr x14, [x28, #0x8]
 15c  br x14
