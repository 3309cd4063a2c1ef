/* stoker: a function that keeps a frame of its own. A compiler that inlines a function adds its variables to the frame
 * of the caller, where they take stack during all other calls of the caller too. */
#ifndef STK_BASE_OWN_FRAME_H
#define STK_BASE_OWN_FRAME_H

#ifdef __GNUC__
#define STK_OWN_FRAME __attribute__((noinline))
#else
#define STK_OWN_FRAME
#endif

#endif
