/* stoker: the kernel text, embedded for ports that compile it at run time. */
#ifndef STOKER_KERNEL_TEXT_H
#define STOKER_KERNEL_TEXT_H

#ifdef __cplusplus
extern "C" {
#endif

/* OpenCL C 1.2 source, NUL-terminated, with #line directives that name the files under kernels/. Static. */
extern const char stk_kernel_text[];
extern const unsigned long stk_kernel_text_len; /* bytes before the NUL */

#ifdef __cplusplus
}
#endif
#endif
