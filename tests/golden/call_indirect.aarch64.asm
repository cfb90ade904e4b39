;; Guarded func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr w0, [sp]
  24  ldr w16, [sp, #0x8]
  28  add w0, w0, w16
  2c  ldr x30, [sp, #0x28]
  30  add sp, sp, #0x30
  34  ret
;; Guarded func[1], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0xc0
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x0, [sp]
  28  ldr w0, [sp]
  2c  ldr x16, [x28, #0x88]
  30  mov w17, w0
  34  cmp x17, x16
  38  b.hs $+0xb0
  3c  csel x17, x17, xzr, lo
  40  csdb
  44  ldr x1, [x28, #0x80]
  48  ldr x1, [x1, x17, lsl #3]
  4c  ldr x2, [x28, #0x90]
  50  eor x1, x1, x2
  54  cmp x1, #0x2
  58  b.hs $+0x48
  5c  csel x1, x1, xzr, lo
  60  csdb
  64  ldr x2, [x28, #0x28]
  68  add x17, x2, x1, lsl #4
  6c  ldr w2, [x17, #0x8]
  70  mov w16, #0x0
  74  movk w16, #0x0, lsl #16
  78  cmp w2, w16
  7c  b.ne $+0x7c
  80  ldr x17, [x17]
  84  add x17, x17, #0x10
  88  mov x0, #0x3
  8c  ldr w1, [sp]
  90  blr x17
  94  ldr x30, [sp, #0x28]
  98  add sp, sp, #0x30
  9c  ret
  a0  ldr x1, [x28, #0x80]
  a4  ldr x17, [x1, x17, lsl #3]
  a8  mov w16, #0x0
  ac  movk w16, #0x0, lsl #16
  b0  str w16, [x28, #0x18]
  b4  ldr x16, [x28, #0x10]
  b8  blr x16
  bc  mov x0, #0x3
  c0  ldr w1, [sp]
  c4  str x28, [sp, #0x20]
  c8  ldr x16, [x28, #0x18]
  cc  blr x16
  d0  ldr x28, [sp, #0x20]
  d4  b $-0x40
  d8  adr x16, $+0x10
  dc  mov x15, #0xa
  e0  ldr x14, [x28, #0x8]
  e4  br x14
  e8  adr x16, $+0x10
  ec  mov x15, #0x7
  f0  ldr x14, [x28, #0x8]
  f4  br x14
  f8  adr x16, $+0x10
  fc  mov x15, #0x9
 100  ldr x14, [x28, #0x8]
 104  br x14
;; Checked func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr w0, [sp]
  24  ldr w16, [sp, #0x8]
  28  add w0, w0, w16
  2c  ldr x30, [sp, #0x28]
  30  add sp, sp, #0x30
  34  ret
;; Checked func[1], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0xc0
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x0, [sp]
  28  ldr w0, [sp]
  2c  ldr x16, [x28, #0x88]
  30  mov w17, w0
  34  cmp x17, x16
  38  b.hs $+0xb0
  3c  csel x17, x17, xzr, lo
  40  csdb
  44  ldr x1, [x28, #0x80]
  48  ldr x1, [x1, x17, lsl #3]
  4c  ldr x2, [x28, #0x90]
  50  eor x1, x1, x2
  54  cmp x1, #0x2
  58  b.hs $+0x48
  5c  csel x1, x1, xzr, lo
  60  csdb
  64  ldr x2, [x28, #0x28]
  68  add x17, x2, x1, lsl #4
  6c  ldr w2, [x17, #0x8]
  70  mov w16, #0x0
  74  movk w16, #0x0, lsl #16
  78  cmp w2, w16
  7c  b.ne $+0x7c
  80  ldr x17, [x17]
  84  add x17, x17, #0x10
  88  mov x0, #0x3
  8c  ldr w1, [sp]
  90  blr x17
  94  ldr x30, [sp, #0x28]
  98  add sp, sp, #0x30
  9c  ret
  a0  ldr x1, [x28, #0x80]
  a4  ldr x17, [x1, x17, lsl #3]
  a8  mov w16, #0x0
  ac  movk w16, #0x0, lsl #16
  b0  str w16, [x28, #0x18]
  b4  ldr x16, [x28, #0x10]
  b8  blr x16
  bc  mov x0, #0x3
  c0  ldr w1, [sp]
  c4  str x28, [sp, #0x20]
  c8  ldr x16, [x28, #0x18]
  cc  blr x16
  d0  ldr x28, [sp, #0x20]
  d4  b $-0x40
  d8  adr x16, $+0x10
  dc  mov x15, #0xa
  e0  ldr x14, [x28, #0x8]
  e4  br x14
  e8  adr x16, $+0x10
  ec  mov x15, #0x7
  f0  ldr x14, [x28, #0x8]
  f4  br x14
  f8  adr x16, $+0x10
  fc  mov x15, #0x9
 100  ldr x14, [x28, #0x8]
 104  br x14
