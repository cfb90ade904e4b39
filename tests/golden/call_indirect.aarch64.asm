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
  18  b.lo $+0xbc
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x0, [sp]
  28  ldr x16, [x28, #0x88]
  2c  mov w17, w0
  30  cmp x17, x16
  34  b.hs $+0xb0
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
  78  b.ne $+0x7c
  7c  ldr x17, [x17]
  80  add x17, x17, #0x10
  84  mov x1, x0
  88  mov x0, #0x3
  8c  blr x17
  90  ldr x30, [sp, #0x28]
  94  add sp, sp, #0x30
  98  ret
  9c  ldr x1, [x28, #0x80]
  a0  ldr x17, [x1, x17, lsl #3]
  a4  mov w16, #0x0
  a8  movk w16, #0x0, lsl #16
  ac  str w16, [x28, #0x18]
  b0  ldr x16, [x28, #0x10]
  b4  blr x16
  b8  mov x1, x0
  bc  mov x0, #0x3
  c0  str x28, [sp, #0x20]
  c4  ldr x16, [x28, #0x18]
  c8  blr x16
  cc  ldr x28, [sp, #0x20]
  d0  b $-0x40
  d4  adr x16, $+0x10
  d8  mov x15, #0xa
  dc  ldr x14, [x28, #0x8]
  e0  br x14
  e4  adr x16, $+0x10
  e8  mov x15, #0x7
  ec  ldr x14, [x28, #0x8]
  f0  br x14
  f4  adr x16, $+0x10
  f8  mov x15, #0x9
  fc  ldr x14, [x28, #0x8]
 100  br x14
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
  18  b.lo $+0xbc
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x0, [sp]
  28  ldr x16, [x28, #0x88]
  2c  mov w17, w0
  30  cmp x17, x16
  34  b.hs $+0xb0
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
  78  b.ne $+0x7c
  7c  ldr x17, [x17]
  80  add x17, x17, #0x10
  84  mov x1, x0
  88  mov x0, #0x3
  8c  blr x17
  90  ldr x30, [sp, #0x28]
  94  add sp, sp, #0x30
  98  ret
  9c  ldr x1, [x28, #0x80]
  a0  ldr x17, [x1, x17, lsl #3]
  a4  mov w16, #0x0
  a8  movk w16, #0x0, lsl #16
  ac  str w16, [x28, #0x18]
  b0  ldr x16, [x28, #0x10]
  b4  blr x16
  b8  mov x1, x0
  bc  mov x0, #0x3
  c0  str x28, [sp, #0x20]
  c4  ldr x16, [x28, #0x18]
  c8  blr x16
  cc  ldr x28, [sp, #0x20]
  d0  b $-0x40
  d4  adr x16, $+0x10
  d8  mov x15, #0xa
  dc  ldr x14, [x28, #0x8]
  e0  br x14
  e4  adr x16, $+0x10
  e8  mov x15, #0x7
  ec  ldr x14, [x28, #0x8]
  f0  br x14
  f4  adr x16, $+0x10
  f8  mov x15, #0x9
  fc  ldr x14, [x28, #0x8]
 100  br x14
