;; Guarded func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov eax, dword [rsp]
  23  add eax, dword [rsp + 0x8]
  27  add rsp, 0x28
  2b  ret
;; Guarded func[1], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0x95
  1d  sub rsp, 0x28
  21  mov qword [rsp], rax
  25  mov eax, dword [rsp]
  28  xor edx, edx
  2a  mov r11d, eax
  2d  cmp r11, qword [r15 + 0x8]
  31  jnb $+0x81
  37  cmovnb r11, rdx
  3b  mov rcx, qword [r15]
  3e  mov rcx, qword [rcx + r11 * 8]
  42  xor rcx, qword [r15 + 0x10]
  46  cmp rcx, 0x2
  4a  jnb $+0x34
  50  cmovnb rcx, rdx
  54  mov r11, qword [r15 - 0x58]
  58  shl rcx, 0x4
  5c  add r11, rcx
  5f  cmp dword [r11 + 0x8], 0x0
  67  jnz $+0x51
  6d  mov r11, qword [r11]
  70  add r11, 0x13
  74  mov eax, 0x3
  79  mov ecx, dword [rsp]
  7c  call r11
  7f  add rsp, 0x28
  83  ret
  84  mov rcx, qword [r15]
  87  mov r11, qword [rcx + r11 * 8]
  8b  mov dword [r15 - 0x68], 0x0
  93  call qword [r15 - 0x70]
  97  mov eax, 0x3
  9c  mov ecx, dword [rsp]
  9f  mov qword [rsp + 0x20], r15
  a4  call qword [r15 - 0x68]
  a8  mov r15, qword [rsp + 0x20]
  ad  jmp $-0x33
  b2  push 0xa
  b4  call qword [r15 - 0x78]
  b8  push 0x7
  ba  call qword [r15 - 0x78]
  be  push 0x9
  c0  call qword [r15 - 0x78]
;; Checked func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov eax, dword [rsp]
  23  add eax, dword [rsp + 0x8]
  27  add rsp, 0x28
  2b  ret
;; Checked func[1], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0x95
  1d  sub rsp, 0x28
  21  mov qword [rsp], rax
  25  mov eax, dword [rsp]
  28  xor edx, edx
  2a  mov r11d, eax
  2d  cmp r11, qword [r15 + 0x8]
  31  jnb $+0x81
  37  cmovnb r11, rdx
  3b  mov rcx, qword [r15]
  3e  mov rcx, qword [rcx + r11 * 8]
  42  xor rcx, qword [r15 + 0x10]
  46  cmp rcx, 0x2
  4a  jnb $+0x34
  50  cmovnb rcx, rdx
  54  mov r11, qword [r15 - 0x58]
  58  shl rcx, 0x4
  5c  add r11, rcx
  5f  cmp dword [r11 + 0x8], 0x0
  67  jnz $+0x51
  6d  mov r11, qword [r11]
  70  add r11, 0x13
  74  mov eax, 0x3
  79  mov ecx, dword [rsp]
  7c  call r11
  7f  add rsp, 0x28
  83  ret
  84  mov rcx, qword [r15]
  87  mov r11, qword [rcx + r11 * 8]
  8b  mov dword [r15 - 0x68], 0x0
  93  call qword [r15 - 0x70]
  97  mov eax, 0x3
  9c  mov ecx, dword [rsp]
  9f  mov qword [rsp + 0x20], r15
  a4  call qword [r15 - 0x68]
  a8  mov r15, qword [rsp + 0x20]
  ad  jmp $-0x33
  b2  push 0xa
  b4  call qword [r15 - 0x78]
  b8  push 0x7
  ba  call qword [r15 - 0x78]
  be  push 0x9
  c0  call qword [r15 - 0x78]
