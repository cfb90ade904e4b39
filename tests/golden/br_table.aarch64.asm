;; Guarded func[0], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  ldr w0, [sp]
  20  cmp w0, #0x4
  24  b.hs $+0x4c
  28  csel w0, w0, wzr, lo
  2c  csdb
  30  adr x1, $+0x50
  34  ldrsw x0, [x1, w0, uxtw #2]
  38  add x0, x0, x1
  3c  br x0
  40  mov x0, #0xa
  44  ldr x30, [sp, #0x18]
  48  add sp, sp, #0x20
  4c  ret
  50  mov x0, #0x14
  54  ldr x30, [sp, #0x18]
  58  add sp, sp, #0x20
  5c  ret
  60  mov x0, #0x1e
  64  ldr x30, [sp, #0x18]
  68  add sp, sp, #0x20
  6c  ret
  70  mov x0, #0x28
  74  ldr x30, [sp, #0x18]
  78  add sp, sp, #0x20
  7c  ret
  80  .word 0xffffffc0
  84  .word 0xffffffd0
  88  .word 0xffffffe0
  8c  .word 0xffffffd0
;; Checked func[0], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  ldr w0, [sp]
  20  cmp w0, #0x4
  24  b.hs $+0x4c
  28  csel w0, w0, wzr, lo
  2c  csdb
  30  adr x1, $+0x50
  34  ldrsw x0, [x1, w0, uxtw #2]
  38  add x0, x0, x1
  3c  br x0
  40  mov x0, #0xa
  44  ldr x30, [sp, #0x18]
  48  add sp, sp, #0x20
  4c  ret
  50  mov x0, #0x14
  54  ldr x30, [sp, #0x18]
  58  add sp, sp, #0x20
  5c  ret
  60  mov x0, #0x1e
  64  ldr x30, [sp, #0x18]
  68  add sp, sp, #0x20
  6c  ret
  70  mov x0, #0x28
  74  ldr x30, [sp, #0x18]
  78  add sp, sp, #0x20
  7c  ret
  80  .word 0xffffffc0
  84  .word 0xffffffd0
  88  .word 0xffffffe0
  8c  .word 0xffffffd0
