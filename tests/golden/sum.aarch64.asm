;; Guarded func[0], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str x19, [sp, #0x18]
  1c  str x20, [sp, #0x20]
  20  str x21, [sp, #0x28]
  24  mov w21, w0
  28  mov x20, #0x0
  2c  mov x19, #0x0
  30  lsl w0, w19, #0x2
  34  add x16, x27, w0
  38  ldr w0, [x16, #0x10]
  3c  add w20, w20, w0
  40  add w19, w19, #0x1
  44  cmp w19, w21
  48  b.lo $-0x18
  4c  mov x0, x20
  50  ldr x19, [sp, #0x18]
  54  ldr x20, [sp, #0x20]
  58  ldr x21, [sp, #0x28]
  5c  ldr x30, [sp, #0x38]
  60  add sp, sp, #0x40
  64  ret
;; Checked func[0], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str x19, [sp, #0x18]
  1c  str x20, [sp, #0x20]
  20  str x21, [sp, #0x28]
  24  mov w21, w0
  28  mov x20, #0x0
  2c  mov x19, #0x0
  30  lsl w0, w19, #0x2
  34  mov x17, #0x14
  38  add x17, x17, w0
  3c  ldr x16, [x28, #0x48]
  40  cmp x17, x16
  44  b.hi $+0x38
  48  add x16, x27, w0
  4c  ldr w0, [x16, #0x10]
  50  add w20, w20, w0
  54  add w19, w19, #0x1
  58  cmp w19, w21
  5c  b.lo $-0x2c
  60  mov x0, x20
  64  ldr x19, [sp, #0x18]
  68  ldr x20, [sp, #0x20]
  6c  ldr x21, [sp, #0x28]
  70  ldr x30, [sp, #0x38]
  74  add sp, sp, #0x40
  78  ret
  7c  adr x16, $+0x10
  80  mov x15, #0x5
  84  ldr x14, [x28, #0x8]
  88  br x14
;; Compact func[0], frame of 56 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x40
  14  str x30, [sp, #0x38]
  18  str x19, [sp, #0x18]
  1c  str x20, [sp, #0x20]
  20  str x21, [sp, #0x28]
  24  mov w21, w0
  28  mov x20, #0x0
  2c  mov x19, #0x0
  30  lsl w0, w19, #0x2
  34  mov x17, #0x14
  38  add x17, x17, w0
  3c  ldr x16, [x28, #0x48]
  40  cmp x17, x16
  44  b.hi $+0x38
  48  add x16, x27, w0
  4c  ldr w0, [x16, #0x10]
  50  add w20, w20, w0
  54  add w19, w19, #0x1
  58  cmp w19, w21
  5c  b.lo $-0x2c
  60  mov x0, x20
  64  ldr x19, [sp, #0x18]
  68  ldr x20, [sp, #0x20]
  6c  ldr x21, [sp, #0x28]
  70  ldr x30, [sp, #0x38]
  74  add sp, sp, #0x40
  78  ret
  7c  adr x16, $+0x10
  80  mov x15, #0x5
  84  ldr x14, [x28, #0x8]
  88  br x14
