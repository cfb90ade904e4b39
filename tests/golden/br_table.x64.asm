;; Guarded func[0], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  xor ecx, ecx
  1d  cmp eax, 0x4
  20  jnb $+0x33
  26  cmovnb rax, rcx
  2a  lea rcx, qword [rip + 0x32]
  31  movsxd rax, dword [rcx + rax * 4]
  35  add rax, rcx
  38  jmp rax
  3b  mov eax, 0xa
  40  add rsp, 0x18
  44  ret
  45  mov eax, 0x14
  4a  add rsp, 0x18
  4e  ret
  4f  mov eax, 0x1e
  54  add rsp, 0x18
  58  ret
  59  mov eax, 0x28
  5e  add rsp, 0x18
  62  ret
  63  fdivr st(0), st(7)
  65  .byte 0xff
  66  jmp rdx
  68  .byte 0xff
  69  .byte 0xff
  6a  .byte 0xff
  6b  in al, dx
  6c  .byte 0xff
  6d  .byte 0xff
  6e  jmp rdx
  70  .byte 0xff
  71  .byte 0xff
  72  .byte 0xff
;; Checked func[0], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  xor ecx, ecx
  1d  cmp eax, 0x4
  20  jnb $+0x33
  26  cmovnb rax, rcx
  2a  lea rcx, qword [rip + 0x32]
  31  movsxd rax, dword [rcx + rax * 4]
  35  add rax, rcx
  38  jmp rax
  3b  mov eax, 0xa
  40  add rsp, 0x18
  44  ret
  45  mov eax, 0x14
  4a  add rsp, 0x18
  4e  ret
  4f  mov eax, 0x1e
  54  add rsp, 0x18
  58  ret
  59  mov eax, 0x28
  5e  add rsp, 0x18
  62  ret
  63  fdivr st(0), st(7)
  65  .byte 0xff
  66  jmp rdx
  68  .byte 0xff
  69  .byte 0xff
  6a  .byte 0xff
  6b  in al, dx
  6c  .byte 0xff
  6d  .byte 0xff
  6e  jmp rdx
  70  .byte 0xff
  71  .byte 0xff
  72  .byte 0xff
;; Compact func[0], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  xor ecx, ecx
  1d  cmp eax, 0x4
  20  jnb $+0x33
  26  cmovnb rax, rcx
  2a  lea rcx, qword [rip + 0x32]
  31  movsxd rax, dword [rcx + rax * 4]
  35  add rax, rcx
  38  jmp rax
  3b  mov eax, 0xa
  40  add rsp, 0x18
  44  ret
  45  mov eax, 0x14
  4a  add rsp, 0x18
  4e  ret
  4f  mov eax, 0x1e
  54  add rsp, 0x18
  58  ret
  59  mov eax, 0x28
  5e  add rsp, 0x18
  62  ret
  63  fdivr st(0), st(7)
  65  .byte 0xff
  66  jmp rdx
  68  .byte 0xff
  69  .byte 0xff
  6a  .byte 0xff
  6b  in al, dx
  6c  .byte 0xff
  6d  .byte 0xff
  6e  jmp rdx
  70  .byte 0xff
  71  .byte 0xff
  72  .byte 0xff
