;; Guarded func[0], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp], rax
   8  mov qword [rsp + 0x8], rcx
   d  mov eax, dword [rsp]
  10  mov ecx, dword [rsp + 0x8]
  14  mov edx, dword [rsp]
  17  cmp eax, dword [rsp + 0x8]
  1b  cmovle rdx, rcx
  1f  mov rax, rdx
  22  add rsp, 0x38
  26  ret
;; Guarded func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  mov rax, qword [rsp]
   c  test rax, rax
   f  jge $+0xa
  15  mov eax, -0x1
  1a  jmp $+0xd
  1f  mov rax, qword [rsp]
  23  test rax, rax
  26  setnz al
  29  movzx eax, al
  2c  add rsp, 0x18
  30  ret
;; Guarded func[2], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  mov eax, dword [rsp]
   b  test eax, eax
   d  jnz $+0xa
  13  mov eax, 0x1
  18  add rsp, 0x18
  1c  ret
  1d  mov eax, 0x0
  22  add rsp, 0x18
  26  ret
;; Guarded func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  mov r11, -0x4010000000000000
  12  movq xmm0, r11
  17  movsd xmm15, qword [rsp]
  1d  ucomisd xmm15, xmm0
  22  setae al
  25  movzx eax, al
  28  mov r11, 0x3ff0000000000000
  32  movq xmm0, r11
  37  movsd xmm1, qword [rsp]
  3c  ucomisd xmm0, xmm1
  40  setae cl
  43  movzx ecx, cl
  46  and eax, ecx
  48  add rsp, 0x28
  4c  ret
;; Guarded func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  movss xmm0, dword [rsp]
  12  ucomiss xmm0, dword [rsp + 0x8]
  17  jnz $+0x10
  1d  jp $+0xa
  23  mov eax, 0x7
  28  jmp $+0x5
  2d  mov eax, 0x9
  32  add rsp, 0x28
  36  ret
;; Guarded func[5], frame of 56 bytes
   0  sub rsp, 0x38
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  mov qword [rsp + 0x10], rax
  12  mov eax, dword [rsp + 0x10]
  16  movsd xmm0, qword [rsp + 0x8]
  1c  movsd xmm1, qword [rsp]
  21  test eax, eax
  23  jnz $+0x3
  25  movaps xmm1, xmm0
  28  movaps xmm0, xmm1
  2b  add rsp, 0x38
  2f  ret
;; Checked func[0], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp], rax
   8  mov qword [rsp + 0x8], rcx
   d  mov eax, dword [rsp]
  10  mov ecx, dword [rsp + 0x8]
  14  mov edx, dword [rsp]
  17  cmp eax, dword [rsp + 0x8]
  1b  cmovle rdx, rcx
  1f  mov rax, rdx
  22  add rsp, 0x38
  26  ret
;; Checked func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  mov rax, qword [rsp]
   c  test rax, rax
   f  jge $+0xa
  15  mov eax, -0x1
  1a  jmp $+0xd
  1f  mov rax, qword [rsp]
  23  test rax, rax
  26  setnz al
  29  movzx eax, al
  2c  add rsp, 0x18
  30  ret
;; Checked func[2], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  mov eax, dword [rsp]
   b  test eax, eax
   d  jnz $+0xa
  13  mov eax, 0x1
  18  add rsp, 0x18
  1c  ret
  1d  mov eax, 0x0
  22  add rsp, 0x18
  26  ret
;; Checked func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  mov r11, -0x4010000000000000
  12  movq xmm0, r11
  17  movsd xmm15, qword [rsp]
  1d  ucomisd xmm15, xmm0
  22  setae al
  25  movzx eax, al
  28  mov r11, 0x3ff0000000000000
  32  movq xmm0, r11
  37  movsd xmm1, qword [rsp]
  3c  ucomisd xmm0, xmm1
  40  setae cl
  43  movzx ecx, cl
  46  and eax, ecx
  48  add rsp, 0x28
  4c  ret
;; Checked func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  movss xmm0, dword [rsp]
  12  ucomiss xmm0, dword [rsp + 0x8]
  17  jnz $+0x10
  1d  jp $+0xa
  23  mov eax, 0x7
  28  jmp $+0x5
  2d  mov eax, 0x9
  32  add rsp, 0x28
  36  ret
;; Checked func[5], frame of 56 bytes
   0  sub rsp, 0x38
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  mov qword [rsp + 0x10], rax
  12  mov eax, dword [rsp + 0x10]
  16  movsd xmm0, qword [rsp + 0x8]
  1c  movsd xmm1, qword [rsp]
  21  test eax, eax
  23  jnz $+0x3
  25  movaps xmm1, xmm0
  28  movaps xmm0, xmm1
  2b  add rsp, 0x38
  2f  ret
