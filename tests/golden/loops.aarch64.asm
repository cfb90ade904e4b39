;; Guarded func[0], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x19, [sp, #0x10]
   c  str x20, [sp, #0x18]
  10  mov w19, w0
  14  mov x20, #0x0
  18  nop
  1c  nop
  20  mov w0, w19
  24  add x20, x20, x0
  28  sub w19, w19, #0x1
  2c  cbnz w19, $-0xc
  30  mov x0, x20
  34  ldr x19, [sp, #0x10]
  38  ldr x20, [sp, #0x18]
  3c  ldr x30, [sp, #0x28]
  40  add sp, sp, #0x30
  44  ret
;; Guarded func[1], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x19, [sp, #0x10]
   c  str x20, [sp, #0x18]
  10  mov w20, w0
  14  mov x19, #0x0
  18  nop
  1c  nop
  20  cmp w19, w20
  24  b.ge $+0xc
  28  add w19, w19, #0x3
  2c  b $-0xc
  30  mov x0, x19
  34  ldr x19, [sp, #0x10]
  38  ldr x20, [sp, #0x18]
  3c  ldr x30, [sp, #0x28]
  40  add sp, sp, #0x30
  44  ret
;; Guarded func[2], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x19, [sp, #0x18]
   c  str x20, [sp, #0x20]
  10  str x21, [sp, #0x28]
  14  str x22, [sp, #0x30]
  18  mov w22, w0
  1c  mov x19, #0x0
  20  mov x20, #0x0
  24  mov x21, #0x0
  28  nop
  2c  nop
  30  mov x19, #0x0
  34  nop
  38  nop
  3c  nop
  40  mul w0, w21, w19
  44  add w20, w20, w0
  48  add w19, w19, #0x1
  4c  cmp w19, w22
  50  b.lo $-0x10
  54  add w21, w21, #0x1
  58  cmp w21, w22
  5c  b.lo $-0x2c
  60  mov x0, x20
  64  ldr x19, [sp, #0x18]
  68  ldr x20, [sp, #0x20]
  6c  ldr x21, [sp, #0x28]
  70  ldr x22, [sp, #0x30]
  74  ldr x30, [sp, #0x38]
  78  add sp, sp, #0x40
  7c  ret
;; Checked func[0], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x19, [sp, #0x10]
   c  str x20, [sp, #0x18]
  10  mov w19, w0
  14  mov x20, #0x0
  18  nop
  1c  nop
  20  mov w0, w19
  24  add x20, x20, x0
  28  sub w19, w19, #0x1
  2c  cbnz w19, $-0xc
  30  mov x0, x20
  34  ldr x19, [sp, #0x10]
  38  ldr x20, [sp, #0x18]
  3c  ldr x30, [sp, #0x28]
  40  add sp, sp, #0x30
  44  ret
;; Checked func[1], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x19, [sp, #0x10]
   c  str x20, [sp, #0x18]
  10  mov w20, w0
  14  mov x19, #0x0
  18  nop
  1c  nop
  20  cmp w19, w20
  24  b.ge $+0xc
  28  add w19, w19, #0x3
  2c  b $-0xc
  30  mov x0, x19
  34  ldr x19, [sp, #0x10]
  38  ldr x20, [sp, #0x18]
  3c  ldr x30, [sp, #0x28]
  40  add sp, sp, #0x30
  44  ret
;; Checked func[2], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x19, [sp, #0x18]
   c  str x20, [sp, #0x20]
  10  str x21, [sp, #0x28]
  14  str x22, [sp, #0x30]
  18  mov w22, w0
  1c  mov x19, #0x0
  20  mov x20, #0x0
  24  mov x21, #0x0
  28  nop
  2c  nop
  30  mov x19, #0x0
  34  nop
  38  nop
  3c  nop
  40  mul w0, w21, w19
  44  add w20, w20, w0
  48  add w19, w19, #0x1
  4c  cmp w19, w22
  50  b.lo $-0x10
  54  add w21, w21, #0x1
  58  cmp w21, w22
  5c  b.lo $-0x2c
  60  mov x0, x20
  64  ldr x19, [sp, #0x18]
  68  ldr x20, [sp, #0x20]
  6c  ldr x21, [sp, #0x28]
  70  ldr x22, [sp, #0x30]
  74  ldr x30, [sp, #0x38]
  78  add sp, sp, #0x40
  7c  ret
;; Compact func[0], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x19, [sp, #0x10]
   c  str x20, [sp, #0x18]
  10  mov w19, w0
  14  mov x20, #0x0
  18  nop
  1c  nop
  20  mov w0, w19
  24  add x20, x20, x0
  28  sub w19, w19, #0x1
  2c  cbnz w19, $-0xc
  30  mov x0, x20
  34  ldr x19, [sp, #0x10]
  38  ldr x20, [sp, #0x18]
  3c  ldr x30, [sp, #0x28]
  40  add sp, sp, #0x30
  44  ret
;; Compact func[1], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str x19, [sp, #0x10]
   c  str x20, [sp, #0x18]
  10  mov w20, w0
  14  mov x19, #0x0
  18  nop
  1c  nop
  20  cmp w19, w20
  24  b.ge $+0xc
  28  add w19, w19, #0x3
  2c  b $-0xc
  30  mov x0, x19
  34  ldr x19, [sp, #0x10]
  38  ldr x20, [sp, #0x18]
  3c  ldr x30, [sp, #0x28]
  40  add sp, sp, #0x30
  44  ret
;; Compact func[2], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x19, [sp, #0x18]
   c  str x20, [sp, #0x20]
  10  str x21, [sp, #0x28]
  14  str x22, [sp, #0x30]
  18  mov w22, w0
  1c  mov x19, #0x0
  20  mov x20, #0x0
  24  mov x21, #0x0
  28  nop
  2c  nop
  30  mov x19, #0x0
  34  nop
  38  nop
  3c  nop
  40  mul w0, w21, w19
  44  add w20, w20, w0
  48  add w19, w19, #0x1
  4c  cmp w19, w22
  50  b.lo $-0x10
  54  add w21, w21, #0x1
  58  cmp w21, w22
  5c  b.lo $-0x2c
  60  mov x0, x20
  64  ldr x19, [sp, #0x18]
  68  ldr x20, [sp, #0x20]
  6c  ldr x21, [sp, #0x28]
  70  ldr x22, [sp, #0x30]
  74  ldr x30, [sp, #0x38]
  78  add sp, sp, #0x40
  7c  ret
