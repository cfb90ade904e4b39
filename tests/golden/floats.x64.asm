;; Guarded func[0], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp + 0x18], rbx
   9  mov qword [rsp + 0x20], rbp
   e  movlps qword [rsp + 0x28], xmm6
  13  mov ebx, eax
  15  mov ebp, ecx
  17  xorps xmm6, xmm6
  1a  nop word [rax + rax * 1]
  20  movsd xmm0, qword [r14 + rbx * 1]
  26  movsd xmm1, qword [r14 + rbx * 1 + 0x320]
  30  mulsd xmm0, xmm1
  34  addsd xmm6, xmm0
  38  add ebx, 0x8
  3b  add ebp, -0x1
  3e  test ebp, ebp
  40  jnz $-0x22
  42  movaps xmm0, xmm6
  45  mov rbx, qword [rsp + 0x18]
  4a  mov rbp, qword [rsp + 0x20]
  4f  movsd xmm6, qword [rsp + 0x28]
  55  add rsp, 0x38
  59  ret
;; Guarded func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  movlps qword [rsp], xmm0
   8  mov r11d, 0x40200000
   e  movq xmm0, r11
  13  mulss xmm0, dword [rsp]
  18  mov r11d, -0x40800000
  1e  movq xmm1, r11
  23  addss xmm0, xmm1
  27  mulss xmm0, dword [rsp]
  2c  xorps xmm1, xmm1
  2f  addss xmm0, xmm1
  33  add rsp, 0x18
  37  ret
;; Guarded func[2], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp], rax
   8  movlps qword [rsp + 0x8], xmm0
   d  mov eax, dword [rsp]
  10  xorps xmm0, xmm0
  13  cvtsi2sd xmm0, rax
  18  divsd xmm0, qword [rsp + 0x8]
  1e  cvttsd2si rax, xmm0
  23  cmp rax, 0x1
  27  jo $+0x5
  2d  add rsp, 0x28
  31  ret
  32  xorps xmm15, xmm15
  36  ucomisd xmm0, xmm15
  3b  jnp $+0xa
  3d  mov eax, 0x0
  42  jmp $-0x1a
  47  jna $-0x20
  4d  mov rax, 0x7fffffffffffffff
  57  jmp $-0x2f
;; Guarded func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  movsd xmm0, qword [rsp]
  12  movsd xmm15, qword [rsp + 0x8]
  19  ucomisd xmm0, xmm15
  1e  jnz $+0xf
  20  jp $+0x6
  22  orps xmm0, xmm15
  26  jmp $+0xc
  28  addsd xmm0, xmm15
  2d  jmp $+0x5
  2f  minsd xmm0, xmm15
  34  add rsp, 0x28
  38  ret
;; Guarded func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  movsd xmm0, qword [rsp + 0x8]
  13  pcmpeqd xmm15, xmm15
  18  psllq xmm15, 0x3f
  1e  xorps xmm0, xmm15
  22  movsd xmm1, qword [rsp]
  27  movaps xmm15, xmm0
  2b  psrlq xmm15, 0x3f
  31  psllq xmm15, 0x3f
  37  psllq xmm1, 0x1
  3c  psrlq xmm1, 0x1
  41  orps xmm1, xmm15
  45  movaps xmm0, xmm1
  48  add rsp, 0x28
  4c  ret
;; Guarded func[5], frame of 24 bytes
   0  sub rsp, 0x18
   4  movlps qword [rsp], xmm0
   8  movss xmm0, dword [rsp]
   d  cvttss2si rax, xmm0
  12  mov r11d, eax
  15  cmp r11, rax
  18  jnz $+0x5
  1e  add rsp, 0x18
  22  ret
  23  ucomiss xmm0, xmm0
  26  jp $+0x5
  2c  jmp $+0x6
  31  push 0x4
  33  call qword [r15 - 0x78]
  37  push 0x3
  39  call qword [r15 - 0x78]
;; Checked func[0], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp + 0x18], rbx
   9  mov qword [rsp + 0x20], rbp
   e  movlps qword [rsp + 0x28], xmm6
  13  mov ebx, eax
  15  mov ebp, ecx
  17  xorps xmm6, xmm6
  1a  nop word [rax + rax * 1]
  20  lea r11, qword [rbx + 0x8]
  24  cmp r11, qword [r15 - 0x38]
  28  ja $+0x4b
  2e  movsd xmm0, qword [r14 + rbx * 1]
  34  lea r11, qword [rbx + 0x328]
  3b  cmp r11, qword [r15 - 0x38]
  3f  ja $+0x3a
  45  movsd xmm1, qword [r14 + rbx * 1 + 0x320]
  4f  mulsd xmm0, xmm1
  53  addsd xmm6, xmm0
  57  add ebx, 0x8
  5a  add ebp, -0x1
  5d  test ebp, ebp
  5f  jnz $-0x41
  61  movaps xmm0, xmm6
  64  mov rbx, qword [rsp + 0x18]
  69  mov rbp, qword [rsp + 0x20]
  6e  movsd xmm6, qword [rsp + 0x28]
  74  add rsp, 0x38
  78  ret
  79  push 0x5
  7b  call qword [r15 - 0x78]
  7f  push 0x5
  81  call qword [r15 - 0x78]
;; Checked func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  movlps qword [rsp], xmm0
   8  mov r11d, 0x40200000
   e  movq xmm0, r11
  13  mulss xmm0, dword [rsp]
  18  mov r11d, -0x40800000
  1e  movq xmm1, r11
  23  addss xmm0, xmm1
  27  mulss xmm0, dword [rsp]
  2c  xorps xmm1, xmm1
  2f  addss xmm0, xmm1
  33  add rsp, 0x18
  37  ret
;; Checked func[2], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp], rax
   8  movlps qword [rsp + 0x8], xmm0
   d  mov eax, dword [rsp]
  10  xorps xmm0, xmm0
  13  cvtsi2sd xmm0, rax
  18  divsd xmm0, qword [rsp + 0x8]
  1e  cvttsd2si rax, xmm0
  23  cmp rax, 0x1
  27  jo $+0x5
  2d  add rsp, 0x28
  31  ret
  32  xorps xmm15, xmm15
  36  ucomisd xmm0, xmm15
  3b  jnp $+0xa
  3d  mov eax, 0x0
  42  jmp $-0x1a
  47  jna $-0x20
  4d  mov rax, 0x7fffffffffffffff
  57  jmp $-0x2f
;; Checked func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  movsd xmm0, qword [rsp]
  12  movsd xmm15, qword [rsp + 0x8]
  19  ucomisd xmm0, xmm15
  1e  jnz $+0xf
  20  jp $+0x6
  22  orps xmm0, xmm15
  26  jmp $+0xc
  28  addsd xmm0, xmm15
  2d  jmp $+0x5
  2f  minsd xmm0, xmm15
  34  add rsp, 0x28
  38  ret
;; Checked func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  movsd xmm0, qword [rsp + 0x8]
  13  pcmpeqd xmm15, xmm15
  18  psllq xmm15, 0x3f
  1e  xorps xmm0, xmm15
  22  movsd xmm1, qword [rsp]
  27  movaps xmm15, xmm0
  2b  psrlq xmm15, 0x3f
  31  psllq xmm15, 0x3f
  37  psllq xmm1, 0x1
  3c  psrlq xmm1, 0x1
  41  orps xmm1, xmm15
  45  movaps xmm0, xmm1
  48  add rsp, 0x28
  4c  ret
;; Checked func[5], frame of 24 bytes
   0  sub rsp, 0x18
   4  movlps qword [rsp], xmm0
   8  movss xmm0, dword [rsp]
   d  cvttss2si rax, xmm0
  12  mov r11d, eax
  15  cmp r11, rax
  18  jnz $+0x5
  1e  add rsp, 0x18
  22  ret
  23  ucomiss xmm0, xmm0
  26  jp $+0x5
  2c  jmp $+0x6
  31  push 0x4
  33  call qword [r15 - 0x78]
  37  push 0x3
  39  call qword [r15 - 0x78]
