;; Guarded func[0], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp], rax
   8  mov qword [rsp + 0x8], rcx
   d  mov edx, dword [rsp + 0x8]
  11  mov edi, dword [rsp]
  14  cmp eax, ecx
  16  cmovle rdi, rdx
  1a  mov rax, rdi
  1d  add rsp, 0x38
  21  ret
;; Guarded func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  test rax, rax
   b  jge $+0xa
  11  mov eax, -0x1
  16  jmp $+0xd
  1b  mov rax, qword [rsp]
  1f  test rax, rax
  22  setnz al
  25  movzx eax, al
  28  add rsp, 0x18
  2c  ret
;; Guarded func[2], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  test eax, eax
   a  jnz $+0xa
  10  mov eax, 0x1
  15  add rsp, 0x18
  19  ret
  1a  mov eax, 0x0
  1f  add rsp, 0x18
  23  ret
;; Guarded func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movsd xmm1, qword [rip + 0x30]
  10  ucomisd xmm0, xmm1
  14  setae al
  17  movzx eax, al
  1a  movsd xmm15, qword [rip + 0x15]
  23  ucomisd xmm15, xmm0
  28  setae cl
  2b  movzx ecx, cl
  2e  and eax, ecx
  30  add rsp, 0x28
  34  ret
  35  nop dword [rax]
  38  add byte [rax], al
  3a  add byte [rax], al
  3c  add byte [rax], al
  3e  .byte 0xf0
  3f  .byte 0x3f
  40  add byte [rax], al
  42  add byte [rax], al
  44  add byte [rax], al
  46  .byte 0xf0
  47  .byte 0xbf
;; Guarded func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  ucomiss xmm0, xmm1
  10  jnz $+0x10
  16  jp $+0xa
  1c  mov eax, 0x7
  21  jmp $+0x5
  26  mov eax, 0x9
  2b  add rsp, 0x28
  2f  ret
;; Guarded func[5], frame of 56 bytes
   0  sub rsp, 0x38
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  mov qword [rsp + 0x10], rax
  12  test eax, eax
  14  movaps xmm2, xmm0
  17  jnz $+0x3
  19  movaps xmm2, xmm1
  1c  movaps xmm0, xmm2
  1f  add rsp, 0x38
  23  ret
;; Checked func[0], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp], rax
   8  mov qword [rsp + 0x8], rcx
   d  mov edx, dword [rsp + 0x8]
  11  mov edi, dword [rsp]
  14  cmp eax, ecx
  16  cmovle rdi, rdx
  1a  mov rax, rdi
  1d  add rsp, 0x38
  21  ret
;; Checked func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  test rax, rax
   b  jge $+0xa
  11  mov eax, -0x1
  16  jmp $+0xd
  1b  mov rax, qword [rsp]
  1f  test rax, rax
  22  setnz al
  25  movzx eax, al
  28  add rsp, 0x18
  2c  ret
;; Checked func[2], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  test eax, eax
   a  jnz $+0xa
  10  mov eax, 0x1
  15  add rsp, 0x18
  19  ret
  1a  mov eax, 0x0
  1f  add rsp, 0x18
  23  ret
;; Checked func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movsd xmm1, qword [rip + 0x30]
  10  ucomisd xmm0, xmm1
  14  setae al
  17  movzx eax, al
  1a  movsd xmm15, qword [rip + 0x15]
  23  ucomisd xmm15, xmm0
  28  setae cl
  2b  movzx ecx, cl
  2e  and eax, ecx
  30  add rsp, 0x28
  34  ret
  35  nop dword [rax]
  38  add byte [rax], al
  3a  add byte [rax], al
  3c  add byte [rax], al
  3e  .byte 0xf0
  3f  .byte 0x3f
  40  add byte [rax], al
  42  add byte [rax], al
  44  add byte [rax], al
  46  .byte 0xf0
  47  .byte 0xbf
;; Checked func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  ucomiss xmm0, xmm1
  10  jnz $+0x10
  16  jp $+0xa
  1c  mov eax, 0x7
  21  jmp $+0x5
  26  mov eax, 0x9
  2b  add rsp, 0x28
  2f  ret
;; Checked func[5], frame of 56 bytes
   0  sub rsp, 0x38
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  mov qword [rsp + 0x10], rax
  12  test eax, eax
  14  movaps xmm2, xmm0
  17  jnz $+0x3
  19  movaps xmm2, xmm1
  1c  movaps xmm0, xmm2
  1f  add rsp, 0x38
  23  ret
;; Compact func[0], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp], rax
   8  mov qword [rsp + 0x8], rcx
   d  mov edx, dword [rsp + 0x8]
  11  mov edi, dword [rsp]
  14  cmp eax, ecx
  16  cmovle rdi, rdx
  1a  mov rax, rdi
  1d  add rsp, 0x38
  21  ret
;; Compact func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  test rax, rax
   b  jge $+0xa
  11  mov eax, -0x1
  16  jmp $+0xd
  1b  mov rax, qword [rsp]
  1f  test rax, rax
  22  setnz al
  25  movzx eax, al
  28  add rsp, 0x18
  2c  ret
;; Compact func[2], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  test eax, eax
   a  jnz $+0xa
  10  mov eax, 0x1
  15  add rsp, 0x18
  19  ret
  1a  mov eax, 0x0
  1f  add rsp, 0x18
  23  ret
;; Compact func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movsd xmm1, qword [rip + 0x30]
  10  ucomisd xmm0, xmm1
  14  setae al
  17  movzx eax, al
  1a  movsd xmm15, qword [rip + 0x15]
  23  ucomisd xmm15, xmm0
  28  setae cl
  2b  movzx ecx, cl
  2e  and eax, ecx
  30  add rsp, 0x28
  34  ret
  35  nop dword [rax]
  38  add byte [rax], al
  3a  add byte [rax], al
  3c  add byte [rax], al
  3e  .byte 0xf0
  3f  .byte 0x3f
  40  add byte [rax], al
  42  add byte [rax], al
  44  add byte [rax], al
  46  .byte 0xf0
  47  .byte 0xbf
;; Compact func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  ucomiss xmm0, xmm1
  10  jnz $+0x10
  16  jp $+0xa
  1c  mov eax, 0x7
  21  jmp $+0x5
  26  mov eax, 0x9
  2b  add rsp, 0x28
  2f  ret
;; Compact func[5], frame of 56 bytes
   0  sub rsp, 0x38
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  mov qword [rsp + 0x10], rax
  12  test eax, eax
  14  movaps xmm2, xmm0
  17  jnz $+0x3
  19  movaps xmm2, xmm1
  1c  movaps xmm0, xmm2
  1f  add rsp, 0x38
  23  ret
