;; Guarded func[0], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  mov eax, dword [rsp]
  1e  xor ecx, ecx
  20  cmp eax, 0x4
  23  jnb $+0x33
  29  cmovnb rax, rcx
  2d  lea rcx, qword [rip + 0x32]
  34  movsxd rax, dword [rcx + rax * 4]
  38  add rax, rcx
  3b  jmp rax
  3e  mov eax, 0xa
  43  add rsp, 0x18
  47  ret
  48  mov eax, 0x14
  4d  add rsp, 0x18
  51  ret
  52  mov eax, 0x1e
  57  add rsp, 0x18
  5b  ret
  5c  mov eax, 0x28
  61  add rsp, 0x18
  65  ret
  66  fdivr st(0), st(7)
  68  .byte 0xff
  69  jmp rdx
  6b  .byte 0xff
  6c  .byte 0xff
  6d  .byte 0xff
  6e  in al, dx
  6f  .byte 0xff
  70  .byte 0xff
  71  jmp rdx
  73  .byte 0xff
  74  .byte 0xff
  75  .byte 0xff
;; Checked func[0], frame of 24 bytes
   0  mov r14, qword [r15 - 0x80]
   4  mov qword [r11], r14
   8  lea r15, qword [r11 + 0x80]
   f  mov r14, qword [r15 - 0x40]
  13  sub rsp, 0x18
  17  mov qword [rsp], rax
  1b  mov eax, dword [rsp]
  1e  xor ecx, ecx
  20  cmp eax, 0x4
  23  jnb $+0x33
  29  cmovnb rax, rcx
  2d  lea rcx, qword [rip + 0x32]
  34  movsxd rax, dword [rcx + rax * 4]
  38  add rax, rcx
  3b  jmp rax
  3e  mov eax, 0xa
  43  add rsp, 0x18
  47  ret
  48  mov eax, 0x14
  4d  add rsp, 0x18
  51  ret
  52  mov eax, 0x1e
  57  add rsp, 0x18
  5b  ret
  5c  mov eax, 0x28
  61  add rsp, 0x18
  65  ret
  66  fdivr st(0), st(7)
  68  .byte 0xff
  69  jmp rdx
  6b  .byte 0xff
  6c  .byte 0xff
  6d  .byte 0xff
  6e  in al, dx
  6f  .byte 0xff
  70  .byte 0xff
  71  jmp rdx
  73  .byte 0xff
  74  .byte 0xff
  75  .byte 0xff
