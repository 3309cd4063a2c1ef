/* stoker port: checks the user's pieces, fused ops and costs before they are compiled. A mistake is named here in words
 * of the configuration, where a compiler would name it by a place in a text that the user did not write. */
#include <ctype.h>
#include <string.h>

#include "../report/report.h"
#include "program.h"
#include "stoker/ring.h"

/* Returns 1 for a name that may stand in a #line and in the build log. */
static int name_ok(const char *name) {
    size_t n = name ? strlen(name) : 0u;
    return n >= 1u && n <= STK_OPENCL_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_./+-") == n;
}

/* Returns 1 for the name of a function in C. */
static int identifier_ok(const char *name) {
    size_t i;
    for (i = 0; name[i] != '\0' && i <= STK_OPENCL_NAME_MAX; i++) {
        if (name[i] != '_' && !isalpha((unsigned char)name[i]) && (i == 0u || !isdigit((unsigned char)name[i]))) {
            return 0;
        }
    }
    return i >= 1u && i <= STK_OPENCL_NAME_MAX;
}

/* Returns the line of the first #line of a text, counted from 1, or 0 if there is none. "# 12" is a #line as well. */
static unsigned line_of_directive(const char *text) {
    unsigned line = 1;
    const char *p = text;
    while (p) {
        p += strspn(p, " \t");
        if (*p == '#') {
            p += 1u + strspn(p + 1, " \t");
            p += strncmp(p, "line", 4) == 0 ? 4u + strspn(p + 4, " \t") : 0u;
            if (isdigit((unsigned char)*p)) {
                return line;
            }
        }
        p = strchr(p, '\n');
        p = p ? p + 1 : NULL;
        line++;
    }
    return 0;
}

/* Writes to `reason` what is wrong with the configuration, and leaves the function with STK_E_ARG. */
#define REFUSE(...)                                                                                                    \
    do {                                                                                                               \
        stk_opencl_say(cl, __VA_ARGS__);                                                                               \
        return STK_E_ARG;                                                                                              \
    } while (0)

/* Returns the name of entry `i`. Entries are counted through: the pieces, then the fused ops. */
static const char *name_of(const struct stk_opencl_config *c, uint32_t i) {
    return i < c->piece_count ? c->pieces[i].name : c->fused[i - c->piece_count].name;
}

/* Returns the opcode of entry `i`. */
static uint32_t opcode_of(const struct stk_opencl_config *c, uint32_t i) {
    return i < c->piece_count ? c->pieces[i].opcode : c->fused[i - c->piece_count].opcode;
}

/* Checks that entry `i` has a valid name that no entry before it has. */
static int check_name(struct stk_opencl *cl, uint32_t i) {
    const struct stk_opencl_config *c = &cl->config;
    const char *name = name_of(c, i), *kind = i < c->piece_count ? "piece" : "fused op";
    uint32_t number = i < c->piece_count ? i : i - c->piece_count, k;
    if (!name_ok(name)) {
        REFUSE("%s %u has %s%.80s: give it 1 to %u letters, digits, _ . / + or -", kind, (unsigned)number,
               name ? "the name " : "no name", name ? name : "", STK_OPENCL_NAME_MAX);
    }
    for (k = 0; k < i; k++) {
        if (strcmp(name, name_of(c, k)) == 0) {
            REFUSE("the name %s is given twice: give each piece, fused op and entry of STK_HANDLERS its own", name);
        }
    }
    return STK_OK;
}

/* Checks that entry `i` has an opcode that handlers may have and that no entry before it has. */
static int check_opcode(struct stk_opencl *cl, uint32_t i) {
    const struct stk_opencl_config *c = &cl->config;
    uint32_t opcode = opcode_of(c, i), k;
    const char *name = name_of(c, i);
    if (stk_opcode_user(opcode) != STK_OK) {
        REFUSE("%s: opcode 0x%x is not for handlers: %s", name, (unsigned)opcode, stk_err_fix(STK_E_OPCODE));
    }
    if (opcode >= STK_OP_STOKER_MIN && opcode <= STK_OP_STOKER_MAX) {
        REFUSE("%s: opcode 0x%x is kept for stoker's own handlers: use one outside 0x%x..0x%x", name, (unsigned)opcode,
               STK_OP_STOKER_MIN, STK_OP_STOKER_MAX);
    }
    for (k = 0; k < i; k++) {
        if (opcode_of(c, k) == opcode) {
            REFUSE("%s: opcode 0x%x is taken by %s: use another", name, (unsigned)opcode, name_of(c, k));
        }
    }
    return STK_OK;
}

/* The configuration is small and checked once, so a search over all pieces is good enough. */
uint32_t stk_opencl_piece_of(const struct stk_opencl_config *c, const char *function) {
    uint32_t i;
    for (i = 0; i < c->piece_count; i++) {
        if (function && c->pieces[i].function && strcmp(c->pieces[i].function, function) == 0) {
            return i;
        }
    }
    return STK_OPENCL_NO_PIECE;
}

/* Checks the handler of piece `i`. A piece without a function is text for other pieces, so it must have a text and no
 * opcode. */
static int check_function(struct stk_opencl *cl, uint32_t i) {
    const struct stk_opencl_config *c = &cl->config;
    const struct stk_opencl_piece *p = &c->pieces[i];
    uint32_t first;
    if (!p->function) {
        if (p->opcode != 0u || !p->source) {
            REFUSE("%s: names no function: name its handler, or leave it a text without an opcode", p->name);
        }
        return STK_OK;
    }
    if (!identifier_ok(p->function)) {
        REFUSE("%s: %.80s is no name of a function in C", p->name, p->function);
    }
    first = stk_opencl_piece_of(c, p->function);
    if (first != i) {
        REFUSE("%s: function %s is that of %s: a fused op runs one under another opcode", p->name, p->function,
               c->pieces[first].name);
    }
    if (p->width != STK_SCALAR && p->width != STK_WIDE) {
        REFUSE("%s: width %u: use STK_SCALAR or STK_WIDE", p->name, (unsigned)p->width);
    }
    return p->opcode != 0u ? check_opcode(cl, i) : STK_OK;
}

/* Checks the text of piece `i`. A piece without one names a function of an earlier text. */
static int check_source(struct stk_opencl *cl, uint32_t i) {
    const struct stk_opencl_config *c = &cl->config;
    const struct stk_opencl_piece *p = &c->pieces[i];
    uint32_t k;
    if (p->source) {
        unsigned line = line_of_directive(p->source);
        if (line != 0u) {
            REFUSE("%s:%u: a #line would hide where errors are: take it out", p->name, line);
        }
        return STK_OK;
    }
    for (k = 0; k < i; k++) {
        if (c->pieces[k].source) {
            return STK_OK;
        }
    }
    REFUSE("%s: has no source, and no piece before it has: give it its text", p->name);
}

/* Checks that a fused op names functions of pieces, all of one width: lanes of a wide handler work together, those of a
 * scalar one do not. */
static int check_fused(struct stk_opencl *cl, const struct stk_opencl_fused *f) {
    const struct stk_opencl_config *c = &cl->config;
    uint32_t width = 0, i;
    if (!f->functions || f->function_count == 0u || f->function_count > STK_OPENCL_PARTS_MAX) {
        REFUSE("%s: fuses %u functions: name 1 to %u", f->name, (unsigned)f->function_count, STK_OPENCL_PARTS_MAX);
    }
    for (i = 0; i < f->function_count; i++) {
        uint32_t at = stk_opencl_piece_of(c, f->functions[i]);
        if (at == STK_OPENCL_NO_PIECE) {
            REFUSE("%s: %.80s is the function of no piece: add a piece for it, with opcode 0 if it needs none", f->name,
                   f->functions[i] ? f->functions[i] : "(null)");
        }
        if (width != 0u && c->pieces[at].width != width) {
            REFUSE("%s: %s is %s and %s is not: fuse functions of one width", f->name, f->functions[0],
                   width == STK_WIDE ? "wide" : "scalar", f->functions[i]);
        }
        width = c->pieces[at].width;
    }
    return STK_OK;
}

/* Checks that cost `i` belongs to an opcode of the configuration, and that no earlier cost has the same opcode. */
static int check_cost(struct stk_opencl *cl, uint32_t i) {
    const struct stk_opencl_config *c = &cl->config;
    uint32_t opcode = c->costs[i].opcode, k;
    const char *function = c->costs[i].function;
    for (k = 0; k < c->piece_count + c->fused_count && opcode_of(c, k) != opcode; k++) {
    }
    if (opcode == 0u || k == c->piece_count + c->fused_count) {
        REFUSE("cost %u: opcode 0x%x is that of no piece and no fused op", (unsigned)i, (unsigned)opcode);
    }
    if (!function || !identifier_ok(function)) {
        REFUSE("cost %u: %.80s is no name of a function in C", (unsigned)i, function ? function : "(null)");
    }
    for (k = 0; k < i; k++) {
        if (c->costs[k].opcode == opcode) {
            REFUSE("cost %u: opcode 0x%x has a cost already: name each opcode once", (unsigned)i, (unsigned)opcode);
        }
    }
    return STK_OK;
}

int stk_opencl_check_pieces(struct stk_opencl *cl) {
    const struct stk_opencl_config *c = &cl->config;
    uint32_t i;
    int err = STK_OK;
    if (c->piece_count > STK_OPENCL_PIECES_MAX || (c->piece_count != 0u && !c->pieces)) {
        REFUSE("%u pieces: give an array of at most %u", (unsigned)c->piece_count, STK_OPENCL_PIECES_MAX);
    }
    if (c->fused_count > STK_OPENCL_FUSED_MAX || (c->fused_count != 0u && !c->fused)) {
        REFUSE("%u fused ops: give an array of at most %u", (unsigned)c->fused_count, STK_OPENCL_FUSED_MAX);
    }
    if (c->cost_count > STK_OPENCL_COSTS_MAX || (c->cost_count != 0u && !c->costs)) {
        REFUSE("%u costs: give an array of at most %u", (unsigned)c->cost_count, STK_OPENCL_COSTS_MAX);
    }
    /* Each entry is checked against those before it, so the first mistake in the order of the configuration is the one
     * that is named. */
    for (i = 0; i < c->piece_count && err == STK_OK; i++) {
        err = check_name(cl, i);
        err = err == STK_OK ? check_source(cl, i) : err;
        err = err == STK_OK ? check_function(cl, i) : err;
    }
    for (; i < c->piece_count + c->fused_count && err == STK_OK; i++) {
        err = check_name(cl, i);
        err = err == STK_OK ? check_opcode(cl, i) : err;
        err = err == STK_OK ? check_fused(cl, &c->fused[i - c->piece_count]) : err;
    }
    for (i = 0; i < c->cost_count && err == STK_OK; i++) {
        err = check_cost(cl, i);
    }
    return err;
}
