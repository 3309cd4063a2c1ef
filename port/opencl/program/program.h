/* stoker port: the kernel as a program: context, queue, text, compiler and build log. These files alone write
 * own.program, build_log and built_from of the port. */
#ifndef STK_PORT_OPENCL_PROGRAM_H
#define STK_PORT_OPENCL_PROGRAM_H

#include "../internal.h"

/// Context, queue, program: context.c, build.c ///

/* Creates a context and its queue. */
int stk_opencl_create_queue(struct stk_opencl *cl);

/* Loads the program that is kept, or compiles the kernel text and the user's pieces, and makes the kernel. STK_E_BUILD:
 * the text does not compile; cl->build_log has the compiler's log. */
int stk_opencl_build(struct stk_opencl *cl);

/* Writes the options of the compiler, which are part of a program's key. */
void stk_opencl_options(const struct stk_opencl *cl, char *options, size_t size);

/* Releases kernel, program, queue and context, as far as they exist. */
void stk_opencl_release_context(struct stk_opencl *cl);

/* Releases context, queue, program and kernel after a failure, and notes that there is no program any more. */
void stk_opencl_drop_context(struct stk_opencl *cl);

/* Releases kernel and program, and gives context and queue to the caller, who releases them. */
void stk_opencl_retire_context(struct stk_opencl *cl, void **context, void **queue);

/* Returns 1 if a program that was found in cache or store may be the cause of this error. */
int stk_opencl_doubts(const struct stk_opencl *cl, int err);

/* Notes that the program which was found does not work: the next build compiles. */
void stk_opencl_distrust(struct stk_opencl *cl);

/// Source and build log: pieces.c, source.c, build_log.c ///

/* Checks pieces, fused ops and costs of cl->config. Returns STK_OK, or STK_E_ARG with the reason in cl->reason. */
int stk_opencl_check_pieces(struct stk_opencl *cl);

/* Returns the index of the first piece with this function; STK_OPENCL_NO_PIECE if there is none. */
uint32_t stk_opencl_piece_of(const struct stk_opencl_config *config, const char *function);
#define STK_OPENCL_NO_PIECE 1000000u /* an index that no entry has */

#define STK_OPENCL_FILES_MAX  48u /* files of the kernel text */
#define STK_OPENCL_PLACES_MAX (STK_OPENCL_FILES_MAX + 2u * STK_OPENCL_PIECES_MAX + STK_OPENCL_FUSED_MAX + 1u)

/* A file or piece in the whole text: the lines from `line` on, up to the next place. */
struct stk_opencl_place {
    const char *name;    /* name for the build log, not NUL-terminated */
    uint32_t name_bytes; /* bytes of the name */
    uint32_t line;       /* number of the place's first line in the whole text, from 1 */
    uint32_t made;       /* 1: the port has made these lines, so their numbers mean nothing to the user */
};

/* The text as clCreateProgramWithSource takes it. Each place starts with a #line that gives the place its name and the
 * number that its line has in the whole text anyway. So a driver's log has that number, whether the driver heeds #line
 * or not. */
struct stk_opencl_source {
    const char *texts[2u * STK_OPENCL_PLACES_MAX];
    size_t lengths[2u * STK_OPENCL_PLACES_MAX];
    uint32_t count;
    struct stk_opencl_place places[STK_OPENCL_PLACES_MAX];
    uint32_t place_count;
    uint32_t line; /* number of the line that is appended next, from 1 */
    size_t used;   /* bytes of `made` in use */
    /* Text that the port makes: #line directives, the calls of the handlers and of their cost functions, and the list
     * of opcodes. Large enough for all that the limits of the configuration allow (make() in source.c does not
     * check). */
    char made[57344];
};

/* Fills `source` from the kernel text and cl->config, which must stay as long as `source`. Returns STK_E_BUILD if the
 * kernel text is not in the form that this port knows. */
int stk_opencl_source(struct stk_opencl *cl, struct stk_opencl_source *source);

/* Copies a driver's log of `bytes` bytes into to[0..room), with places as name:line:column of `source`. A log that does
 * not fit is cut at a line, and then errors go before the rest. */
void stk_opencl_map_build_log(const struct stk_opencl_source *source, const char *log, size_t bytes, char *to,
                              size_t room);

#endif
