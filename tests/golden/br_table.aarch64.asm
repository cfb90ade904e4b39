;; Guarded func[0], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  cmp w0, #0x4
  20  b.hs $+0x4c
  24  csel w0, w0, wzr, lo
  28  csdb
  2c  adr x1, $+0x50
  30  ldrsw x0, [x1, w0, uxtw #2]
  34  add x0, x0, x1
  38  br x0
  3c  mov x0, #0xa
  40  ldr x30, [sp, #0x18]
  44  add sp, sp, #0x20
  48  ret
  4c  mov x0, #0x14
  50  ldr x30, [sp, #0x18]
  54  add sp, sp, #0x20
  58  ret
  5c  mov x0, #0x1e
  60  ldr x30, [sp, #0x18]
  64  add sp, sp, #0x20
  68  ret
  6c  mov x0, #0x28
  70  ldr x30, [sp, #0x18]
  74  add sp, sp, #0x20
  78  ret
  7c  .word 0xffffffc0
  80  .word 0xffffffd0
  84  .word 0xffffffe0
  88  .word 0xffffffd0
;; Checked func[0], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  cmp w0, #0x4
  20  b.hs $+0x4c
  24  csel w0, w0, wzr, lo
  28  csdb
  2c  adr x1, $+0x50
  30  ldrsw x0, [x1, w0, uxtw #2]
  34  add x0, x0, x1
  38  br x0
  3c  mov x0, #0xa
  40  ldr x30, [sp, #0x18]
  44  add sp, sp, #0x20
  48  ret
  4c  mov x0, #0x14
  50  ldr x30, [sp, #0x18]
  54  add sp, sp, #0x20
  58  ret
  5c  mov x0, #0x1e
  60  ldr x30, [sp, #0x18]
  64  add sp, sp, #0x20
  68  ret
  6c  mov x0, #0x28
  70  ldr x30, [sp, #0x18]
  74  add sp, sp, #0x20
  78  ret
  7c  .word 0xffffffc0
  80  .word 0xffffffd0
  84  .word 0xffffffe0
  88  .word 0xffffffd0
;; Compact func[0], frame of 24 bytes
   0  ldr x27, [x28]
   4  str x27, [x17]
   8  mov x28, x17
   c  ldr x27, [x28, #0x40]
  10  sub sp, sp, #0x20
  14  str x30, [sp, #0x18]
  18  str x0, [sp]
  1c  cmp w0, #0x4
  20  b.hs $+0x4c
  24  csel w0, w0, wzr, lo
  28  csdb
  2c  adr x1, $+0x50
  30  ldrsw x0, [x1, w0, uxtw #2]
  34  add x0, x0, x1
  38  br x0
  3c  mov x0, #0xa
  40  ldr x30, [sp, #0x18]
  44  add sp, sp, #0x20
  48  ret
  4c  mov x0, #0x14
  50  ldr x30, [sp, #0x18]
  54  add sp, sp, #0x20
  58  ret
  5c  mov x0, #0x1e
  60  ldr x30, [sp, #0x18]
  64  add sp, sp, #0x20
  68  ret
  6c  mov x0, #0x28
  70  ldr x30, [sp, #0x18]
  74  add sp, sp, #0x20
  78  ret
  7c  .word 0xffffffc0
  80  .word 0xffffffd0
  84  .word 0xffffffe0
  88  .word 0xffffffd0
