;; Guarded func[0], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x19, [sp, #0x18]
   c  str x20, [sp, #0x20]
  10  str d8, [sp, #0x28]
  14  mov w19, w0
  18  mov w20, w1
  1c  movi d8, #0x0
  20  ldr d0, [x27, w19, uxtw]
  24  add x16, x27, w19
  28  ldr d1, [x16, #0x320]
  2c  fmul d0, d0, d1
  30  fadd d8, d8, d0
  34  add w19, w19, #0x8
  38  sub w20, w20, #0x1
  3c  cbnz w20, $-0x1c
  40  mov v0.16b, v8.16b
  44  ldr x19, [sp, #0x18]
  48  ldr x20, [sp, #0x20]
  4c  ldr d8, [sp, #0x28]
  50  ldr x30, [sp, #0x38]
  54  add sp, sp, #0x40
  58  ret
;; Guarded func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str d0, [sp]
   c  fmov s1, #2.5
  10  fmul s1, s1, s0
  14  fmov s2, #-1.0
  18  fadd s1, s1, s2
  1c  fmul s1, s1, s0
  20  movi d2, #0x0
  24  fadd s1, s1, s2
  28  mov v0.16b, v1.16b
  2c  ldr x30, [sp, #0x18]
  30  add sp, sp, #0x20
  34  ret
;; Guarded func[2], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x0, [sp]
   c  str d0, [sp, #0x8]
  10  ucvtf d1, w0
  14  fdiv d1, d1, d0
  18  fcvtzs x1, d1
  1c  mov x0, x1
  20  ldr x30, [sp, #0x28]
  24  add sp, sp, #0x30
  28  ret
;; Guarded func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  fmin d2, d0, d1
  14  mov v0.16b, v2.16b
  18  ldr x30, [sp, #0x28]
  1c  add sp, sp, #0x30
  20  ret
;; Guarded func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  fneg d2, d1
  14  ushr d31, d2, #0x3f
  18  mov v2.16b, v0.16b
  1c  sli d2, d31, #0x3f
  20  mov v0.16b, v2.16b
  24  ldr x30, [sp, #0x28]
  28  add sp, sp, #0x30
  2c  ret
;; Guarded func[5], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str d0, [sp]
   c  fcmp s0, s0
  10  b.vs $+0x20
  14  fcvtzs x0, s0
  18  cmp x0, w0
  1c  b.ne $+0x24
  20  mov w0, w0
  24  ldr x30, [sp, #0x18]
  28  add sp, sp, #0x20
  2c  ret
  30  adr x16, $+0x10
  34  mov x15, #0x4
  38  ldr x14, [x28, #0x8]
  3c  br x14
  40  adr x16, $+0x10
  44  mov x15, #0x3
  48  ldr x14, [x28, #0x8]
  4c  br x14
;; Checked func[0], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x19, [sp, #0x18]
   c  str x20, [sp, #0x20]
  10  str d8, [sp, #0x28]
  14  mov w19, w0
  18  mov w20, w1
  1c  movi d8, #0x0
  20  mov x17, #0x8
  24  add x17, x17, w19
  28  ldr x16, [x28, #0x48]
  2c  cmp x17, x16
  30  b.hi $+0x54
  34  ldr d0, [x27, w19, uxtw]
  38  mov x17, #0x328
  3c  add x17, x17, w19
  40  ldr x16, [x28, #0x48]
  44  cmp x17, x16
  48  b.hi $+0x4c
  4c  add x16, x27, w19
  50  ldr d1, [x16, #0x320]
  54  fmul d0, d0, d1
  58  fadd d8, d8, d0
  5c  add w19, w19, #0x8
  60  sub w20, w20, #0x1
  64  cbnz w20, $-0x44
  68  mov v0.16b, v8.16b
  6c  ldr x19, [sp, #0x18]
  70  ldr x20, [sp, #0x20]
  74  ldr d8, [sp, #0x28]
  78  ldr x30, [sp, #0x38]
  7c  add sp, sp, #0x40
  80  ret
  84  adr x16, $+0x10
  88  mov x15, #0x5
  8c  ldr x14, [x28, #0x8]
  90  br x14
  94  adr x16, $+0x8
  98  b $-0x10
;; Checked func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str d0, [sp]
   c  fmov s1, #2.5
  10  fmul s1, s1, s0
  14  fmov s2, #-1.0
  18  fadd s1, s1, s2
  1c  fmul s1, s1, s0
  20  movi d2, #0x0
  24  fadd s1, s1, s2
  28  mov v0.16b, v1.16b
  2c  ldr x30, [sp, #0x18]
  30  add sp, sp, #0x20
  34  ret
;; Checked func[2], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x0, [sp]
   c  str d0, [sp, #0x8]
  10  ucvtf d1, w0
  14  fdiv d1, d1, d0
  18  fcvtzs x1, d1
  1c  mov x0, x1
  20  ldr x30, [sp, #0x28]
  24  add sp, sp, #0x30
  28  ret
;; Checked func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  fmin d2, d0, d1
  14  mov v0.16b, v2.16b
  18  ldr x30, [sp, #0x28]
  1c  add sp, sp, #0x30
  20  ret
;; Checked func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  fneg d2, d1
  14  ushr d31, d2, #0x3f
  18  mov v2.16b, v0.16b
  1c  sli d2, d31, #0x3f
  20  mov v0.16b, v2.16b
  24  ldr x30, [sp, #0x28]
  28  add sp, sp, #0x30
  2c  ret
;; Checked func[5], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str d0, [sp]
   c  fcmp s0, s0
  10  b.vs $+0x20
  14  fcvtzs x0, s0
  18  cmp x0, w0
  1c  b.ne $+0x24
  20  mov w0, w0
  24  ldr x30, [sp, #0x18]
  28  add sp, sp, #0x20
  2c  ret
  30  adr x16, $+0x10
  34  mov x15, #0x4
  38  ldr x14, [x28, #0x8]
  3c  br x14
  40  adr x16, $+0x10
  44  mov x15, #0x3
  48  ldr x14, [x28, #0x8]
  4c  br x14
;; Compact func[0], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x19, [sp, #0x18]
   c  str x20, [sp, #0x20]
  10  str d8, [sp, #0x28]
  14  mov w19, w0
  18  mov w20, w1
  1c  movi d8, #0x0
  20  mov x17, #0x8
  24  add x17, x17, w19
  28  ldr x16, [x28, #0x48]
  2c  cmp x17, x16
  30  b.hi $+0x54
  34  ldr d0, [x27, w19, uxtw]
  38  mov x17, #0x328
  3c  add x17, x17, w19
  40  ldr x16, [x28, #0x48]
  44  cmp x17, x16
  48  b.hi $+0x4c
  4c  add x16, x27, w19
  50  ldr d1, [x16, #0x320]
  54  fmul d0, d0, d1
  58  fadd d8, d8, d0
  5c  add w19, w19, #0x8
  60  sub w20, w20, #0x1
  64  cbnz w20, $-0x44
  68  mov v0.16b, v8.16b
  6c  ldr x19, [sp, #0x18]
  70  ldr x20, [sp, #0x20]
  74  ldr d8, [sp, #0x28]
  78  ldr x30, [sp, #0x38]
  7c  add sp, sp, #0x40
  80  ret
  84  adr x16, $+0x10
  88  mov x15, #0x5
  8c  ldr x14, [x28, #0x8]
  90  br x14
  94  adr x16, $+0x8
  98  b $-0x10
;; Compact func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str d0, [sp]
   c  fmov s1, #2.5
  10  fmul s1, s1, s0
  14  fmov s2, #-1.0
  18  fadd s1, s1, s2
  1c  fmul s1, s1, s0
  20  movi d2, #0x0
  24  fadd s1, s1, s2
  28  mov v0.16b, v1.16b
  2c  ldr x30, [sp, #0x18]
  30  add sp, sp, #0x20
  34  ret
;; Compact func[2], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x0, [sp]
   c  str d0, [sp, #0x8]
  10  ucvtf d1, w0
  14  fdiv d1, d1, d0
  18  fcvtzs x1, d1
  1c  mov x0, x1
  20  ldr x30, [sp, #0x28]
  24  add sp, sp, #0x30
  28  ret
;; Compact func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  fmin d2, d0, d1
  14  mov v0.16b, v2.16b
  18  ldr x30, [sp, #0x28]
  1c  add sp, sp, #0x30
  20  ret
;; Compact func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  fneg d2, d1
  14  ushr d31, d2, #0x3f
  18  mov v2.16b, v0.16b
  1c  sli d2, d31, #0x3f
  20  mov v0.16b, v2.16b
  24  ldr x30, [sp, #0x28]
  28  add sp, sp, #0x30
  2c  ret
;; Compact func[5], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str d0, [sp]
   c  fcmp s0, s0
  10  b.vs $+0x20
  14  fcvtzs x0, s0
  18  cmp x0, w0
  1c  b.ne $+0x24
  20  mov w0, w0
  24  ldr x30, [sp, #0x18]
  28  add sp, sp, #0x20
  2c  ret
  30  adr x16, $+0x10
  34  mov x15, #0x4
  38  ldr x14, [x28, #0x8]
  3c  br x14
  40  adr x16, $+0x10
  44  mov x15, #0x3
  48  ldr x14, [x28, #0x8]
  4c  br x14
