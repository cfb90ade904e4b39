;; Guarded func[0], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp + 0x10], rbx
   9  mov qword [rsp + 0x18], rbp
   e  mov ebx, eax
  10  mov ebp, 0x0
  15  nop word [rax + rax * 1]
  1e  nop
  20  mov eax, ebx
  22  add rbp, rax
  25  add ebx, -0x1
  28  test ebx, ebx
  2a  jnz $-0xc
  2c  mov rax, rbp
  2f  mov rbx, qword [rsp + 0x10]
  34  mov rbp, qword [rsp + 0x18]
  39  add rsp, 0x28
  3d  ret
;; Guarded func[1], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp + 0x10], rbx
   9  mov qword [rsp + 0x18], rbp
   e  mov ebp, eax
  10  mov ebx, 0x0
  15  nop word [rax + rax * 1]
  1e  nop
  20  cmp ebx, ebp
  22  jge $+0x5
  28  add ebx, 0x3
  2b  jmp $-0xd
  2d  mov rax, rbx
  30  mov rbx, qword [rsp + 0x10]
  35  mov rbp, qword [rsp + 0x18]
  3a  add rsp, 0x28
  3e  ret
;; Guarded func[2], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp + 0x18], rbx
   9  mov qword [rsp + 0x20], rbp
   e  mov qword [rsp + 0x28], r12
  13  mov qword [rsp + 0x30], r13
  18  mov r13d, eax
  1b  mov ebx, 0x0
  20  mov ebp, 0x0
  25  mov r12d, 0x0
  2b  nop dword [rax + rax * 1]
  30  mov ebx, 0x0
  35  nop word [rax + rax * 1]
  3e  nop
  40  mov eax, r12d
  43  imul eax, ebx
  46  add ebp, eax
  48  add ebx, 0x1
  4b  cmp ebx, r13d
  4e  jb $-0x10
  50  add r12d, 0x1
  54  cmp r12d, r13d
  57  jb $-0x29
  59  mov rax, rbp
  5c  mov rbx, qword [rsp + 0x18]
  61  mov rbp, qword [rsp + 0x20]
  66  mov r12, qword [rsp + 0x28]
  6b  mov r13, qword [rsp + 0x30]
  70  add rsp, 0x38
  74  ret
;; Checked func[0], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp + 0x10], rbx
   9  mov qword [rsp + 0x18], rbp
   e  mov ebx, eax
  10  mov ebp, 0x0
  15  nop word [rax + rax * 1]
  1e  nop
  20  mov eax, ebx
  22  add rbp, rax
  25  add ebx, -0x1
  28  test ebx, ebx
  2a  jnz $-0xc
  2c  mov rax, rbp
  2f  mov rbx, qword [rsp + 0x10]
  34  mov rbp, qword [rsp + 0x18]
  39  add rsp, 0x28
  3d  ret
;; Checked func[1], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp + 0x10], rbx
   9  mov qword [rsp + 0x18], rbp
   e  mov ebp, eax
  10  mov ebx, 0x0
  15  nop word [rax + rax * 1]
  1e  nop
  20  cmp ebx, ebp
  22  jge $+0x5
  28  add ebx, 0x3
  2b  jmp $-0xd
  2d  mov rax, rbx
  30  mov rbx, qword [rsp + 0x10]
  35  mov rbp, qword [rsp + 0x18]
  3a  add rsp, 0x28
  3e  ret
;; Checked func[2], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp + 0x18], rbx
   9  mov qword [rsp + 0x20], rbp
   e  mov qword [rsp + 0x28], r12
  13  mov qword [rsp + 0x30], r13
  18  mov r13d, eax
  1b  mov ebx, 0x0
  20  mov ebp, 0x0
  25  mov r12d, 0x0
  2b  nop dword [rax + rax * 1]
  30  mov ebx, 0x0
  35  nop word [rax + rax * 1]
  3e  nop
  40  mov eax, r12d
  43  imul eax, ebx
  46  add ebp, eax
  48  add ebx, 0x1
  4b  cmp ebx, r13d
  4e  jb $-0x10
  50  add r12d, 0x1
  54  cmp r12d, r13d
  57  jb $-0x29
  59  mov rax, rbp
  5c  mov rbx, qword [rsp + 0x18]
  61  mov rbp, qword [rsp + 0x20]
  66  mov r12, qword [rsp + 0x28]
  6b  mov r13, qword [rsp + 0x30]
  70  add rsp, 0x38
  74  ret
;; Compact func[0], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp + 0x10], rbx
   9  mov qword [rsp + 0x18], rbp
   e  mov ebx, eax
  10  mov ebp, 0x0
  15  nop word [rax + rax * 1]
  1e  nop
  20  mov eax, ebx
  22  add rbp, rax
  25  add ebx, -0x1
  28  test ebx, ebx
  2a  jnz $-0xc
  2c  mov rax, rbp
  2f  mov rbx, qword [rsp + 0x10]
  34  mov rbp, qword [rsp + 0x18]
  39  add rsp, 0x28
  3d  ret
;; Compact func[1], frame of 40 bytes
   0  sub rsp, 0x28
   4  mov qword [rsp + 0x10], rbx
   9  mov qword [rsp + 0x18], rbp
   e  mov ebp, eax
  10  mov ebx, 0x0
  15  nop word [rax + rax * 1]
  1e  nop
  20  cmp ebx, ebp
  22  jge $+0x5
  28  add ebx, 0x3
  2b  jmp $-0xd
  2d  mov rax, rbx
  30  mov rbx, qword [rsp + 0x10]
  35  mov rbp, qword [rsp + 0x18]
  3a  add rsp, 0x28
  3e  ret
;; Compact func[2], frame of 56 bytes
   0  sub rsp, 0x38
   4  mov qword [rsp + 0x18], rbx
   9  mov qword [rsp + 0x20], rbp
   e  mov qword [rsp + 0x28], r12
  13  mov qword [rsp + 0x30], r13
  18  mov r13d, eax
  1b  mov ebx, 0x0
  20  mov ebp, 0x0
  25  mov r12d, 0x0
  2b  nop dword [rax + rax * 1]
  30  mov ebx, 0x0
  35  nop word [rax + rax * 1]
  3e  nop
  40  mov eax, r12d
  43  imul eax, ebx
  46  add ebp, eax
  48  add ebx, 0x1
  4b  cmp ebx, r13d
  4e  jb $-0x10
  50  add r12d, 0x1
  54  cmp r12d, r13d
  57  jb $-0x29
  59  mov rax, rbp
  5c  mov rbx, qword [rsp + 0x18]
  61  mov rbp, qword [rsp + 0x20]
  66  mov r12, qword [rsp + 0x28]
  6b  mov r13, qword [rsp + 0x30]
  70  add rsp, 0x38
  74  ret
