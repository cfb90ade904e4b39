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
  18  b.lo $+0xb8
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x0, [sp]
  28  ldr w0, [sp]
  2c  ldr x16, [x28, #0x88]
  30  mov w17, w0
  34  cmp x17, x16
  38  b.hs $+0xa8
  3c  csel x17, x17, xzr, lo
  40  ldr x1, [x28, #0x80]
  44  ldr x1, [x1, x17, lsl #3]
  48  ldr x2, [x28, #0x90]
  4c  eor x1, x1, x2
  50  cmp x1, #0x2
  54  b.hs $+0x44
  58  csel x1, x1, xzr, lo
  5c  ldr x2, [x28, #0x28]
  60  add x17, x2, x1, lsl #4
  64  ldr w2, [x17, #0x8]
  68  mov w16, #0x0
  6c  movk w16, #0x0, lsl #16
  70  cmp w2, w16
  74  b.ne $+0x7c
  78  ldr x17, [x17]
  7c  add x17, x17, #0x10
  80  mov x0, #0x3
  84  ldr w1, [sp]
  88  blr x17
  8c  ldr x30, [sp, #0x28]
  90  add sp, sp, #0x30
  94  ret
  98  ldr x1, [x28, #0x80]
  9c  ldr x17, [x1, x17, lsl #3]
  a0  mov w16, #0x0
  a4  movk w16, #0x0, lsl #16
  a8  str w16, [x28, #0x18]
  ac  ldr x16, [x28, #0x10]
  b0  blr x16
  b4  mov x0, #0x3
  b8  ldr w1, [sp]
  bc  str x28, [sp, #0x20]
  c0  ldr x16, [x28, #0x18]
  c4  blr x16
  c8  ldr x28, [sp, #0x20]
  cc  b $-0x40
  d0  adr x16, $+0x10
  d4  mov x15, #0xa
  d8  ldr x14, [x28, #0x8]
  dc  br x14
  e0  adr x16, $+0x10
  e4  mov x15, #0x7
  e8  ldr x14, [x28, #0x8]
  ec  br x14
  f0  adr x16, $+0x10
  f4  mov x15, #0x9
  f8  ldr x14, [x28, #0x8]
  fc  br x14
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
  18  b.lo $+0xb8
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x0, [sp]
  28  ldr w0, [sp]
  2c  ldr x16, [x28, #0x88]
  30  mov w17, w0
  34  cmp x17, x16
  38  b.hs $+0xa8
  3c  csel x17, x17, xzr, lo
  40  ldr x1, [x28, #0x80]
  44  ldr x1, [x1, x17, lsl #3]
  48  ldr x2, [x28, #0x90]
  4c  eor x1, x1, x2
  50  cmp x1, #0x2
  54  b.hs $+0x44
  58  csel x1, x1, xzr, lo
  5c  ldr x2, [x28, #0x28]
  60  add x17, x2, x1, lsl #4
  64  ldr w2, [x17, #0x8]
  68  mov w16, #0x0
  6c  movk w16, #0x0, lsl #16
  70  cmp w2, w16
  74  b.ne $+0x7c
  78  ldr x17, [x17]
  7c  add x17, x17, #0x10
  80  mov x0, #0x3
  84  ldr w1, [sp]
  88  blr x17
  8c  ldr x30, [sp, #0x28]
  90  add sp, sp, #0x30
  94  ret
  98  ldr x1, [x28, #0x80]
  9c  ldr x17, [x1, x17, lsl #3]
  a0  mov w16, #0x0
  a4  movk w16, #0x0, lsl #16
  a8  str w16, [x28, #0x18]
  ac  ldr x16, [x28, #0x10]
  b0  blr x16
  b4  mov x0, #0x3
  b8  ldr w1, [sp]
  bc  str x28, [sp, #0x20]
  c0  ldr x16, [x28, #0x18]
  c4  blr x16
  c8  ldr x28, [sp, #0x20]
  cc  b $-0x40
  d0  adr x16, $+0x10
  d4  mov x15, #0xa
  d8  ldr x14, [x28, #0x8]
  dc  br x14
  e0  adr x16, $+0x10
  e4  mov x15, #0x7
  e8  ldr x14, [x28, #0x8]
  ec  br x14
  f0  adr x16, $+0x10
  f4  mov x15, #0x9
  f8  ldr x14, [x28, #0x8]
  fc  br x14
