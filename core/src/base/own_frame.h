/* stoker: a function that keeps a frame of its own. A compiler that inlines a function adds its variables to the frame
 * of the caller, where they take stack during all other calls of the caller too. The functions that have the mark hold
 * structs of 40 bytes and more, which the budget of the stack (test/size) does not have twice. */
#ifndef STK_BASE_OWN_FRAME_H
#define STK_BASE_OWN_FRAME_H

#ifdef __GNUC__
#define STK_OWN_FRAME __attribute__((noinline))
#else /* another compiler may inline: the code is right and needs more stack */
#define STK_OWN_FRAME
#endif

#endif
