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
   c  fmov s0, #2.5
  10  ldr s31, [sp]
  14  fmul s0, s0, s31
  18  fmov s1, #-1.0
  1c  fadd s0, s0, s1
  20  ldr s31, [sp]
  24  fmul s0, s0, s31
  28  movi d1, #0x0
  2c  fadd s0, s0, s1
  30  ldr x30, [sp, #0x18]
  34  add sp, sp, #0x20
  38  ret
;; Guarded func[2], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x0, [sp]
   c  str d0, [sp, #0x8]
  10  ldr w0, [sp]
  14  ucvtf d0, w0
  18  ldr d31, [sp, #0x8]
  1c  fdiv d0, d0, d31
  20  fcvtzs x0, d0
  24  ldr x30, [sp, #0x28]
  28  add sp, sp, #0x30
  2c  ret
;; Guarded func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  ldr d0, [sp]
  14  ldr d31, [sp, #0x8]
  18  fmin d0, d0, d31
  1c  ldr x30, [sp, #0x28]
  20  add sp, sp, #0x30
  24  ret
;; Guarded func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  ldr d0, [sp, #0x8]
  14  fneg d0, d0
  18  ldr d1, [sp]
  1c  ushr d31, d0, #0x3f
  20  sli d1, d31, #0x3f
  24  mov v0.16b, v1.16b
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Guarded func[5], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str d0, [sp]
   c  ldr s0, [sp]
  10  fcmp s0, s0
  14  b.vs $+0x20
  18  fcvtzs x0, s0
  1c  cmp x0, w0
  20  b.ne $+0x24
  24  mov w0, w0
  28  ldr x30, [sp, #0x18]
  2c  add sp, sp, #0x20
  30  ret
  34  adr x16, $+0x10
  38  mov x15, #0x4
  3c  ldr x14, [x28, #0x8]
  40  br x14
  44  adr x16, $+0x10
  48  mov x15, #0x3
  4c  ldr x14, [x28, #0x8]
  50  br x14
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
   c  fmov s0, #2.5
  10  ldr s31, [sp]
  14  fmul s0, s0, s31
  18  fmov s1, #-1.0
  1c  fadd s0, s0, s1
  20  ldr s31, [sp]
  24  fmul s0, s0, s31
  28  movi d1, #0x0
  2c  fadd s0, s0, s1
  30  ldr x30, [sp, #0x18]
  34  add sp, sp, #0x20
  38  ret
;; Checked func[2], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x0, [sp]
   c  str d0, [sp, #0x8]
  10  ldr w0, [sp]
  14  ucvtf d0, w0
  18  ldr d31, [sp, #0x8]
  1c  fdiv d0, d0, d31
  20  fcvtzs x0, d0
  24  ldr x30, [sp, #0x28]
  28  add sp, sp, #0x30
  2c  ret
;; Checked func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  ldr d0, [sp]
  14  ldr d31, [sp, #0x8]
  18  fmin d0, d0, d31
  1c  ldr x30, [sp, #0x28]
  20  add sp, sp, #0x30
  24  ret
;; Checked func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  ldr d0, [sp, #0x8]
  14  fneg d0, d0
  18  ldr d1, [sp]
  1c  ushr d31, d0, #0x3f
  20  sli d1, d31, #0x3f
  24  mov v0.16b, v1.16b
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Checked func[5], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str d0, [sp]
   c  ldr s0, [sp]
  10  fcmp s0, s0
  14  b.vs $+0x20
  18  fcvtzs x0, s0
  1c  cmp x0, w0
  20  b.ne $+0x24
  24  mov w0, w0
  28  ldr x30, [sp, #0x18]
  2c  add sp, sp, #0x20
  30  ret
  34  adr x16, $+0x10
  38  mov x15, #0x4
  3c  ldr x14, [x28, #0x8]
  40  br x14
  44  adr x16, $+0x10
  48  mov x15, #0x3
  4c  ldr x14, [x28, #0x8]
  50  br x14
