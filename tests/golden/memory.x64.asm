;; Guarded func[0], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp + 0x10], rbx
   9  mov qword [rsp + 0x18], rbp
   e  mov qword [rsp + 0x20], r12
  13  mov ebx, ecx
  15  mov ebp, eax
  17  mov r12d, edx
  1a  nop word [rax + rax * 1]
  20  movzx eax, byte [r14 + rbp * 1]
  25  mov byte [r14 + rbx * 1], al
  29  add ebp, 0x1
  2c  add ebx, 0x1
  2f  add r12d, -0x1
  33  test r12d, r12d
  36  jnz $-0x18
  38  mov rbx, qword [rsp + 0x10]
  3d  mov rbp, qword [rsp + 0x18]
  42  mov r12, qword [rsp + 0x20]
  47  add rsp, 0x28
  4b  ret
;; Guarded func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp + 0x10], rbx
   9  mov ebx, eax
   b  mov qword [r14 + rbx * 1 + 0x8], 0x5
  14  movsd xmm0, qword [r14 + rbx * 1 + 0x18]
  1b  movsd qword [r14 + rbx * 1 + 0x10], xmm0
  22  movsxd rax, dword [r14 + rbx * 1]
  26  mov rcx, qword [r14 + rbx * 1 + 0x28]
  2b  add rax, rcx
  2e  mov rbx, qword [rsp + 0x10]
  33  add rsp, 0x18
  37  ret
;; Guarded func[2], frame of 8 bytes
   0  sub rsp, 0x8
   4  mov eax, dword [r14 + 0x404]
   b  add rsp, 0x8
   f  ret
;; Guarded func[3], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  mov r11d, -0x7ffffffc
   e  add r11, rax
  11  cmp r11, qword [r15 - 0x38]
  15  ja $+0x15
  1b  mov r11d, -0x80000000
  21  add r11, rax
  24  mov ecx, dword [r14 + r11 * 1]
  28  mov rax, rcx
  2b  add rsp, 0x18
  2f  ret
  30  push 0x5
  32  call qword [r15 - 0x78]
;; Guarded func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp], rax
   8  mov qword [rsp + 0x8], rcx
   d  shl ecx, 0x2
  10  add ecx, eax
  12  mov ecx, dword [r14 + rcx * 1]
  16  mov rax, rcx
  19  add rsp, 0x28
  1d  ret
;; Guarded func[5], frame of 56 bytes
   0  cmp rsp, qword [r15 - 0x80]
   4  jb $+0x29
   a  sub rsp, 0x38
   e  mov qword [rsp + 0x20], rax
  13  mov qword [rsp], rax
  17  mov rax, qword [r15 - 0x60]
  1b  mov r11d, 0x0
  21  call qword [rax]
  23  mov rax, qword [r15 - 0x38]
  27  shr rax, 0x10
  2b  add eax, -0x1
  2e  add rsp, 0x38
  32  ret
  33  push 0xa
  35  call qword [r15 - 0x78]
;; Checked func[0], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp + 0x10], rbx
   9  mov qword [rsp + 0x18], rbp
   e  mov qword [rsp + 0x20], r12
  13  mov ebx, ecx
  15  mov ebp, eax
  17  mov r12d, edx
  1a  nop word [rax + rax * 1]
  20  lea r11, qword [rbp + 0x1]
  24  cmp r11, qword [r15 - 0x38]
  28  ja $+0x3a
  2e  movzx eax, byte [r14 + rbp * 1]
  33  lea r11, qword [rbx + 0x1]
  37  cmp r11, qword [r15 - 0x38]
  3b  ja $+0x2d
  41  mov byte [r14 + rbx * 1], al
  45  add ebp, 0x1
  48  add ebx, 0x1
  4b  add r12d, -0x1
  4f  test r12d, r12d
  52  jnz $-0x34
  54  mov rbx, qword [rsp + 0x10]
  59  mov rbp, qword [rsp + 0x18]
  5e  mov r12, qword [rsp + 0x20]
  63  add rsp, 0x28
  67  ret
  68  push 0x5
  6a  call qword [r15 - 0x78]
  6e  push 0x5
  70  call qword [r15 - 0x78]
;; Checked func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp + 0x10], rbx
   9  mov ebx, eax
   b  lea r11, qword [rbx + 0x10]
   f  cmp r11, qword [r15 - 0x38]
  13  ja $+0x65
  19  mov qword [r14 + rbx * 1 + 0x8], 0x5
  22  lea r11, qword [rbx + 0x20]
  26  cmp r11, qword [r15 - 0x38]
  2a  ja $+0x54
  30  movsd xmm0, qword [r14 + rbx * 1 + 0x18]
  37  lea r11, qword [rbx + 0x18]
  3b  cmp r11, qword [r15 - 0x38]
  3f  ja $+0x45
  45  movsd qword [r14 + rbx * 1 + 0x10], xmm0
  4c  lea r11, qword [rbx + 0x4]
  50  cmp r11, qword [r15 - 0x38]
  54  ja $+0x36
  5a  movsxd rax, dword [r14 + rbx * 1]
  5e  lea r11, qword [rbx + 0x30]
  62  cmp r11, qword [r15 - 0x38]
  66  ja $+0x2a
  6c  mov rcx, qword [r14 + rbx * 1 + 0x28]
  71  add rax, rcx
  74  mov rbx, qword [rsp + 0x10]
  79  add rsp, 0x18
  7d  ret
  7e  push 0x5
  80  call qword [r15 - 0x78]
  84  push 0x5
  86  call qword [r15 - 0x78]
  8a  push 0x5
  8c  call qword [r15 - 0x78]
  90  push 0x5
  92  call qword [r15 - 0x78]
  96  push 0x5
  98  call qword [r15 - 0x78]
;; Checked func[2], frame of 8 bytes
   0  sub rsp, 0x8
   4  mov r11d, 0x408
   a  cmp r11, qword [r15 - 0x38]
   e  ja $+0xc
  14  mov eax, dword [r14 + 0x404]
  1b  add rsp, 0x8
  1f  ret
  20  push 0x5
  22  call qword [r15 - 0x78]
;; Checked func[3], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  mov r11d, -0x7ffffffc
   e  add r11, rax
  11  cmp r11, qword [r15 - 0x38]
  15  ja $+0x15
  1b  mov r11d, -0x80000000
  21  add r11, rax
  24  mov ecx, dword [r14 + r11 * 1]
  28  mov rax, rcx
  2b  add rsp, 0x18
  2f  ret
  30  push 0x5
  32  call qword [r15 - 0x78]
;; Checked func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp], rax
   8  mov qword [rsp + 0x8], rcx
   d  shl ecx, 0x2
  10  add ecx, eax
  12  lea r11, qword [rcx + 0x4]
  16  cmp r11, qword [r15 - 0x38]
  1a  ja $+0xc
  20  mov ecx, dword [r14 + rcx * 1]
  24  mov rax, rcx
  27  add rsp, 0x28
  2b  ret
  2c  push 0x5
  2e  call qword [r15 - 0x78]
;; Checked func[5], frame of 56 bytes
   0  cmp rsp, qword [r15 - 0x80]
   4  jb $+0x29
   a  sub rsp, 0x38
   e  mov qword [rsp + 0x20], rax
  13  mov qword [rsp], rax
  17  mov rax, qword [r15 - 0x60]
  1b  mov r11d, 0x0
  21  call qword [rax]
  23  mov rax, qword [r15 - 0x38]
  27  shr rax, 0x10
  2b  add eax, -0x1
  2e  add rsp, 0x38
  32  ret
  33  push 0xa
  35  call qword [r15 - 0x78]
;; Compact func[0], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp + 0x10], rbx
   9  mov qword [rsp + 0x18], rbp
   e  mov qword [rsp + 0x20], r12
  13  mov ebx, ecx
  15  mov ebp, eax
  17  mov r12d, edx
  1a  nop word [rax + rax * 1]
  20  lea r11, qword [rbp + 0x1]
  24  cmp r11, qword [r15 - 0x38]
  28  ja $+0x3a
  2e  movzx eax, byte [r14 + rbp * 1]
  33  lea r11, qword [rbx + 0x1]
  37  cmp r11, qword [r15 - 0x38]
  3b  ja $+0x2d
  41  mov byte [r14 + rbx * 1], al
  45  add ebp, 0x1
  48  add ebx, 0x1
  4b  add r12d, -0x1
  4f  test r12d, r12d
  52  jnz $-0x34
  54  mov rbx, qword [rsp + 0x10]
  59  mov rbp, qword [rsp + 0x18]
  5e  mov r12, qword [rsp + 0x20]
  63  add rsp, 0x28
  67  ret
  68  push 0x5
  6a  call qword [r15 - 0x78]
  6e  push 0x5
  70  call qword [r15 - 0x78]
;; Compact func[1], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp + 0x10], rbx
   9  mov ebx, eax
   b  lea r11, qword [rbx + 0x10]
   f  cmp r11, qword [r15 - 0x38]
  13  ja $+0x65
  19  mov qword [r14 + rbx * 1 + 0x8], 0x5
  22  lea r11, qword [rbx + 0x20]
  26  cmp r11, qword [r15 - 0x38]
  2a  ja $+0x54
  30  movsd xmm0, qword [r14 + rbx * 1 + 0x18]
  37  lea r11, qword [rbx + 0x18]
  3b  cmp r11, qword [r15 - 0x38]
  3f  ja $+0x45
  45  movsd qword [r14 + rbx * 1 + 0x10], xmm0
  4c  lea r11, qword [rbx + 0x4]
  50  cmp r11, qword [r15 - 0x38]
  54  ja $+0x36
  5a  movsxd rax, dword [r14 + rbx * 1]
  5e  lea r11, qword [rbx + 0x30]
  62  cmp r11, qword [r15 - 0x38]
  66  ja $+0x2a
  6c  mov rcx, qword [r14 + rbx * 1 + 0x28]
  71  add rax, rcx
  74  mov rbx, qword [rsp + 0x10]
  79  add rsp, 0x18
  7d  ret
  7e  push 0x5
  80  call qword [r15 - 0x78]
  84  push 0x5
  86  call qword [r15 - 0x78]
  8a  push 0x5
  8c  call qword [r15 - 0x78]
  90  push 0x5
  92  call qword [r15 - 0x78]
  96  push 0x5
  98  call qword [r15 - 0x78]
;; Compact func[2], frame of 8 bytes
   0  sub rsp, 0x8
   4  mov r11d, 0x408
   a  cmp r11, qword [r15 - 0x38]
   e  ja $+0xc
  14  mov eax, dword [r14 + 0x404]
  1b  add rsp, 0x8
  1f  ret
  20  push 0x5
  22  call qword [r15 - 0x78]
;; Compact func[3], frame of 24 bytes
   0  sub rsp, 0x18
   4  mov qword [rsp], rax
   8  mov r11d, -0x7ffffffc
   e  add r11, rax
  11  cmp r11, qword [r15 - 0x38]
  15  ja $+0x15
  1b  mov r11d, -0x80000000
  21  add r11, rax
  24  mov ecx, dword [r14 + r11 * 1]
  28  mov rax, rcx
  2b  add rsp, 0x18
  2f  ret
  30  push 0x5
  32  call qword [r15 - 0x78]
;; Compact func[4], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp], rax
   8  mov qword [rsp + 0x8], rcx
   d  shl ecx, 0x2
  10  add ecx, eax
  12  lea r11, qword [rcx + 0x4]
  16  cmp r11, qword [r15 - 0x38]
  1a  ja $+0xc
  20  mov ecx, dword [r14 + rcx * 1]
  24  mov rax, rcx
  27  add rsp, 0x28
  2b  ret
  2c  push 0x5
  2e  call qword [r15 - 0x78]
;; Compact func[5], frame of 56 bytes
   0  cmp rsp, qword [r15 - 0x80]
   4  jb $+0x29
   a  sub rsp, 0x38
   e  mov qword [rsp + 0x20], rax
  13  mov qword [rsp], rax
  17  mov rax, qword [r15 - 0x60]
  1b  mov r11d, 0x0
  21  call qword [rax]
  23  mov rax, qword [r15 - 0x38]
  27  shr rax, 0x10
  2b  add eax, -0x1
  2e  add rsp, 0x38
  32  ret
  33  push 0xa
  35  call qword [r15 - 0x78]
