;; Guarded func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0x40
  1d  sub rsp, 0x28
  21  mov qword [rsp + 0x18], rbx
  26  mov ebx, eax
  28  cmp ebx, 0x2
  2b  jge $+0x8
  31  mov rax, rbx
  34  jmp $+0x1a
  39  lea eax, dword [rbx - 0x1]
  3c  call $-0x2e
  41  lea ecx, dword [rbx - 0x2]
  44  mov qword [rsp], rax
  48  mov rax, rcx
  4b  call $-0x3d
  50  add eax, dword [rsp]
  53  mov rbx, qword [rsp + 0x18]
  58  add rsp, 0x28
  5c  ret
  5d  push 0xa
  5f  call qword [r15 - 0x78]
;; Checked func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0x40
  1d  sub rsp, 0x28
  21  mov qword [rsp + 0x18], rbx
  26  mov ebx, eax
  28  cmp ebx, 0x2
  2b  jge $+0x8
  31  mov rax, rbx
  34  jmp $+0x1a
  39  lea eax, dword [rbx - 0x1]
  3c  call $-0x2e
  41  lea ecx, dword [rbx - 0x2]
  44  mov qword [rsp], rax
  48  mov rax, rcx
  4b  call $-0x3d
  50  add eax, dword [rsp]
  53  mov rbx, qword [rsp + 0x18]
  58  add rsp, 0x28
  5c  ret
  5d  push 0xa
  5f  call qword [r15 - 0x78]
;; Compact func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0x40
  1d  sub rsp, 0x28
  21  mov qword [rsp + 0x18], rbx
  26  mov ebx, eax
  28  cmp ebx, 0x2
  2b  jge $+0x8
  31  mov rax, rbx
  34  jmp $+0x1a
  39  lea eax, dword [rbx - 0x1]
  3c  call $-0x2e
  41  lea ecx, dword [rbx - 0x2]
  44  mov qword [rsp], rax
  48  mov rax, rcx
  4b  call $-0x3d
  50  add eax, dword [rsp]
  53  mov rbx, qword [rsp + 0x18]
  58  add rsp, 0x28
  5c  ret
  5d  push 0xa
  5f  call qword [r15 - 0x78]
