;; Guarded func[0], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x0, [sp]
   c  str x1, [sp, #0x8]
  10  ldr w0, [sp]
  14  ldr w1, [sp, #0x8]
  18  ldr w2, [sp]
  1c  ldr w16, [sp, #0x8]
  20  cmp w0, w16
  24  csel x2, x2, x1, gt
  28  mov x0, x2
  2c  ldr x30, [sp, #0x38]
  30  add sp, sp, #0x40
  34  ret
;; Guarded func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  ldr x0, [sp]
  10  tbz x0, #0x3f, $+0xc
  14  mov w0, #0xffffffff
  18  b $+0x10
  1c  ldr x0, [sp]
  20  cmp x0, #0x0
  24  cset w0, ne
  28  ldr x30, [sp, #0x18]
  2c  add sp, sp, #0x20
  30  ret
;; Guarded func[2], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  ldr w0, [sp]
  10  cbnz w0, $+0x14
  14  mov x0, #0x1
  18  ldr x30, [sp, #0x18]
  1c  add sp, sp, #0x20
  20  ret
  24  mov x0, #0x0
  28  ldr x30, [sp, #0x18]
  2c  add sp, sp, #0x20
  30  ret
;; Guarded func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  fmov d0, #-1.0
  10  ldr d31, [sp]
  14  fcmp d0, d31
  18  cset w0, ls
  1c  fmov d0, #1.0
  20  ldr d1, [sp]
  24  fcmp d1, d0
  28  cset w1, ls
  2c  and w0, w0, w1
  30  ldr x30, [sp, #0x28]
  34  add sp, sp, #0x30
  38  ret
;; Guarded func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  ldr s0, [sp]
  14  ldr s31, [sp, #0x8]
  18  fcmp s0, s31
  1c  b.ne $+0xc
  20  mov x0, #0x7
  24  b $+0x8
  28  mov x0, #0x9
  2c  ldr x30, [sp, #0x28]
  30  add sp, sp, #0x30
  34  ret
;; Guarded func[5], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  str x0, [sp, #0x10]
  14  ldr w0, [sp, #0x10]
  18  ldr d0, [sp, #0x8]
  1c  ldr d1, [sp]
  20  cmp w0, #0x0
  24  fcsel d1, d1, d0, ne
  28  mov v0.16b, v1.16b
  2c  ldr x30, [sp, #0x38]
  30  add sp, sp, #0x40
  34  ret
;; Checked func[0], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str x0, [sp]
   c  str x1, [sp, #0x8]
  10  ldr w0, [sp]
  14  ldr w1, [sp, #0x8]
  18  ldr w2, [sp]
  1c  ldr w16, [sp, #0x8]
  20  cmp w0, w16
  24  csel x2, x2, x1, gt
  28  mov x0, x2
  2c  ldr x30, [sp, #0x38]
  30  add sp, sp, #0x40
  34  ret
;; Checked func[1], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  ldr x0, [sp]
  10  tbz x0, #0x3f, $+0xc
  14  mov w0, #0xffffffff
  18  b $+0x10
  1c  ldr x0, [sp]
  20  cmp x0, #0x0
  24  cset w0, ne
  28  ldr x30, [sp, #0x18]
  2c  add sp, sp, #0x20
  30  ret
;; Checked func[2], frame of 24 bytes
   0  sub sp, sp, #0x20
   4  str x30, [sp, #0x18]
   8  str x0, [sp]
   c  ldr w0, [sp]
  10  cbnz w0, $+0x14
  14  mov x0, #0x1
  18  ldr x30, [sp, #0x18]
  1c  add sp, sp, #0x20
  20  ret
  24  mov x0, #0x0
  28  ldr x30, [sp, #0x18]
  2c  add sp, sp, #0x20
  30  ret
;; Checked func[3], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  fmov d0, #-1.0
  10  ldr d31, [sp]
  14  fcmp d0, d31
  18  cset w0, ls
  1c  fmov d0, #1.0
  20  ldr d1, [sp]
  24  fcmp d1, d0
  28  cset w1, ls
  2c  and w0, w0, w1
  30  ldr x30, [sp, #0x28]
  34  add sp, sp, #0x30
  38  ret
;; Checked func[4], frame of 40 bytes
   0  sub sp, sp, #0x30
   4  str x30, [sp, #0x28]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  ldr s0, [sp]
  14  ldr s31, [sp, #0x8]
  18  fcmp s0, s31
  1c  b.ne $+0xc
  20  mov x0, #0x7
  24  b $+0x8
  28  mov x0, #0x9
  2c  ldr x30, [sp, #0x28]
  30  add sp, sp, #0x30
  34  ret
;; Checked func[5], frame of 56 bytes
   0  sub sp, sp, #0x40
   4  str x30, [sp, #0x38]
   8  str d0, [sp]
   c  str d1, [sp, #0x8]
  10  str x0, [sp, #0x10]
  14  ldr w0, [sp, #0x10]
  18  ldr d0, [sp, #0x8]
  1c  ldr d1, [sp]
  20  cmp w0, #0x0
  24  fcsel d1, d1, d0, ne
  28  mov v0.16b, v1.16b
  2c  ldr x30, [sp, #0x38]
  30  add sp, sp, #0x40
  34  ret
