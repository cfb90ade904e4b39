;; Guarded func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  lea edx, dword [rax + rcx * 1]
  23  mov rax, rdx
  26  add rsp, 0x28
  2a  ret
;; Guarded func[1], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0xe1
  1d  sub rsp, 0x28
  21  mov qword [rsp], rax
  25  xor edx, edx
  27  mov r11d, eax
  2a  cmp r11, qword [r15 + 0x8]
  2e  jnb $+0xd0
  34  cmovnb r11, rdx
  38  mov rcx, qword [r15]
  3b  mov rcx, qword [rcx + r11 * 8]
  3f  xor rcx, qword [r15 + 0x10]
  43  cmp rcx, 0x2
  47  jnb $+0x34
  4d  cmovnb rcx, rdx
  51  mov r11, qword [r15 - 0x58]
  55  shl rcx, 0x4
  59  add r11, rcx
  5c  cmp dword [r11 + 0x8], 0x0
  64  jnz $+0xa0
  6a  mov r11, qword [r11]
  6d  add r11, 0x13
  71  mov rcx, rax
  74  mov eax, 0x3
  79  call r11
  7c  add rsp, 0x28
  80  ret
  81  xor rcx, qword [r15 + 0x10]
  85  mov rdx, rcx
  88  shr rdx, 0x2a
  8c  shl rdx, 0x4
  90  add rdx, qword [r15 - 0x50]
  94  xor rcx, qword [rdx + 0x8]
  98  cmp rcx, 0xfffff
  9f  jnb $+0x28
  a5  and ecx, 0xfffff
  ab  mov rdx, qword [rdx]
  ae  shl ecx, 0x4
  b1  add rcx, qword [rdx + 0x28]
  b5  cmp dword [rcx + 0x8], 0x0
  bc  jnz $+0xb
  c2  mov r14, qword [rcx]
  c5  mov r11, rdx
  c8  jmp $+0x17
  cd  mov rcx, qword [r15]
  d0  mov r11, qword [rcx + r11 * 8]
  d4  mov dword [r15 - 0x68], 0x0
  dc  call qword [r15 - 0x70]
  e0  mov r14, qword [r15 - 0x68]
  e4  mov rcx, rax
  e7  mov eax, 0x3
  ec  mov qword [rsp + 0x20], r15
  f1  call r14
  f4  mov r15, qword [rsp + 0x20]
  f9  jmp $-0x82
  fe  push 0xa
 100  call qword [r15 - 0x78]
 104  push 0x7
 106  call qword [r15 - 0x78]
 10a  push 0x9
 10c  call qword [r15 - 0x78]
;; Checked func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  lea edx, dword [rax + rcx * 1]
  23  mov rax, rdx
  26  add rsp, 0x28
  2a  ret
;; Checked func[1], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0xe1
  1d  sub rsp, 0x28
  21  mov qword [rsp], rax
  25  xor edx, edx
  27  mov r11d, eax
  2a  cmp r11, qword [r15 + 0x8]
  2e  jnb $+0xd0
  34  cmovnb r11, rdx
  38  mov rcx, qword [r15]
  3b  mov rcx, qword [rcx + r11 * 8]
  3f  xor rcx, qword [r15 + 0x10]
  43  cmp rcx, 0x2
  47  jnb $+0x34
  4d  cmovnb rcx, rdx
  51  mov r11, qword [r15 - 0x58]
  55  shl rcx, 0x4
  59  add r11, rcx
  5c  cmp dword [r11 + 0x8], 0x0
  64  jnz $+0xa0
  6a  mov r11, qword [r11]
  6d  add r11, 0x13
  71  mov rcx, rax
  74  mov eax, 0x3
  79  call r11
  7c  add rsp, 0x28
  80  ret
  81  xor rcx, qword [r15 + 0x10]
  85  mov rdx, rcx
  88  shr rdx, 0x2a
  8c  shl rdx, 0x4
  90  add rdx, qword [r15 - 0x50]
  94  xor rcx, qword [rdx + 0x8]
  98  cmp rcx, 0xfffff
  9f  jnb $+0x28
  a5  and ecx, 0xfffff
  ab  mov rdx, qword [rdx]
  ae  shl ecx, 0x4
  b1  add rcx, qword [rdx + 0x28]
  b5  cmp dword [rcx + 0x8], 0x0
  bc  jnz $+0xb
  c2  mov r14, qword [rcx]
  c5  mov r11, rdx
  c8  jmp $+0x17
  cd  mov rcx, qword [r15]
  d0  mov r11, qword [rcx + r11 * 8]
  d4  mov dword [r15 - 0x68], 0x0
  dc  call qword [r15 - 0x70]
  e0  mov r14, qword [r15 - 0x68]
  e4  mov rcx, rax
  e7  mov eax, 0x3
  ec  mov qword [rsp + 0x20], r15
  f1  call r14
  f4  mov r15, qword [rsp + 0x20]
  f9  jmp $-0x82
  fe  push 0xa
 100  call qword [r15 - 0x78]
 104  push 0x7
 106  call qword [r15 - 0x78]
 10a  push 0x9
 10c  call qword [r15 - 0x78]
;; Compact func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  lea edx, dword [rax + rcx * 1]
  23  mov rax, rdx
  26  add rsp, 0x28
  2a  ret
;; Compact func[1], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0xe1
  1d  sub rsp, 0x28
  21  mov qword [rsp], rax
  25  xor edx, edx
  27  mov r11d, eax
  2a  cmp r11, qword [r15 + 0x8]
  2e  jnb $+0xd0
  34  cmovnb r11, rdx
  38  mov rcx, qword [r15]
  3b  mov rcx, qword [rcx + r11 * 8]
  3f  xor rcx, qword [r15 + 0x10]
  43  cmp rcx, 0x2
  47  jnb $+0x34
  4d  cmovnb rcx, rdx
  51  mov r11, qword [r15 - 0x58]
  55  shl rcx, 0x4
  59  add r11, rcx
  5c  cmp dword [r11 + 0x8], 0x0
  64  jnz $+0xa0
  6a  mov r11, qword [r11]
  6d  add r11, 0x13
  71  mov rcx, rax
  74  mov eax, 0x3
  79  call r11
  7c  add rsp, 0x28
  80  ret
  81  xor rcx, qword [r15 + 0x10]
  85  mov rdx, rcx
  88  shr rdx, 0x2a
  8c  shl rdx, 0x4
  90  add rdx, qword [r15 - 0x50]
  94  xor rcx, qword [rdx + 0x8]
  98  cmp rcx, 0xfffff
  9f  jnb $+0x28
  a5  and ecx, 0xfffff
  ab  mov rdx, qword [rdx]
  ae  shl ecx, 0x4
  b1  add rcx, qword [rdx + 0x28]
  b5  cmp dword [rcx + 0x8], 0x0
  bc  jnz $+0xb
  c2  mov r14, qword [rcx]
  c5  mov r11, rdx
  c8  jmp $+0x17
  cd  mov rcx, qword [r15]
  d0  mov r11, qword [rcx + r11 * 8]
  d4  mov dword [r15 - 0x68], 0x0
  dc  call qword [r15 - 0x70]
  e0  mov r14, qword [r15 - 0x68]
  e4  mov rcx, rax
  e7  mov eax, 0x3
  ec  mov qword [rsp + 0x20], r15
  f1  call r14
  f4  mov r15, qword [rsp + 0x20]
  f9  jmp $-0x82
  fe  push 0xa
 100  call qword [r15 - 0x78]
 104  push 0x7
 106  call qword [r15 - 0x78]
 10a  push 0x9
 10c  call qword [r15 - 0x78]
