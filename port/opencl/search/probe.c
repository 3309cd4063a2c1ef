/* stoker port: finds memory and mode. Tries an outcome of an earlier open first, then every kind of memory in its order
 * until one is RESIDENT; or else the first that is good for QUANTUM; or else copies. One trial is in prove.c. */
#include <stdio.h>
#include <string.h>

#include "../launch/launch.h"
#include "../memory/memory.h"
#include "../drive/drive.h"
#include "../persist/persist.h"
#include "../report/report.h"
#include "search.h"

/* Nanoseconds for which open waits until a kernel leaves whose memory was refused. */
#define LEAVE_NS UINT64_C(2000000000)

/* Reasons why other kinds were passed over, as one text. */
struct passed {
    char text[400]; /* the reasons, each behind a separator */
    size_t used;    /* bytes of the text */
};

/* Appends the reason of a kind that was refused, and empties cl->reason. A reason that does not fit is left out. */
static void pass_over(struct stk_opencl *cl, struct passed *p) {
    size_t left = sizeof p->text - p->used, bytes = strlen(cl->reason);
    if (bytes && bytes + 3u < left) {
        memcpy(p->text + p->used, "; ", 2);
        memcpy(p->text + p->used + 2, cl->reason, bytes + 1u);
        p->used += bytes + 2u;
    }
    stk_opencl_clear_reason(cl);
}

/* Returns 1 for a kind of memory that the caller asks for by its name, or that the board allows. */
static int asked(const struct stk_opencl_config *c, enum stk_opencl_memory memory) {
    return c->memory == memory || (c->memory == STK_OPENCL_ANY &&
                                   (memory == STK_OPENCL_COPIES || ((STK_OPENCL_KINDS_OFF >> memory) & 1u) == 0u));
}

/* Returns 1 for a kind of memory that the configuration allows in this mode, and that is not known to be impossible. */
static int wanted(const struct stk_opencl *cl, enum stk_residency mode, enum stk_opencl_memory memory) {
    const struct stk_opencl_config *c = &cl->config;
    return !(cl->own.search.synchronous && mode != STK_BATCH) && (c->residency == 0 || c->residency == mode) &&
           asked(c, memory);
}

/* Starts an outcome for this kind of memory, in which nothing is measured yet. */
static void forget(struct stk_opencl *cl, enum stk_opencl_memory memory) {
    cl->outcome = (struct stk_opencl_outcome){.memory = memory};
    stk_opencl_sign(cl, &cl->outcome);
}

/* Tries one kind in one mode. If it does not work, releases what it took, unless a kernel still runs there. */
static int try_kind(struct stk_opencl *cl, enum stk_opencl_memory memory, enum stk_residency mode) {
    int err;
    forget(cl, memory);
    err = stk_opencl_take(cl, memory);
    if (err != STK_OK) {
        /* The driver has no such buffer, or not one so large; another kind may do. */
        return STK_E_UNSUPPORTED;
    }
    err = stk_opencl_prove(cl, mode);
    if (err != STK_OK && !cl->stats.running) {
        stk_opencl_give(cl);
    }
    /* Another kind of memory may need less. */
    return err == STK_E_NOMEM ? STK_E_UNSUPPORTED : err;
}

/* Tries the kinds in their order until one works. Returns STK_E_UNSUPPORTED if none does. */
static int try_kinds(struct stk_opencl *cl, enum stk_residency mode, struct passed *p) {
    int first = mode == STK_BATCH ? STK_OPENCL_COPIES : STK_OPENCL_SVM_ATOMICS;
    int last = mode == STK_BATCH ? STK_OPENCL_COPIES : STK_OPENCL_SVM, err = STK_E_UNSUPPORTED;
    for (int kind = first; kind <= last && err == STK_E_UNSUPPORTED; kind++) {
        if (wanted(cl, mode, (enum stk_opencl_memory)kind)) {
            err = try_kind(cl, (enum stk_opencl_memory)kind, mode);
            if (err == STK_E_UNSUPPORTED) {
                pass_over(cl, p);
            }
        }
    }
    return err;
}

/* Sets the mode up with the user's configuration and an empty ring. `known`: 1 keeps the times that an earlier open
 * measured for a turn and for a unit of cost; 0 measures these times now. */
static int arrange(struct stk_opencl *cl, int known) {
    const struct stk_opencl_terms terms = stk_opencl_user_terms(cl);
    const enum stk_residency mode = cl->outcome.residency;
    int err;
    stk_opencl_set_mode(cl, mode, &terms);
    err = stk_opencl_mode(mode)->attach(cl, cl->memory.control_words, cl->memory.payload_bytes);
    err = err == STK_OK ? stk_opencl_warm_up(cl) : err;
    err = err == STK_OK ? stk_opencl_renew(cl) : err;
    if (err == STK_OK && !known) {
        err = stk_opencl_pace(cl);
        err = err == STK_OK ? stk_opencl_renew(cl) : err;
    }
    stk_opencl_set_mode(cl, mode, &terms);
    return err;
}

/* Sets the mode up with the user's configuration. On failure it releases the memory, so that the caller can try the
 * next kind. */
static int finish(struct stk_opencl *cl, int known) {
    int err = arrange(cl, known);
    if (err == STK_OK) {
        return err;
    }
    if (stk_opencl_join(cl, LEAVE_NS) == STK_E_TIMEOUT) {
        return STK_E_DEVICE;
    }
    stk_opencl_give(cl);
    return err;
}

/* Writes into cl->reason how the mode was found, with the counts and times of the handshake. */
static void describe(struct stk_opencl *cl, const struct passed *p) {
    const struct stk_opencl_outcome *o = &cl->outcome;
    static const char *const where[] = {"", "inside one launch", "at the borders of launches", "by copies"};
    stk_opencl_clear_reason(cl);
    stk_opencl_say(cl, "handshake: %u slots published and answered %s, p50 %llu ns, %u items in order",
                   (unsigned)o->rounds, where[o->residency], (unsigned long long)o->p50_ns, (unsigned)o->items);
    if (o->adds_lost) {
        stk_opencl_say(cl, ", %u of %u adds of both sides lost", (unsigned)o->adds_lost, (unsigned)o->adds);
    }
    stk_opencl_say(cl, "%s", p->text);
}

/* Returns 1 if an outcome belongs to this device under this driver. */
static int is_about(const struct stk_opencl *cl, const struct stk_opencl_outcome *k) {
    return strcmp(k->device, cl->device.name) == 0 && strcmp(k->driver, cl->device.driver) == 0 &&
           memcmp(k->identity, cl->device.identity, sizeof k->identity) == 0;
}

/* Returns 1 if an outcome is one that a handshake can end with, and that the configuration allows. The caller's outcome
 * may hold anything. */
static int is_usable(const struct stk_opencl *cl, const struct stk_opencl_outcome *k) {
    return k->turn_cost != 0u && k->unit_cost != 0u && k->residency >= STK_RESIDENT && k->residency <= STK_BATCH &&
           (k->residency == STK_BATCH) == (k->memory == STK_OPENCL_COPIES) && wanted(cl, k->residency, k->memory);
}

/* Takes the outcome of an earlier open, if it is about this device, its memory can be had, and a short handshake
 * confirms it. Returns STK_E_UNSUPPORTED if not, and then the caller probes. */
static int take_known(struct stk_opencl *cl, const struct stk_opencl_outcome *k) {
    int err = k && is_about(cl, k) && is_usable(cl, k) ? stk_opencl_take(cl, k->memory) : STK_E_UNSUPPORTED;
    if (err != STK_OK) {
        stk_opencl_clear_reason(cl);
        return STK_E_UNSUPPORTED;
    }
    err = stk_opencl_prove_again(cl, k);
    if (err != STK_OK) {
        if (!cl->stats.running) {
            stk_opencl_give(cl);
        }
        return err;
    }
    stk_opencl_clear_reason(cl);
    err = finish(cl, 1);
    if (err == STK_OK) {
        stk_opencl_say(cl, "as an earlier handshake found");
    }
    return err;
}

/* Takes the outcome that the caller gave, or else the one in cache or store. If it does not work any more, its reason
 * comes before those of the probe. */
static int take_earlier(struct stk_opencl *cl, struct passed *p) {
    struct stk_opencl_outcome kept;
    const struct stk_opencl_outcome *known = cl->config.known;
    enum stk_opencl_origin from = STK_OPENCL_FROM_CALLER, remembered = stk_opencl_load_outcome(cl, &kept);
    int err;
    if (!known && remembered != STK_OPENCL_MADE) {
        known = &kept;
        from = remembered;
    }
    err = take_known(cl, known);
    cl->proved_from = err == STK_OK ? from : STK_OPENCL_MADE;
    if (err == STK_E_UNSUPPORTED) {
        pass_over(cl, p);
    }
    return err;
}

int stk_opencl_find_mode(struct stk_opencl *cl) {
    struct passed p = {.used = 0};
    int err = take_earlier(cl, &p);
    for (int mode = STK_RESIDENT; mode <= (int)STK_BATCH && err == STK_E_UNSUPPORTED; mode++) {
        err = try_kinds(cl, (enum stk_residency)mode, &p);
        if (err == STK_OK) {
            err = finish(cl, 0);
            if (err == STK_OK) {
                describe(cl, &p);
            } else if (err == STK_E_UNSUPPORTED) {
                pass_over(cl, &p);
            }
        }
    }
    if (err == STK_E_UNSUPPORTED) {
        stk_opencl_clear_reason(cl);
        /* The text begins with a separator of two characters. */
        stk_opencl_say(cl, "%s", p.used > 2u ? p.text + 2 : "no memory of that kind");
    }
    return err;
}
