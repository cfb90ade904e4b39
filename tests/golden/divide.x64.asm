;; Guarded func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  test ecx, ecx
  22  jz $+0x21
  28  cmp ecx, -0x1
  2b  jnz $+0xb
  31  cmp eax, -0x80000000
  36  jz $+0x13
  3c  cdq
  3d  idiv ecx
  3f  mov edx, eax
  41  mov rax, rdx
  44  add rsp, 0x28
  48  ret
  49  push 0x2
  4b  call qword [r15 - 0x78]
  4f  push 0x3
  51  call qword [r15 - 0x78]
;; Guarded func[1], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  mov ecx, eax
  1d  and ecx, 0x7
  20  mov rax, rcx
  23  add rsp, 0x18
  27  ret
;; Guarded func[2], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  shl rax, cl
  23  add rsp, 0x28
  27  ret
;; Checked func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  test ecx, ecx
  22  jz $+0x21
  28  cmp ecx, -0x1
  2b  jnz $+0xb
  31  cmp eax, -0x80000000
  36  jz $+0x13
  3c  cdq
  3d  idiv ecx
  3f  mov edx, eax
  41  mov rax, rdx
  44  add rsp, 0x28
  48  ret
  49  push 0x2
  4b  call qword [r15 - 0x78]
  4f  push 0x3
  51  call qword [r15 - 0x78]
;; Checked func[1], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  mov ecx, eax
  1d  and ecx, 0x7
  20  mov rax, rcx
  23  add rsp, 0x18
  27  ret
;; Checked func[2], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  shl rax, cl
  23  add rsp, 0x28
  27  ret
;; Compact func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  test ecx, ecx
  22  jz $+0x21
  28  cmp ecx, -0x1
  2b  jnz $+0xb
  31  cmp eax, -0x80000000
  36  jz $+0x13
  3c  cdq
  3d  idiv ecx
  3f  mov edx, eax
  41  mov rax, rdx
  44  add rsp, 0x28
  48  ret
  49  push 0x2
  4b  call qword [r15 - 0x78]
  4f  push 0x3
  51  call qword [r15 - 0x78]
;; Compact func[1], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  mov ecx, eax
  1d  and ecx, 0x7
  20  mov rax, rcx
  23  add rsp, 0x18
  27  ret
;; Compact func[2], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  shl rax, cl
  23  add rsp, 0x28
  27  ret
