;; Guarded func[0], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  mov qword [rsp + 0x18], rbx
  1c  mov qword [rsp + 0x20], rbp
  21  mov qword [rsp + 0x28], r12
  26  mov r12d, eax
  29  mov ebp, 0x0
  2e  mov ebx, 0x0
  33  nop word [rax + rax * 1]
  3c  nop dword [rax]
  40  mov eax, ebx
  42  shl eax, 0x2
  45  mov eax, dword [r14 + rax * 1 + 0x10]
  4a  add ebp, eax
  4c  add ebx, 0x1
  4f  cmp ebx, r12d
  52  jb $-0x14
  54  mov rax, rbp
  57  mov rbx, qword [rsp + 0x18]
  5c  mov rbp, qword [rsp + 0x20]
  61  mov r12, qword [rsp + 0x28]
  66  add rsp, 0x38
  6a  ret
;; Checked func[0], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  mov qword [rsp + 0x18], rbx
  1c  mov qword [rsp + 0x20], rbp
  21  mov qword [rsp + 0x28], r12
  26  mov r12d, eax
  29  mov ebp, 0x0
  2e  mov ebx, 0x0
  33  nop word [rax + rax * 1]
  3c  nop dword [rax]
  40  mov eax, ebx
  42  shl eax, 0x2
  45  lea r11, qword [rax + 0x14]
  49  cmp r11, qword [r15 - 0x38]
  4d  ja $+0x26
  53  mov eax, dword [r14 + rax * 1 + 0x10]
  58  add ebp, eax
  5a  add ebx, 0x1
  5d  cmp ebx, r12d
  60  jb $-0x22
  62  mov rax, rbp
  65  mov rbx, qword [rsp + 0x18]
  6a  mov rbp, qword [rsp + 0x20]
  6f  mov r12, qword [rsp + 0x28]
  74  add rsp, 0x38
  78  ret
  79  push 0x5
  7b  call qword [r15 - 0x78]
;; Compact func[0], frame of 56 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x38
  17  mov qword [rsp + 0x18], rbx
  1c  mov qword [rsp + 0x20], rbp
  21  mov qword [rsp + 0x28], r12
  26  mov r12d, eax
  29  mov ebp, 0x0
  2e  mov ebx, 0x0
  33  nop word [rax + rax * 1]
  3c  nop dword [rax]
  40  mov eax, ebx
  42  shl eax, 0x2
  45  lea r11, qword [rax + 0x14]
  49  cmp r11, qword [r15 - 0x38]
  4d  ja $+0x26
  53  mov eax, dword [r14 + rax * 1 + 0x10]
  58  add ebp, eax
  5a  add ebx, 0x1
  5d  cmp ebx, r12d
  60  jb $-0x22
  62  mov rax, rbp
  65  mov rbx, qword [rsp + 0x18]
  6a  mov rbp, qword [rsp + 0x20]
  6f  mov r12, qword [rsp + 0x28]
  74  add rsp, 0x38
  78  ret
  79  push 0x5
  7b  call qword [r15 - 0x78]
