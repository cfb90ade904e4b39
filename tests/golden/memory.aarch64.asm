;; Guarded func[0], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x19, [sp, #0x10]
   c  str x20, [sp, #0x18]
  10  str x21, [sp, #0x20]
  14  mov w19, w1
  18  mov w20, w0
  1c  mov w21, w2
  20  ldrb w0, [x27, w20, uxtw]
  24  strb w0, [x27, w19, uxtw]
  28  add w20, w20, #0x1
  2c  add w19, w19, #0x1
  30  sub w21, w21, #0x1
  34  cbnz w21, $-0x14
  38  ldr x19, [sp, #0x10]
  3c  ldr x20, [sp, #0x18]
  40  ldr x21, [sp, #0x20]
  44  ldr x30, [sp, #0x28]
  48  add sp, sp, #0x30
  4c  ret
;; Guarded func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x19, [sp, #0x10]
   c  mov w19, w0
  10  mov x17, #0x5
  14  add x16, x27, w19
  18  ldr xzr, [x16, #0x8]
  1c  str x17, [x16, #0x8]
  20  add x16, x27, w19
  24  ldr d0, [x16, #0x18]
  28  add x16, x27, w19
  2c  ldr xzr, [x16, #0x10]
  30  str d0, [x16, #0x10]
  34  ldrsw x0, [x27, w19, uxtw]
  38  add x16, x27, w19
  3c  ldr x1, [x16, #0x28]
  40  add x0, x0, x1
  44  ldr x19, [sp, #0x10]
  48  ldr x30, [sp, #0x18]
  4c  add sp, sp, #0x20
  50  ret
;; Guarded func[2], frame of 8 bytes
   0  sub sp, sp, #0x10
   4  str x30, [sp, #0x8]
   8  ldr w0, [x27, #0x404]
   c  ldr x30, [sp, #0x8]
  10  add sp, sp, #0x10
  14  ret
;; Guarded func[3], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  mov x17, #0x4
  10  movk x17, #0x8000, lsl #16
  14  add x17, x17, w0
  18  ldr x16, [x28, #0x48]
  1c  cmp x17, x16
  20  b.hi $+0x20
  24  mov x16, #0x80000000
  28  add x16, x16, w0
  2c  ldr w1, [x27, x16]
  30  mov x0, x1
  34  ldr x30, [sp, #0x18]
  38  add sp, sp, #0x20
  3c  ret
  40  adr x16, $+0x10
  44  mov x15, #0x5
  48  ldr x14, [x28, #0x8]
  4c  br x14
;; Guarded func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x0, [sp]
   c  str x1, [sp, #0x8]
  10  lsl w2, w1, #0x2
  14  add w2, w0, w2
  18  ldr w2, [x27, w2, uxtw]
  1c  mov x0, x2
  20  ldr x30, [sp, #0x28]
  24  add sp, sp, #0x30
  28  ret
;; Guarded func[5], frame of 56 bytes
   0  ldr x16, [x28]
   4  cmp sp, x16
   8  b.lo $+0x3c
   c  sub sp, sp, #0x40
  10  str x30, [sp, #0x38]
  14  str x0, [sp, #0x20]
  18  str x0, [sp]
  1c  mov x17, #0x0
  20  ldr x16, [x28, #0x20]
  24  ldr x16, [x16]
  28  blr x16
  2c  ldr x0, [x28, #0x48]
  30  lsr x0, x0, #0x10
  34  sub w0, w0, #0x1
  38  ldr x30, [sp, #0x38]
  3c  add sp, sp, #0x40
  40  ret
  44  adr x16, $+0x10
  48  mov x15, #0xa
  4c  ldr x14, [x28, #0x8]
  50  br x14
;; Checked func[0], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x19, [sp, #0x10]
   c  str x20, [sp, #0x18]
  10  str x21, [sp, #0x20]
  14  mov w19, w1
  18  mov w20, w0
  1c  mov w21, w2
  20  mov x17, #0x1
  24  add x17, x17, w20
  28  ldr x16, [x28, #0x48]
  2c  cmp x17, x16
  30  b.hi $+0x48
  34  ldrb w0, [x27, w20, uxtw]
  38  mov x17, #0x1
  3c  add x17, x17, w19
  40  ldr x16, [x28, #0x48]
  44  cmp x17, x16
  48  b.hi $+0x40
  4c  strb w0, [x27, w19, uxtw]
  50  add w20, w20, #0x1
  54  add w19, w19, #0x1
  58  sub w21, w21, #0x1
  5c  cbnz w21, $-0x3c
  60  ldr x19, [sp, #0x10]
  64  ldr x20, [sp, #0x18]
  68  ldr x21, [sp, #0x20]
  6c  ldr x30, [sp, #0x28]
  70  add sp, sp, #0x30
  74  ret
  78  adr x16, $+0x10
  7c  mov x15, #0x5
  80  ldr x14, [x28, #0x8]
  84  br x14
  88  adr x16, $+0x8
  8c  b $-0x10
;; Checked func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x19, [sp, #0x10]
   c  mov w19, w0
  10  mov x17, #0x10
  14  add x17, x17, w19
  18  ldr x16, [x28, #0x48]
  1c  cmp x17, x16
  20  b.hi $+0x90
  24  mov x17, #0x5
  28  add x16, x27, w19
  2c  str x17, [x16, #0x8]
  30  mov x17, #0x20
  34  add x17, x17, w19
  38  ldr x16, [x28, #0x48]
  3c  cmp x17, x16
  40  b.hi $+0x80
  44  add x16, x27, w19
  48  ldr d0, [x16, #0x18]
  4c  mov x17, #0x18
  50  add x17, x17, w19
  54  ldr x16, [x28, #0x48]
  58  cmp x17, x16
  5c  b.hi $+0x6c
  60  add x16, x27, w19
  64  str d0, [x16, #0x10]
  68  mov x17, #0x4
  6c  add x17, x17, w19
  70  ldr x16, [x28, #0x48]
  74  cmp x17, x16
  78  b.hi $+0x58
  7c  ldrsw x0, [x27, w19, uxtw]
  80  mov x17, #0x30
  84  add x17, x17, w19
  88  ldr x16, [x28, #0x48]
  8c  cmp x17, x16
  90  b.hi $+0x48
  94  add x16, x27, w19
  98  ldr x1, [x16, #0x28]
  9c  add x0, x0, x1
  a0  ldr x19, [sp, #0x10]
  a4  ldr x30, [sp, #0x18]
  a8  add sp, sp, #0x20
  ac  ret
  b0  adr x16, $+0x10
  b4  mov x15, #0x5
  b8  ldr x14, [x28, #0x8]
  bc  br x14
  c0  adr x16, $+0x8
  c4  b $-0x10
  c8  adr x16, $+0x8
  cc  b $-0x18
  d0  adr x16, $+0x8
  d4  b $-0x20
  d8  adr x16, $+0x8
  dc  b $-0x28
;; Checked func[2], frame of 8 bytes
   0  sub sp, sp, #0x10
   4  str x30, [sp, #0x8]
   8  mov x17, #0x408
   c  ldr x16, [x28, #0x48]
  10  cmp x17, x16
  14  b.hi $+0x14
  18  ldr w0, [x27, #0x404]
  1c  ldr x30, [sp, #0x8]
  20  add sp, sp, #0x10
  24  ret
  28  adr x16, $+0x10
  2c  mov x15, #0x5
  30  ldr x14, [x28, #0x8]
  34  br x14
;; Checked func[3], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  mov x17, #0x4
  10  movk x17, #0x8000, lsl #16
  14  add x17, x17, w0
  18  ldr x16, [x28, #0x48]
  1c  cmp x17, x16
  20  b.hi $+0x20
  24  mov x16, #0x80000000
  28  add x16, x16, w0
  2c  ldr w1, [x27, x16]
  30  mov x0, x1
  34  ldr x30, [sp, #0x18]
  38  add sp, sp, #0x20
  3c  ret
  40  adr x16, $+0x10
  44  mov x15, #0x5
  48  ldr x14, [x28, #0x8]
  4c  br x14
;; Checked func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x0, [sp]
   c  str x1, [sp, #0x8]
  10  lsl w2, w1, #0x2
  14  add w2, w0, w2
  18  mov x17, #0x4
  1c  add x17, x17, w2
  20  ldr x16, [x28, #0x48]
  24  cmp x17, x16
  28  b.hi $+0x18
  2c  ldr w2, [x27, w2, uxtw]
  30  mov x0, x2
  34  ldr x30, [sp, #0x28]
  38  add sp, sp, #0x30
  3c  ret
  40  adr x16, $+0x10
  44  mov x15, #0x5
  48  ldr x14, [x28, #0x8]
  4c  br x14
;; Checked func[5], frame of 56 bytes
   0  ldr x16, [x28]
   4  cmp sp, x16
   8  b.lo $+0x3c
   c  sub sp, sp, #0x40
  10  str x30, [sp, #0x38]
  14  str x0, [sp, #0x20]
  18  str x0, [sp]
  1c  mov x17, #0x0
  20  ldr x16, [x28, #0x20]
  24  ldr x16, [x16]
  28  blr x16
  2c  ldr x0, [x28, #0x48]
  30  lsr x0, x0, #0x10
  34  sub w0, w0, #0x1
  38  ldr x30, [sp, #0x38]
  3c  add sp, sp, #0x40
  40  ret
  44  adr x16, $+0x10
  48  mov x15, #0xa
  4c  ldr x14, [x28, #0x8]
  50  br x14
;; Compact func[0], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x19, [sp, #0x10]
   c  str x20, [sp, #0x18]
  10  str x21, [sp, #0x20]
  14  mov w19, w1
  18  mov w20, w0
  1c  mov w21, w2
  20  mov x17, #0x1
  24  add x17, x17, w20
  28  ldr x16, [x28, #0x48]
  2c  cmp x17, x16
  30  b.hi $+0x48
  34  ldrb w0, [x27, w20, uxtw]
  38  mov x17, #0x1
  3c  add x17, x17, w19
  40  ldr x16, [x28, #0x48]
  44  cmp x17, x16
  48  b.hi $+0x40
  4c  strb w0, [x27, w19, uxtw]
  50  add w20, w20, #0x1
  54  add w19, w19, #0x1
  58  sub w21, w21, #0x1
  5c  cbnz w21, $-0x3c
  60  ldr x19, [sp, #0x10]
  64  ldr x20, [sp, #0x18]
  68  ldr x21, [sp, #0x20]
  6c  ldr x30, [sp, #0x28]
  70  add sp, sp, #0x30
  74  ret
  78  adr x16, $+0x10
  7c  mov x15, #0x5
  80  ldr x14, [x28, #0x8]
  84  br x14
  88  adr x16, $+0x8
  8c  b $-0x10
;; Compact func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x19, [sp, #0x10]
   c  mov w19, w0
  10  mov x17, #0x10
  14  add x17, x17, w19
  18  ldr x16, [x28, #0x48]
  1c  cmp x17, x16
  20  b.hi $+0x90
  24  mov x17, #0x5
  28  add x16, x27, w19
  2c  str x17, [x16, #0x8]
  30  mov x17, #0x20
  34  add x17, x17, w19
  38  ldr x16, [x28, #0x48]
  3c  cmp x17, x16
  40  b.hi $+0x80
  44  add x16, x27, w19
  48  ldr d0, [x16, #0x18]
  4c  mov x17, #0x18
  50  add x17, x17, w19
  54  ldr x16, [x28, #0x48]
  58  cmp x17, x16
  5c  b.hi $+0x6c
  60  add x16, x27, w19
  64  str d0, [x16, #0x10]
  68  mov x17, #0x4
  6c  add x17, x17, w19
  70  ldr x16, [x28, #0x48]
  74  cmp x17, x16
  78  b.hi $+0x58
  7c  ldrsw x0, [x27, w19, uxtw]
  80  mov x17, #0x30
  84  add x17, x17, w19
  88  ldr x16, [x28, #0x48]
  8c  cmp x17, x16
  90  b.hi $+0x48
  94  add x16, x27, w19
  98  ldr x1, [x16, #0x28]
  9c  add x0, x0, x1
  a0  ldr x19, [sp, #0x10]
  a4  ldr x30, [sp, #0x18]
  a8  add sp, sp, #0x20
  ac  ret
  b0  adr x16, $+0x10
  b4  mov x15, #0x5
  b8  ldr x14, [x28, #0x8]
  bc  br x14
  c0  adr x16, $+0x8
  c4  b $-0x10
  c8  adr x16, $+0x8
  cc  b $-0x18
  d0  adr x16, $+0x8
  d4  b $-0x20
  d8  adr x16, $+0x8
  dc  b $-0x28
;; Compact func[2], frame of 8 bytes
   0  sub sp, sp, #0x10
   4  str x30, [sp, #0x8]
   8  mov x17, #0x408
   c  ldr x16, [x28, #0x48]
  10  cmp x17, x16
  14  b.hi $+0x14
  18  ldr w0, [x27, #0x404]
  1c  ldr x30, [sp, #0x8]
  20  add sp, sp, #0x10
  24  ret
  28  adr x16, $+0x10
  2c  mov x15, #0x5
  30  ldr x14, [x28, #0x8]
  34  br x14
;; Compact func[3], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  mov x17, #0x4
  10  movk x17, #0x8000, lsl #16
  14  add x17, x17, w0
  18  ldr x16, [x28, #0x48]
  1c  cmp x17, x16
  20  b.hi $+0x20
  24  mov x16, #0x80000000
  28  add x16, x16, w0
  2c  ldr w1, [x27, x16]
  30  mov x0, x1
  34  ldr x30, [sp, #0x18]
  38  add sp, sp, #0x20
  3c  ret
  40  adr x16, $+0x10
  44  mov x15, #0x5
  48  ldr x14, [x28, #0x8]
  4c  br x14
;; Compact func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x0, [sp]
   c  str x1, [sp, #0x8]
  10  lsl w2, w1, #0x2
  14  add w2, w0, w2
  18  mov x17, #0x4
  1c  add x17, x17, w2
  20  ldr x16, [x28, #0x48]
  24  cmp x17, x16
  28  b.hi $+0x18
  2c  ldr w2, [x27, w2, uxtw]
  30  mov x0, x2
  34  ldr x30, [sp, #0x28]
  38  add sp, sp, #0x30
  3c  ret
  40  adr x16, $+0x10
  44  mov x15, #0x5
  48  ldr x14, [x28, #0x8]
  4c  br x14
;; Compact func[5], frame of 56 bytes
   0  ldr x16, [x28]
   4  cmp sp, x16
   8  b.lo $+0x3c
   c  sub sp, sp, #0x40
  10  str x30, [sp, #0x38]
  14  str x0, [sp, #0x20]
  18  str x0, [sp]
  1c  mov x17, #0x0
  20  ldr x16, [x28, #0x20]
  24  ldr x16, [x16]
  28  blr x16
  2c  ldr x0, [x28, #0x48]
  30  lsr x0, x0, #0x10
  34  sub w0, w0, #0x1
  38  ldr x30, [sp, #0x38]
  3c  add sp, sp, #0x40
  40  ret
  44  adr x16, $+0x10
  48  mov x15, #0xa
  4c  ldr x14, [x28, #0x8]
  50  br x14
