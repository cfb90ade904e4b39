;; Guarded func[1], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0x3c
  1c  sub sp, sp, #0x20
  20  str x30, [sp, #0x18]
  24  ldr w0, [x28, #0x80]
  28  add w0, w0, #0x3
  2c  str x0, [x28, #0x80]
  30  ldr w0, [x28, #0x80]
  34  str x28, [sp, #0x10]
  38  ldr x17, [x28, #0xa0]
  3c  ldr x16, [x28, #0xa8]
  40  blr x16
  44  ldr x28, [sp, #0x10]
  48  ldr x30, [sp, #0x18]
  4c  add sp, sp, #0x20
  50  ret
  54  adr x16, $+0x10
  58  mov x15, #0xa
  5c  ldr x14, [x28, #0x8]
  60  br x14
;; Checked func[1], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0x3c
  1c  sub sp, sp, #0x20
  20  str x30, [sp, #0x18]
  24  ldr w0, [x28, #0x80]
  28  add w0, w0, #0x3
  2c  str x0, [x28, #0x80]
  30  ldr w0, [x28, #0x80]
  34  str x28, [sp, #0x10]
  38  ldr x17, [x28, #0xa0]
  3c  ldr x16, [x28, #0xa8]
  40  blr x16
  44  ldr x28, [sp, #0x10]
  48  ldr x30, [sp, #0x18]
  4c  add sp, sp, #0x20
  50  ret
  54  adr x16, $+0x10
  58  mov x15, #0xa
  5c  ldr x14, [x28, #0x8]
  60  br x14
;; Compact func[1], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0x3c
  1c  sub sp, sp, #0x20
  20  str x30, [sp, #0x18]
  24  ldr w0, [x28, #0x80]
  28  add w0, w0, #0x3
  2c  str x0, [x28, #0x80]
  30  ldr w0, [x28, #0x80]
  34  str x28, [sp, #0x10]
  38  ldr x17, [x28, #0xa0]
  3c  ldr x16, [x28, #0xa8]
  40  blr x16
  44  ldr x28, [sp, #0x10]
  48  ldr x30, [sp, #0x18]
  4c  add sp, sp, #0x20
  50  ret
  54  adr x16, $+0x10
  58  mov x15, #0xa
  5c  ldr x14, [x28, #0x8]
  60  br x14
