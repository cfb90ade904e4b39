;; Guarded func[1], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0x27
  1d  sub rsp, 0x18
  21  mov eax, dword [r15]
  24  add eax, 0x3
  27  mov qword [r15], rax
  2a  mov eax, dword [r15]
  2d  mov qword [rsp + 0x10], r15
  32  mov r11, qword [r15 + 0x20]
  36  call qword [r15 + 0x28]
  3a  mov r15, qword [rsp + 0x10]
  3f  add rsp, 0x18
  43  ret
  44  push 0xa
  46  call qword [r15 - 0x78]
;; Checked func[1], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0x27
  1d  sub rsp, 0x18
  21  mov eax, dword [r15]
  24  add eax, 0x3
  27  mov qword [r15], rax
  2a  mov eax, dword [r15]
  2d  mov qword [rsp + 0x10], r15
  32  mov r11, qword [r15 + 0x20]
  36  call qword [r15 + 0x28]
  3a  mov r15, qword [rsp + 0x10]
  3f  add rsp, 0x18
  43  ret
  44  push 0xa
  46  call qword [r15 - 0x78]
;; Compact func[1], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  cmp rsp, qword [r15 - 0x80]
  17  jb $+0x27
  1d  sub rsp, 0x18
  21  mov eax, dword [r15]
  24  add eax, 0x3
  27  mov qword [r15], rax
  2a  mov eax, dword [r15]
  2d  mov qword [rsp + 0x10], r15
  32  mov r11, qword [r15 + 0x20]
  36  call qword [r15 + 0x28]
  3a  mov r15, qword [rsp + 0x10]
  3f  add rsp, 0x18
  43  ret
  44  push 0xa
  46  call qword [r15 - 0x78]
