;; Guarded func[0], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr x0, [sp]
  24  ldr x1, [sp, #0x8]
  28  ldr x2, [sp]
  2c  ldr x16, [sp, #0x8]
  30  cmp x0, x16
  34  csel x2, x2, x1, gt
  38  mov x0, x2
  3c  ldr x30, [sp, #0x38]
  40  add sp, sp, #0x40
  44  ret
;; Guarded func[1], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str d0, [sp]
  1c  str d1, [sp, #0x8]
  20  fmov d0, #1.0
  24  ldr d1, [sp]
  28  ldr d2, [sp, #0x8]
  2c  ldr d3, [sp]
  30  fcmp d1, d0
  34  fcsel d3, d3, d2, eq
  38  mov v0.16b, v3.16b
  3c  ldr x30, [sp, #0x38]
  40  add sp, sp, #0x40
  44  ret
;; Checked func[0], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr x0, [sp]
  24  ldr x1, [sp, #0x8]
  28  ldr x2, [sp]
  2c  ldr x16, [sp, #0x8]
  30  cmp x0, x16
  34  csel x2, x2, x1, gt
  38  mov x0, x2
  3c  ldr x30, [sp, #0x38]
  40  add sp, sp, #0x40
  44  ret
;; Checked func[1], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str d0, [sp]
  1c  str d1, [sp, #0x8]
  20  fmov d0, #1.0
  24  ldr d1, [sp]
  28  ldr d2, [sp, #0x8]
  2c  ldr d3, [sp]
  30  fcmp d1, d0
  34  fcsel d3, d3, d2, eq
  38  mov v0.16b, v3.16b
  3c  ldr x30, [sp, #0x38]
  40  add sp, sp, #0x40
  44  ret
