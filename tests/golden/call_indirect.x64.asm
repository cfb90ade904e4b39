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
  17  jb $+0x92
  1d  sub rsp, 0x28
  21  mov qword [rsp], rax
  25  xor edx, edx
  27  mov r11d, eax
  2a  cmp r11, qword [r15 + 0x8]
  2e  jnb $+0x81
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
  64  jnz $+0x51
  6a  mov r11, qword [r11]
  6d  add r11, 0x13
  71  mov rcx, rax
  74  mov eax, 0x3
  79  call r11
  7c  add rsp, 0x28
  80  ret
  81  mov rcx, qword [r15]
  84  mov r11, qword [rcx + r11 * 8]
  88  mov dword [r15 - 0x68], 0x0
  90  call qword [r15 - 0x70]
  94  mov rcx, rax
  97  mov eax, 0x3
  9c  mov qword [rsp + 0x20], r15
  a1  call qword [r15 - 0x68]
  a5  mov r15, qword [rsp + 0x20]
  aa  jmp $-0x33
  af  push 0xa
  b1  call qword [r15 - 0x78]
  b5  push 0x7
  b7  call qword [r15 - 0x78]
  bb  push 0x9
  bd  call qword [r15 - 0x78]
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
  17  jb $+0x92
  1d  sub rsp, 0x28
  21  mov qword [rsp], rax
  25  xor edx, edx
  27  mov r11d, eax
  2a  cmp r11, qword [r15 + 0x8]
  2e  jnb $+0x81
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
  64  jnz $+0x51
  6a  mov r11, qword [r11]
  6d  add r11, 0x13
  71  mov rcx, rax
  74  mov eax, 0x3
  79  call r11
  7c  add rsp, 0x28
  80  ret
  81  mov rcx, qword [r15]
  84  mov r11, qword [rcx + r11 * 8]
  88  mov dword [r15 - 0x68], 0x0
  90  call qword [r15 - 0x70]
  94  mov rcx, rax
  97  mov eax, 0x3
  9c  mov qword [rsp + 0x20], r15
  a1  call qword [r15 - 0x68]
  a5  mov r15, qword [rsp + 0x20]
  aa  jmp $-0x33
  af  push 0xa
  b1  call qword [r15 - 0x78]
  b5  push 0x7
  b7  call qword [r15 - 0x78]
  bb  push 0x9
  bd  call qword [r15 - 0x78]
