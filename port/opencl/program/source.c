/* stoker port: the text of the program: the files of the kernel, with the user's pieces right before the table of
 * opcodes. For each opcode of the user it makes the few lines that call the handler. It compiles nothing. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../report/report.h"
#include "program.h"
#include "stoker/kernel_text.h"

/* File of the kernel text before which the pieces stand: the table of opcodes in it calls the handlers. */
#define PIECES_BEFORE "kernels/ops.h"
#define FILE_START    "#line 1 \"" /* start of a file in the embedded kernel text (tools/cmake/embed_kernel.cmake) */

/* Appends a text without a copy, and counts its lines. The text must stay as long as the source. */
static void add_text(struct stk_opencl_source *s, const char *text, size_t bytes) {
    const char *p = text, *end = text + bytes;
    s->texts[s->count] = text;
    s->lengths[s->count++] = bytes;
    for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) {
        s->line++;
    }
}

/* Appends formatted text to s->made, which is large enough for all that the limits of the configuration allow. */
__attribute__((format(printf, 2, 3))) static void make(struct stk_opencl_source *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    s->used += (size_t)vsnprintf(s->made + s->used, sizeof s->made - s->used, format, args);
    va_end(args);
}

/* Starts a place with a #line of its own. The two empty lines end the text before, even if it ends in a comment line or
 * in a backslash. */
static void start_place(struct stk_opencl_source *s, const char *name, size_t name_bytes, int made) {
    size_t from = s->used;
    /* Two empty lines and the #line come before the first line of the place. */
    uint32_t line = s->line + 3u;
    make(s, "\n\n#line %u \"%.*s\"\n", (unsigned)line, (int)name_bytes, name);
    add_text(s, s->made + from, s->used - from);
    s->places[s->place_count++] = (struct stk_opencl_place){name, (uint32_t)name_bytes, line, made ? 1u : 0u};
}

/* Makes the function that states the cost of an opcode. It calls the user's function, if there is one. Else the cost is
 * one unit for each byte of the chunk and each of the `parts` handlers. */
static void make_cost(struct stk_opencl_source *s, const struct stk_opencl_config *c, const char *kind, uint32_t i,
                      uint32_t opcode, uint32_t parts) {
    uint32_t k = 0;
    while (k < c->cost_count && c->costs[k].opcode != opcode) {
        k++;
    }
    make(s, "STK_FN struct stk_cost stk_%s_cost_%u(const struct stk_dev *d, const struct stk_call *c) ", kind,
         (unsigned)i);
    if (k < c->cost_count) {
        make(s, "{ return %s(d, c); }\n", c->costs[k].function);
    } else {
        make(s, "{ return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES), STK_COST_UNIT * %uu, 0u); }\n",
             (unsigned)parts);
    }
}

/* Makes the function that calls the handler of piece `i`. It stands in a place with the piece's name, so that the
 * compiler reports a handler that is missing under this name. */
static void add_call(struct stk_opencl_source *s, const struct stk_opencl_config *c, uint32_t i) {
    const struct stk_opencl_piece *p = &c->pieces[i];
    size_t from;
    start_place(s, p->name, strlen(p->name), 1);
    from = s->used;
    make(s, "STK_FN stk_u32 stk_user_%u(const struct stk_dev *d, const struct stk_call *c) { return %s(d, c); }\n",
         (unsigned)i, p->function);
    make_cost(s, c, "user", i, p->opcode, 1);
    add_text(s, s->made + from, s->used - from);
}

/* Makes the function of a fused op, which runs its handlers one after the other (kernels/fused.h). */
static void add_fused(struct stk_opencl_source *s, const struct stk_opencl_config *c, uint32_t i) {
    const struct stk_opencl_fused *f = &c->fused[i];
    size_t from;
    uint32_t k;
    start_place(s, f->name, strlen(f->name), 1);
    from = s->used;
    make(s, "STK_FN stk_u32 stk_fused_%u(const struct stk_dev *d, const struct stk_call *c) {\n", (unsigned)i);
    /* STK_FUSED_PART runs a handler only while the status is DONE, so the first handler that ends otherwise ends the
     * op. */
    make(s, "stk_u32 status = STK_SLOT_DONE;\n");
    for (k = 0; k < f->function_count; k++) {
        make(s, "STK_FUSED_PART(%uu, %s)\n", (unsigned)k, f->functions[k]);
    }
    make(s, "return status; }\n");
    make_cost(s, c, "fused", i, f->opcode, f->function_count);
    add_text(s, s->made + from, s->used - from);
}

/* Makes the list of the user's opcodes, which the worker expands (kernels/ops.h). */
static void add_list(struct stk_opencl_source *s, const struct stk_opencl_config *c) {
    static const char name[] = "opcodes";
    size_t from;
    uint32_t i;
    start_place(s, name, sizeof name - 1u, 1);
    from = s->used;
    make(s, "#define STK_USER_OPS(X)");
    for (i = 0; i < c->piece_count; i++) {
        if (c->pieces[i].opcode != 0u) {
            make(s, " X(0x%xu, stk_user_%u, %uu, stk_user_cost_%u)", (unsigned)c->pieces[i].opcode, (unsigned)i,
                 (unsigned)c->pieces[i].width, (unsigned)i);
        }
    }
    for (i = 0; i < c->fused_count; i++) {
        make(s, " X(0x%xu, stk_fused_%u, %uu, stk_fused_cost_%u)", (unsigned)c->fused[i].opcode, (unsigned)i,
             (unsigned)c->pieces[stk_opencl_piece_of(c, c->fused[i].functions[0])].width, (unsigned)i);
    }
    make(s, "\n");
    add_text(s, s->made + from, s->used - from);
}

/* Appends the user's pieces, each followed by the call of its handler, then the fused ops and the list of opcodes. */
static void add_pieces(struct stk_opencl_source *s, const struct stk_opencl_config *c) {
    uint32_t i;
    for (i = 0; i < c->piece_count; i++) {
        const struct stk_opencl_piece *p = &c->pieces[i];
        if (p->source) {
            start_place(s, p->name, strlen(p->name), 0);
            add_text(s, p->source, strlen(p->source));
        }
        if (p->opcode != 0u) {
            add_call(s, c, i);
        }
    }
    for (i = 0; i < c->fused_count; i++) {
        add_fused(s, c, i);
    }
    if (c->piece_count != 0u) {
        add_list(s, c);
    }
}

/* Returns the end of a file of the kernel text, which is the start of the next one. */
static const char *end_of_file(const char *body) {
    const char *next = strstr(body, "\n" FILE_START);
    return next ? next + 1 : body + strlen(body);
}

int stk_opencl_source(struct stk_opencl *cl, struct stk_opencl_source *s) {
    const char *p = stk_kernel_text;
    uint32_t files = 0;
    int placed = 0;
    /* `made` needs no zeros, and is too large to clear for nothing. */
    memset(s, 0, offsetof(struct stk_opencl_source, made));
    s->line = 1;
    while (strncmp(p, FILE_START, sizeof FILE_START - 1u) == 0 && files++ < STK_OPENCL_FILES_MAX) {
        const char *name = p + sizeof FILE_START - 1u, *close = strchr(name, '"'),
                   *body = close ? strchr(close, '\n') : NULL, *end;
        /* A #line without an end is not what the build makes; the test behind the loop refuses it. */
        if (!body) {
            break;
        }
        end = end_of_file(body);
        /* The pieces come after everything that they may use, and before the table that calls them. */
        if ((size_t)(close - name) == sizeof PIECES_BEFORE - 1u &&
            strncmp(name, PIECES_BEFORE, (size_t)(close - name)) == 0) {
            add_pieces(s, &cl->config);
            placed = 1;
        }
        start_place(s, name, (size_t)(close - name), 0);
        add_text(s, body + 1, (size_t)(end - body - 1));
        p = end;
    }
    /* The text has more files than places, another form, or no table of opcodes. */
    if (*p != '\0' || !placed) {
        stk_opencl_say(cl, "the embedded kernel text is not what this port knows");
        return STK_E_BUILD;
    }
    return STK_OK;
}
