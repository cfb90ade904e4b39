;; Guarded func[0], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov rdx, qword [rsp + 0x8]
  25  mov rdi, qword [rsp]
  29  cmp rax, rcx
  2c  cmovle rdi, rdx
  30  mov rax, rdi
  33  add rsp, 0x38
  37  ret
;; Guarded func[1], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  movlps qword [rsp], xmm0
  1b  movlps qword [rsp + 0x8], xmm1
  20  mov r11, 0x3ff0000000000000
  2a  movq xmm2, r11
  2f  movsd xmm3, qword [rsp]
  34  ucomisd xmm0, xmm2
  38  movaps xmm4, xmm3
  3b  jnz $+0x2
  3d  jnp $+0x3
  3f  movaps xmm4, xmm1
  42  movaps xmm0, xmm4
  45  add rsp, 0x38
  49  ret
;; Checked func[0], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov rdx, qword [rsp + 0x8]
  25  mov rdi, qword [rsp]
  29  cmp rax, rcx
  2c  cmovle rdi, rdx
  30  mov rax, rdi
  33  add rsp, 0x38
  37  ret
;; Checked func[1], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  movlps qword [rsp], xmm0
  1b  movlps qword [rsp + 0x8], xmm1
  20  mov r11, 0x3ff0000000000000
  2a  movq xmm2, r11
  2f  movsd xmm3, qword [rsp]
  34  ucomisd xmm0, xmm2
  38  movaps xmm4, xmm3
  3b  jnz $+0x2
  3d  jnp $+0x3
  3f  movaps xmm4, xmm1
  42  movaps xmm0, xmm4
  45  add rsp, 0x38
  49  ret
