;; Guarded func[0], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x0, [sp]
   c  str x1, [sp, #0x8]
  10  ldr w2, [sp, #0x8]
  14  ldr w3, [sp]
  18  cmp w0, w1
  1c  csel x4, x3, x2, gt
  20  mov x0, x4
  24  ldr x30, [sp, #0x38]
  28  add sp, sp, #0x40
  2c  ret
;; Guarded func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  tbz x0, #0x3f, $+0xc
  10  mov w0, #0xffffffff
  14  b $+0x14
  18  ldr x0, [sp]
  1c  cmp x0, #0x0
  20  cset w1, ne
  24  mov x0, x1
  28  ldr x30, [sp, #0x18]
  2c  add sp, sp, #0x20
  30  ret
;; Guarded func[2], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  cbnz w0, $+0x14
  10  mov x0, #0x1
  14  ldr x30, [sp, #0x18]
  18  add sp, sp, #0x20
  1c  ret
  20  mov x0, #0x0
  24  ldr x30, [sp, #0x18]
  28  add sp, sp, #0x20
  2c  ret
;; Guarded func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  fmov d1, #-1.0
  10  fcmp d1, d0
  14  cset w0, ls
  18  fmov d1, #1.0
  1c  fcmp d0, d1
  20  cset w1, ls
  24  and w0, w0, w1
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Guarded func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  fcmp s0, s1
  14  b.ne $+0xc
  18  mov x0, #0x7
  1c  b $+0x8
  20  mov x0, #0x9
  24  ldr x30, [sp, #0x28]
  28  add sp, sp, #0x30
  2c  ret
;; Guarded func[5], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  str x0, [sp, #0x10]
  14  cmp w0, #0x0
  18  fcsel d2, d0, d1, ne
  1c  mov v0.16b, v2.16b
  20  ldr x30, [sp, #0x38]
  24  add sp, sp, #0x40
  28  ret
;; Checked func[0], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x0, [sp]
   c  str x1, [sp, #0x8]
  10  ldr w2, [sp, #0x8]
  14  ldr w3, [sp]
  18  cmp w0, w1
  1c  csel x4, x3, x2, gt
  20  mov x0, x4
  24  ldr x30, [sp, #0x38]
  28  add sp, sp, #0x40
  2c  ret
;; Checked func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  tbz x0, #0x3f, $+0xc
  10  mov w0, #0xffffffff
  14  b $+0x14
  18  ldr x0, [sp]
  1c  cmp x0, #0x0
  20  cset w1, ne
  24  mov x0, x1
  28  ldr x30, [sp, #0x18]
  2c  add sp, sp, #0x20
  30  ret
;; Checked func[2], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  cbnz w0, $+0x14
  10  mov x0, #0x1
  14  ldr x30, [sp, #0x18]
  18  add sp, sp, #0x20
  1c  ret
  20  mov x0, #0x0
  24  ldr x30, [sp, #0x18]
  28  add sp, sp, #0x20
  2c  ret
;; Checked func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  fmov d1, #-1.0
  10  fcmp d1, d0
  14  cset w0, ls
  18  fmov d1, #1.0
  1c  fcmp d0, d1
  20  cset w1, ls
  24  and w0, w0, w1
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Checked func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  fcmp s0, s1
  14  b.ne $+0xc
  18  mov x0, #0x7
  1c  b $+0x8
  20  mov x0, #0x9
  24  ldr x30, [sp, #0x28]
  28  add sp, sp, #0x30
  2c  ret
;; Checked func[5], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  str x0, [sp, #0x10]
  14  cmp w0, #0x0
  18  fcsel d2, d0, d1, ne
  1c  mov v0.16b, v2.16b
  20  ldr x30, [sp, #0x38]
  24  add sp, sp, #0x40
  28  ret
;; Compact func[0], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x0, [sp]
   c  str x1, [sp, #0x8]
  10  ldr w2, [sp, #0x8]
  14  ldr w3, [sp]
  18  cmp w0, w1
  1c  csel x4, x3, x2, gt
  20  mov x0, x4
  24  ldr x30, [sp, #0x38]
  28  add sp, sp, #0x40
  2c  ret
;; Compact func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  tbz x0, #0x3f, $+0xc
  10  mov w0, #0xffffffff
  14  b $+0x14
  18  ldr x0, [sp]
  1c  cmp x0, #0x0
  20  cset w1, ne
  24  mov x0, x1
  28  ldr x30, [sp, #0x18]
  2c  add sp, sp, #0x20
  30  ret
;; Compact func[2], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  cbnz w0, $+0x14
  10  mov x0, #0x1
  14  ldr x30, [sp, #0x18]
  18  add sp, sp, #0x20
  1c  ret
  20  mov x0, #0x0
  24  ldr x30, [sp, #0x18]
  28  add sp, sp, #0x20
  2c  ret
;; Compact func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  fmov d1, #-1.0
  10  fcmp d1, d0
  14  cset w0, ls
  18  fmov d1, #1.0
  1c  fcmp d0, d1
  20  cset w1, ls
  24  and w0, w0, w1
  28  ldr x30, [sp, #0x28]
  2c  add sp, sp, #0x30
  30  ret
;; Compact func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  fcmp s0, s1
  14  b.ne $+0xc
  18  mov x0, #0x7
  1c  b $+0x8
  20  mov x0, #0x9
  24  ldr x30, [sp, #0x28]
  28  add sp, sp, #0x30
  2c  ret
;; Compact func[5], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  str x0, [sp, #0x10]
  14  cmp w0, #0x0
  18  fcsel d2, d0, d1, ne
  1c  mov v0.16b, v2.16b
  20  ldr x30, [sp, #0x38]
  24  add sp, sp, #0x40
  28  ret
