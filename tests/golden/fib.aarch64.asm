;; Guarded func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0x54
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x19, [sp, #0x18]
  28  mov w19, w0
  2c  cmp w19, #0x2
  30  b.ge $+0xc
  34  mov x0, x19
  38  b $+0x24
  3c  sub w0, w19, #0x1
  40  bl $-0x30
  44  sub w1, w19, #0x2
  48  str x0, [sp]
  4c  mov x0, x1
  50  bl $-0x40
  54  ldr w16, [sp]
  58  add w0, w0, w16
  5c  ldr x19, [sp, #0x18]
  60  ldr x30, [sp, #0x28]
  64  add sp, sp, #0x30
  68  ret
  6c  adr x16, $+0x10
  70  mov x15, #0xa
  74  ldr x14, [x28, #0x8]
  78  br x14
;; Checked func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0x54
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x19, [sp, #0x18]
  28  mov w19, w0
  2c  cmp w19, #0x2
  30  b.ge $+0xc
  34  mov x0, x19
  38  b $+0x24
  3c  sub w0, w19, #0x1
  40  bl $-0x30
  44  sub w1, w19, #0x2
  48  str x0, [sp]
  4c  mov x0, x1
  50  bl $-0x40
  54  ldr w16, [sp]
  58  add w0, w0, w16
  5c  ldr x19, [sp, #0x18]
  60  ldr x30, [sp, #0x28]
  64  add sp, sp, #0x30
  68  ret
  6c  adr x16, $+0x10
  70  mov x15, #0xa
  74  ldr x14, [x28, #0x8]
  78  br x14
;; Compact func[0], frame of 40 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  ldr x16, [x28]
  14  cmp sp, x16
  18  b.lo $+0x54
  1c  sub sp, sp, #0x30
  20  str x30, [sp, #0x28]
  24  str x19, [sp, #0x18]
  28  mov w19, w0
  2c  cmp w19, #0x2
  30  b.ge $+0xc
  34  mov x0, x19
  38  b $+0x24
  3c  sub w0, w19, #0x1
  40  bl $-0x30
  44  sub w1, w19, #0x2
  48  str x0, [sp]
  4c  mov x0, x1
  50  bl $-0x40
  54  ldr w16, [sp]
  58  add w0, w0, w16
  5c  ldr x19, [sp, #0x18]
  60  ldr x30, [sp, #0x28]
  64  add sp, sp, #0x30
  68  ret
  6c  adr x16, $+0x10
  70  mov x15, #0xa
  74  ldr x14, [x28, #0x8]
  78  br x14
