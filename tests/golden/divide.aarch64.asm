;; Guarded func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr w0, [sp, #0x8]
  24  ldr w1, [sp]
  28  cbz w0, $+0x2c
  2c  cmn w0, #0x1
  30  b.ne $+0x10
  34  mov x16, #0x80000000
  38  cmp w1, w16
  3c  b.eq $+0x28
  40  sdiv w1, w1, w0
  44  mov x0, x1
  48  ldr x30, [sp, #0x28]
  4c  add sp, sp, #0x30
  50  ret
  54  adr x16, $+0x10
  58  mov x15, #0x2
  5c  ldr x14, [x28, #0x8]
  60  br x14
  64  adr x16, $+0x10
  68  mov x15, #0x3
  6c  ldr x14, [x28, #0x8]
  70  br x14
;; Guarded func[1], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  ldr x0, [sp]
  20  and x0, x0, #0x7
  24  ldr x30, [sp, #0x18]
  28  add sp, sp, #0x20
  2c  ret
;; Guarded func[2], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr x0, [sp]
  24  ldr w16, [sp, #0x8]
  28  lsl x0, x0, x16
  2c  ldr x30, [sp, #0x28]
  30  add sp, sp, #0x30
  34  ret
;; Checked func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr w0, [sp, #0x8]
  24  ldr w1, [sp]
  28  cbz w0, $+0x2c
  2c  cmn w0, #0x1
  30  b.ne $+0x10
  34  mov x16, #0x80000000
  38  cmp w1, w16
  3c  b.eq $+0x28
  40  sdiv w1, w1, w0
  44  mov x0, x1
  48  ldr x30, [sp, #0x28]
  4c  add sp, sp, #0x30
  50  ret
  54  adr x16, $+0x10
  58  mov x15, #0x2
  5c  ldr x14, [x28, #0x8]
  60  br x14
  64  adr x16, $+0x10
  68  mov x15, #0x3
  6c  ldr x14, [x28, #0x8]
  70  br x14
;; Checked func[1], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  ldr x0, [sp]
  20  and x0, x0, #0x7
  24  ldr x30, [sp, #0x18]
  28  add sp, sp, #0x20
  2c  ret
;; Checked func[2], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  ldr x0, [sp]
  24  ldr w16, [sp, #0x8]
  28  lsl x0, x0, x16
  2c  ldr x30, [sp, #0x28]
  30  add sp, sp, #0x30
  34  ret
