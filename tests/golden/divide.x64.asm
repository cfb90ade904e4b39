;; Guarded func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov eax, dword [rsp + 0x8]
  24  mov ecx, dword [rsp]
  27  test eax, eax
  29  jz $+0x28
  2f  cmp eax, -0x1
  32  jnz $+0xc
  38  cmp ecx, -0x80000000
  3e  jz $+0x19
  44  mov r11d, eax
  47  mov eax, ecx
  49  cdq
  4a  idiv r11d
  4d  mov ecx, eax
  4f  mov rax, rcx
  52  add rsp, 0x28
  56  ret
  57  push 0x2
  59  call qword [r15 - 0x78]
  5d  push 0x3
  5f  call qword [r15 - 0x78]
;; Guarded func[1], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  mov rax, qword [rsp]
  1f  and eax, 0x7
  22  add rsp, 0x18
  26  ret
;; Guarded func[2], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov rax, qword [rsp]
  24  mov rcx, qword [rsp + 0x8]
  29  shl rax, cl
  2c  add rsp, 0x28
  30  ret
;; Checked func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov eax, dword [rsp + 0x8]
  24  mov ecx, dword [rsp]
  27  test eax, eax
  29  jz $+0x28
  2f  cmp eax, -0x1
  32  jnz $+0xc
  38  cmp ecx, -0x80000000
  3e  jz $+0x19
  44  mov r11d, eax
  47  mov eax, ecx
  49  cdq
  4a  idiv r11d
  4d  mov ecx, eax
  4f  mov rax, rcx
  52  add rsp, 0x28
  56  ret
  57  push 0x2
  59  call qword [r15 - 0x78]
  5d  push 0x3
  5f  call qword [r15 - 0x78]
;; Checked func[1], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  mov rax, qword [rsp]
  1f  and eax, 0x7
  22  add rsp, 0x18
  26  ret
;; Checked func[2], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov rax, qword [rsp]
  24  mov rcx, qword [rsp + 0x8]
  29  shl rax, cl
  2c  add rsp, 0x28
  30  ret
