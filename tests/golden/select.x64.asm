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
  20  movsd xmm2, qword [rsp]
  25  ucomisd xmm0, qword [rip + 0x13]
  2d  movaps xmm3, xmm2
  30  jnz $+0x2
  32  jnp $+0x3
  34  movaps xmm3, xmm1
  37  movaps xmm0, xmm3
  3a  add rsp, 0x38
  3e  ret
  3f  nop
  40  add byte [rax], al
  42  add byte [rax], al
  44  add byte [rax], al
  46  .byte 0xf0
  47  .byte 0x3f
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
  20  movsd xmm2, qword [rsp]
  25  ucomisd xmm0, qword [rip + 0x13]
  2d  movaps xmm3, xmm2
  30  jnz $+0x2
  32  jnp $+0x3
  34  movaps xmm3, xmm1
  37  movaps xmm0, xmm3
  3a  add rsp, 0x38
  3e  ret
  3f  nop
  40  add byte [rax], al
  42  add byte [rax], al
  44  add byte [rax], al
  46  .byte 0xf0
  47  .byte 0x3f
;; Compact func[0], frame of 56 bytes
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
;; Compact func[1], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  movlps qword [rsp], xmm0
  1b  movlps qword [rsp + 0x8], xmm1
  20  movsd xmm2, qword [rsp]
  25  ucomisd xmm0, qword [rip + 0x13]
  2d  movaps xmm3, xmm2
  30  jnz $+0x2
  32  jnp $+0x3
  34  movaps xmm3, xmm1
  37  movaps xmm0, xmm3
  3a  add rsp, 0x38
  3e  ret
  3f  nop
  40  add byte [rax], al
  42  add byte [rax], al
  44  add byte [rax], al
  46  .byte 0xf0
  47  .byte 0x3f
