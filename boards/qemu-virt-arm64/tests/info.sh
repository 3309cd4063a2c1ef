# stoker info: the kernel stays resident on PoCL's device, and io_uring has what the reader needs.
stoker info | tee said
grep -q '^  residency   RESIDENT: handshake: ' said
grep -q '^io_uring      [^n]' said
grep -q '^readers       io_uring' said
