;; Guarded func[0], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov rax, qword [rsp]
  24  mov rcx, qword [rsp + 0x8]
  29  mov rdx, qword [rsp]
  2d  cmp rax, qword [rsp + 0x8]
  32  cmovle rdx, rcx
  36  mov rax, rdx
  39  add rsp, 0x38
  3d  ret
;; Guarded func[1], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  movlps qword [rsp], xmm0
  1b  movlps qword [rsp + 0x8], xmm1
  20  mov r11, 0x3ff0000000000000
  2a  movq xmm0, r11
  2f  movsd xmm1, qword [rsp]
  34  movsd xmm2, qword [rsp + 0x8]
  3a  movsd xmm3, qword [rsp]
  3f  ucomisd xmm1, xmm0
  43  jnz $+0x2
  45  jnp $+0x3
  47  movaps xmm3, xmm2
  4a  movaps xmm0, xmm3
  4d  add rsp, 0x38
  51  ret
;; Checked func[0], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov rax, qword [rsp]
  24  mov rcx, qword [rsp + 0x8]
  29  mov rdx, qword [rsp]
  2d  cmp rax, qword [rsp + 0x8]
  32  cmovle rdx, rcx
  36  mov rax, rdx
  39  add rsp, 0x38
  3d  ret
;; Checked func[1], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  movlps qword [rsp], xmm0
  1b  movlps qword [rsp + 0x8], xmm1
  20  mov r11, 0x3ff0000000000000
  2a  movq xmm0, r11
  2f  movsd xmm1, qword [rsp]
  34  movsd xmm2, qword [rsp + 0x8]
  3a  movsd xmm3, qword [rsp]
  3f  ucomisd xmm1, xmm0
  43  jnz $+0x2
  45  jnp $+0x3
  47  movaps xmm3, xmm2
  4a  movaps xmm0, xmm3
  4d  add rsp, 0x38
  51  ret
