;; Guarded func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  add x16, x27, w0
  24  ldr wzr, [x16, #0x8]
  28  str w1, [x16, #0x8]
  2c  mov x17, #0x7
  30  strb w17, [x27, w0, uxtw]
  34  str w1, [x27, #0x1000]
  38  ldr x30, [sp, #0x28]
  3c  add sp, sp, #0x30
  40  ret
;; Checked func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  mov x17, #0xc
  24  add x17, x17, w0
  28  ldr x16, [x28, #0x48]
  2c  cmp x17, x16
  30  b.hi $+0x48
  34  add x16, x27, w0
  38  str w1, [x16, #0x8]
  3c  mov x17, #0x1
  40  add x17, x17, w0
  44  ldr x16, [x28, #0x48]
  48  cmp x17, x16
  4c  b.hi $+0x3c
  50  mov x17, #0x7
  54  strb w17, [x27, w0, uxtw]
  58  mov x17, #0x1004
  5c  ldr x16, [x28, #0x48]
  60  cmp x17, x16
  64  b.hi $+0x2c
  68  str w1, [x27, #0x1000]
  6c  ldr x30, [sp, #0x28]
  70  add sp, sp, #0x30
  74  ret
  78  adr x16, $+0x10
  7c  mov x15, #0x5
  80  ldr x14, [x28, #0x8]
  84  br x14
  88  adr x16, $+0x8
  8c  b $-0x10
  90  adr x16, $+0x8
  94  b $-0x18
;; Compact func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  mov x17, #0xc
  24  add x17, x17, w0
  28  ldr x16, [x28, #0x48]
  2c  cmp x17, x16
  30  b.hi $+0x78
  34  lsr x17, x17, #0xc
  38  add x17, x28, x17
  3c  mov x16, #0x1
  40  strb w16, [x17, #0x80]
  44  add x16, x27, w0
  48  str w1, [x16, #0x8]
  4c  mov x17, #0x1
  50  add x17, x17, w0
  54  ldr x16, [x28, #0x48]
  58  cmp x17, x16
  5c  b.hi $+0x5c
  60  lsr x17, x17, #0xc
  64  add x17, x28, x17
  68  mov x16, #0x1
  6c  strb w16, [x17, #0x80]
  70  mov x17, #0x7
  74  strb w17, [x27, w0, uxtw]
  78  mov x17, #0x1004
  7c  ldr x16, [x28, #0x48]
  80  cmp x17, x16
  84  b.hi $+0x3c
  88  lsr x17, x17, #0xc
  8c  add x17, x28, x17
  90  mov x16, #0x1
  94  strb w16, [x17, #0x80]
  98  str w1, [x27, #0x1000]
  9c  ldr x30, [sp, #0x28]
  a0  add sp, sp, #0x30
  a4  ret
  a8  adr x16, $+0x10
  ac  mov x15, #0x5
  b0  ldr x14, [x28, #0x8]
  b4  br x14
  b8  adr x16, $+0x8
  bc  b $-0x10
  c0  adr x16, $+0x8
  c4  b $-0x18
