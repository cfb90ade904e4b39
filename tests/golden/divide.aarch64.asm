;; Guarded func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  cbz w1, $+0x2c
  24  cmn w1, #0x1
  28  b.ne $+0x10
  2c  mov x16, #0x80000000
  30  cmp w0, w16
  34  b.eq $+0x28
  38  sdiv w2, w0, w1
  3c  mov x0, x2
  40  ldr x30, [sp, #0x28]
  44  add sp, sp, #0x30
  48  ret
  4c  adr x16, $+0x10
  50  mov x15, #0x2
  54  ldr x14, [x28, #0x8]
  58  br x14
  5c  adr x16, $+0x10
  60  mov x15, #0x3
  64  ldr x14, [x28, #0x8]
  68  br x14
;; Guarded func[1], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  and x1, x0, #0x7
  20  mov x0, x1
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
  20  lsl x2, x0, x1
  24  mov x0, x2
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Checked func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  cbz w1, $+0x2c
  24  cmn w1, #0x1
  28  b.ne $+0x10
  2c  mov x16, #0x80000000
  30  cmp w0, w16
  34  b.eq $+0x28
  38  sdiv w2, w0, w1
  3c  mov x0, x2
  40  ldr x30, [sp, #0x28]
  44  add sp, sp, #0x30
  48  ret
  4c  adr x16, $+0x10
  50  mov x15, #0x2
  54  ldr x14, [x28, #0x8]
  58  br x14
  5c  adr x16, $+0x10
  60  mov x15, #0x3
  64  ldr x14, [x28, #0x8]
  68  br x14
;; Checked func[1], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  and x1, x0, #0x7
  20  mov x0, x1
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
  20  lsl x2, x0, x1
  24  mov x0, x2
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Compact func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  cbz w1, $+0x2c
  24  cmn w1, #0x1
  28  b.ne $+0x10
  2c  mov x16, #0x80000000
  30  cmp w0, w16
  34  b.eq $+0x28
  38  sdiv w2, w0, w1
  3c  mov x0, x2
  40  ldr x30, [sp, #0x28]
  44  add sp, sp, #0x30
  48  ret
  4c  adr x16, $+0x10
  50  mov x15, #0x2
  54  ldr x14, [x28, #0x8]
  58  br x14
  5c  adr x16, $+0x10
  60  mov x15, #0x3
  64  ldr x14, [x28, #0x8]
  68  br x14
;; Compact func[1], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  and x1, x0, #0x7
  20  mov x0, x1
  24  ldr x30, [sp, #0x18]
  28  add sp, sp, #0x20
  2c  ret
;; Compact func[2], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x30
  14  str x30, [sp, #0x28]
  18  str x0, [sp]
  1c  str x1, [sp, #0x8]
  20  lsl x2, x0, x1
  24  mov x0, x2
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
