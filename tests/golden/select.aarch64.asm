;; Guarded func[0], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr x2, [sp, #0x8]
  24  ldr x3, [sp]
  28  cmp x0, x1
  2c  csel x4, x3, x2, gt
  30  mov x0, x4
  34  ldr x30, [sp, #0x38]
  38  add sp, sp, #0x40
  3c  ret
;; Guarded func[1], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str d0, [sp]
  1c  str d1, [sp, #0x8]
  20  fmov d2, #1.0
  24  ldr d3, [sp]
  28  fcmp d0, d2
  2c  fcsel d4, d3, d1, eq
  30  mov v0.16b, v4.16b
  34  ldr x30, [sp, #0x38]
  38  add sp, sp, #0x40
  3c  ret
;; Checked func[0], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr x2, [sp, #0x8]
  24  ldr x3, [sp]
  28  cmp x0, x1
  2c  csel x4, x3, x2, gt
  30  mov x0, x4
  34  ldr x30, [sp, #0x38]
  38  add sp, sp, #0x40
  3c  ret
;; Checked func[1], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str d0, [sp]
  1c  str d1, [sp, #0x8]
  20  fmov d2, #1.0
  24  ldr d3, [sp]
  28  fcmp d0, d2
  2c  fcsel d4, d3, d1, eq
  30  mov v0.16b, v4.16b
  34  ldr x30, [sp, #0x38]
  38  add sp, sp, #0x40
  3c  ret
;; Compact func[0], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr x2, [sp, #0x8]
  24  ldr x3, [sp]
  28  cmp x0, x1
  2c  csel x4, x3, x2, gt
  30  mov x0, x4
  34  ldr x30, [sp, #0x38]
  38  add sp, sp, #0x40
  3c  ret
;; Compact func[1], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str d0, [sp]
  1c  str d1, [sp, #0x8]
  20  fmov d2, #1.0
  24  ldr d3, [sp]
  28  fcmp d0, d2
  2c  fcsel d4, d3, d1, eq
  30  mov v0.16b, v4.16b
  34  ldr x30, [sp, #0x38]
  38  add sp, sp, #0x40
  3c  ret
