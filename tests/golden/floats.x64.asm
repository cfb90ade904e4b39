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
   8  movss xmm1, dword [rip + 0x20]
  10  mulss xmm1, xmm0
  14  addss xmm1, dword [rip + 0x1c]
  1c  mulss xmm1, xmm0
  20  xorps xmm2, xmm2
  23  addss xmm1, xmm2
  27  movaps xmm0, xmm1
  2a  add rsp, 0x18
  2e  ret
  2f  nop
  30  add byte [rax], al
  32  and byte [rax], al
  35  add byte [rax], al
  37  add byte [rax], al
  39  add byte [rax + 0xbf], al
  3f  .byte 0x00
;; Guarded func[2], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp], rax
   8  movlps qword [rsp + 0x8], xmm0
   d  xorps xmm1, xmm1
  10  cvtsi2sd xmm1, rax
  15  divsd xmm1, xmm0
  19  cvttsd2si rcx, xmm1
  1e  cmp rcx, 0x1
  22  jo $+0x8
  28  mov rax, rcx
  2b  add rsp, 0x28
  2f  ret
  30  xorps xmm15, xmm15
  34  ucomisd xmm1, xmm15
  39  jnp $+0xa
  3b  mov ecx, 0x0
  40  jmp $-0x1d
  45  jna $-0x23
  4b  mov rcx, 0x7fffffffffffffff
  55  jmp $-0x32
;; Guarded func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  ucomisd xmm0, xmm1
  11  jnz $+0xd
  13  jp $+0x5
  15  orps xmm0, xmm1
  18  jmp $+0xa
  1a  addsd xmm0, xmm1
  1e  jmp $+0x4
  20  minsd xmm0, xmm1
  24  add rsp, 0x28
  28  ret
;; Guarded func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  pcmpeqd xmm15, xmm15
  12  psllq xmm15, 0x3f
  18  movaps xmm2, xmm1
  1b  xorps xmm2, xmm15
  1f  movaps xmm15, xmm2
  23  psrlq xmm15, 0x3f
  29  psllq xmm15, 0x3f
  2f  movaps xmm2, xmm0
  32  psllq xmm2, 0x1
  37  psrlq xmm2, 0x1
  3c  orps xmm2, xmm15
  40  movaps xmm0, xmm2
  43  add rsp, 0x28
  47  ret
;; Guarded func[5], frame of 24 bytes
   0  sub rsp, 0x18
   4  movlps qword [rsp], xmm0
   8  cvttss2si rax, xmm0
   d  mov r11d, eax
  10  cmp r11, rax
  13  jnz $+0x5
  19  add rsp, 0x18
  1d  ret
  1e  ucomiss xmm0, xmm0
  21  jp $+0x5
  27  jmp $+0x6
  2c  push 0x4
  2e  call qword [r15 - 0x78]
  32  push 0x3
  34  call qword [r15 - 0x78]
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
   8  movss xmm1, dword [rip + 0x20]
  10  mulss xmm1, xmm0
  14  addss xmm1, dword [rip + 0x1c]
  1c  mulss xmm1, xmm0
  20  xorps xmm2, xmm2
  23  addss xmm1, xmm2
  27  movaps xmm0, xmm1
  2a  add rsp, 0x18
  2e  ret
  2f  nop
  30  add byte [rax], al
  32  and byte [rax], al
  35  add byte [rax], al
  37  add byte [rax], al
  39  add byte [rax + 0xbf], al
  3f  .byte 0x00
;; Checked func[2], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp], rax
   8  movlps qword [rsp + 0x8], xmm0
   d  xorps xmm1, xmm1
  10  cvtsi2sd xmm1, rax
  15  divsd xmm1, xmm0
  19  cvttsd2si rcx, xmm1
  1e  cmp rcx, 0x1
  22  jo $+0x8
  28  mov rax, rcx
  2b  add rsp, 0x28
  2f  ret
  30  xorps xmm15, xmm15
  34  ucomisd xmm1, xmm15
  39  jnp $+0xa
  3b  mov ecx, 0x0
  40  jmp $-0x1d
  45  jna $-0x23
  4b  mov rcx, 0x7fffffffffffffff
  55  jmp $-0x32
;; Checked func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  ucomisd xmm0, xmm1
  11  jnz $+0xd
  13  jp $+0x5
  15  orps xmm0, xmm1
  18  jmp $+0xa
  1a  addsd xmm0, xmm1
  1e  jmp $+0x4
  20  minsd xmm0, xmm1
  24  add rsp, 0x28
  28  ret
;; Checked func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  pcmpeqd xmm15, xmm15
  12  psllq xmm15, 0x3f
  18  movaps xmm2, xmm1
  1b  xorps xmm2, xmm15
  1f  movaps xmm15, xmm2
  23  psrlq xmm15, 0x3f
  29  psllq xmm15, 0x3f
  2f  movaps xmm2, xmm0
  32  psllq xmm2, 0x1
  37  psrlq xmm2, 0x1
  3c  orps xmm2, xmm15
  40  movaps xmm0, xmm2
  43  add rsp, 0x28
  47  ret
;; Checked func[5], frame of 24 bytes
   0  sub rsp, 0x18
   4  movlps qword [rsp], xmm0
   8  cvttss2si rax, xmm0
   d  mov r11d, eax
  10  cmp r11, rax
  13  jnz $+0x5
  19  add rsp, 0x18
  1d  ret
  1e  ucomiss xmm0, xmm0
  21  jp $+0x5
  27  jmp $+0x6
  2c  push 0x4
  2e  call qword [r15 - 0x78]
  32  push 0x3
  34  call qword [r15 - 0x78]
;; Compact func[0], frame of 56 bytes
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
;; Compact func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  movlps qword [rsp], xmm0
   8  movss xmm1, dword [rip + 0x20]
  10  mulss xmm1, xmm0
  14  addss xmm1, dword [rip + 0x1c]
  1c  mulss xmm1, xmm0
  20  xorps xmm2, xmm2
  23  addss xmm1, xmm2
  27  movaps xmm0, xmm1
  2a  add rsp, 0x18
  2e  ret
  2f  nop
  30  add byte [rax], al
  32  and byte [rax], al
  35  add byte [rax], al
  37  add byte [rax], al
  39  add byte [rax + 0xbf], al
  3f  .byte 0x00
;; Compact func[2], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp], rax
   8  movlps qword [rsp + 0x8], xmm0
   d  xorps xmm1, xmm1
  10  cvtsi2sd xmm1, rax
  15  divsd xmm1, xmm0
  19  cvttsd2si rcx, xmm1
  1e  cmp rcx, 0x1
  22  jo $+0x8
  28  mov rax, rcx
  2b  add rsp, 0x28
  2f  ret
  30  xorps xmm15, xmm15
  34  ucomisd xmm1, xmm15
  39  jnp $+0xa
  3b  mov ecx, 0x0
  40  jmp $-0x1d
  45  jna $-0x23
  4b  mov rcx, 0x7fffffffffffffff
  55  jmp $-0x32
;; Compact func[3], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  ucomisd xmm0, xmm1
  11  jnz $+0xd
  13  jp $+0x5
  15  orps xmm0, xmm1
  18  jmp $+0xa
  1a  addsd xmm0, xmm1
  1e  jmp $+0x4
  20  minsd xmm0, xmm1
  24  add rsp, 0x28
  28  ret
;; Compact func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  movlps qword [rsp], xmm0
   8  movlps qword [rsp + 0x8], xmm1
   d  pcmpeqd xmm15, xmm15
  12  psllq xmm15, 0x3f
  18  movaps xmm2, xmm1
  1b  xorps xmm2, xmm15
  1f  movaps xmm15, xmm2
  23  psrlq xmm15, 0x3f
  29  psllq xmm15, 0x3f
  2f  movaps xmm2, xmm0
  32  psllq xmm2, 0x1
  37  psrlq xmm2, 0x1
  3c  orps xmm2, xmm15
  40  movaps xmm0, xmm2
  43  add rsp, 0x28
  47  ret
;; Compact func[5], frame of 24 bytes
   0  sub rsp, 0x18
   4  movlps qword [rsp], xmm0
   8  cvttss2si rax, xmm0
   d  mov r11d, eax
  10  cmp r11, rax
  13  jnz $+0x5
  19  add rsp, 0x18
  1d  ret
  1e  ucomiss xmm0, xmm0
  21  jp $+0x5
  27  jmp $+0x6
  2c  push 0x4
  2e  call qword [r15 - 0x78]
  32  push 0x3
  34  call qword [r15 - 0x78]
