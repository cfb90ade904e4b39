;; Guarded func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  mov dword [r14 + rax * 1 + 0x8], ecx
  25  mov byte [r14 + rax * 1], 0x7
  2a  mov dword [r14 + 0x1000], ecx
  31  add rsp, 0x28
  35  ret
;; Checked func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  lea r11, qword [rax + 0xc]
  24  cmp r11, qword [r15 - 0x38]
  28  ja $+0x34
  2e  mov dword [r14 + rax * 1 + 0x8], ecx
  33  lea r11, qword [rax + 0x1]
  37  cmp r11, qword [r15 - 0x38]
  3b  ja $+0x27
  41  mov byte [r14 + rax * 1], 0x7
  46  mov r11d, 0x1004
  4c  cmp r11, qword [r15 - 0x38]
  50  ja $+0x18
  56  mov dword [r14 + 0x1000], ecx
  5d  add rsp, 0x28
  61  ret
  62  push 0x5
  64  call qword [r15 - 0x78]
  68  push 0x5
  6a  call qword [r15 - 0x78]
  6e  push 0x5
  70  call qword [r15 - 0x78]
;; Compact func[0], frame of 40 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x28
  17  mov qword [rsp], rax
  1b  mov qword [rsp + 0x8], rcx
  20  lea r11, qword [rax + 0xc]
  24  cmp r11, qword [r15 - 0x38]
  28  ja $+0x4f
  2e  shr r11d, 0xc
  32  mov byte [r15 + r11 * 1], 0x1
  37  mov dword [r14 + rax * 1 + 0x8], ecx
  3c  lea r11, qword [rax + 0x1]
  40  cmp r11, qword [r15 - 0x38]
  44  ja $+0x39
  4a  shr r11d, 0xc
  4e  mov byte [r15 + r11 * 1], 0x1
  53  mov byte [r14 + rax * 1], 0x7
  58  mov r11d, 0x1004
  5e  cmp r11, qword [r15 - 0x38]
  62  ja $+0x21
  68  shr r11d, 0xc
  6c  mov byte [r15 + r11 * 1], 0x1
  71  mov dword [r14 + 0x1000], ecx
  78  add rsp, 0x28
  7c  ret
  7d  push 0x5
  7f  call qword [r15 - 0x78]
  83  push 0x5
  85  call qword [r15 - 0x78]
  89  push 0x5
  8b  call qword [r15 - 0x78]
