/* stoker port: the flags with which a ring is made, and the report of what a ring has. The port tries sets of flags
 * from the best to the plain ring, since older kernels refuse flags that they do not know; a feature that is missing
 * never fails an open. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Features without which the port does not work, all of Linux 5.6: no answer is dropped, a request may change after
 * submit, and offset -1 reads on from the file's own position. */
#define FEATURES_NEEDED (IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_RW_CUR_POS)
/* Flags for NVMe commands, which do not fit into requests and answers of the usual size. */
#define LARGE_REQUESTS ((uint32_t)IORING_SETUP_SQE128 | (uint32_t)IORING_SETUP_CQE32)
/* Most sets of flags that can be tried: five for large requests, and five without. */
#define WAYS_MAX 10u
#define PAGE     4096u

/// Ways ///

/* Sets of flags to try, best first. The kernel refuses flags that it does not know with EINVAL. */
struct ways {
    uint32_t flags[WAYS_MAX], count;
};

/* Adds a set of flags if it is wanted. The calls stand in the order of preference. */
static void add_way(struct ways *w, bool wanted, uint32_t flags) {
    if (wanted) {
        w->flags[w->count++] = flags;
    }
}

/* Adds all sets of flags that contain `base`. IORING_SETUP_TASKRUN_FLAG goes with task work: by this flag a look at the
 * queue sees that the kernel has work to do for it. */
static void add_ways(struct ways *w, uint32_t wishes, uint32_t base) {
    bool one_thread = (wishes & STK_URING_ONE_THREAD) != 0;
    bool coop = one_thread || (wishes & STK_URING_COOP) != 0;
    bool sqpoll = (wishes & STK_URING_SQPOLL) != 0;
    add_way(w, sqpoll && one_thread, base | IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER);
    add_way(w, sqpoll, base | IORING_SETUP_SQPOLL);
    add_way(w, one_thread, base | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
    add_way(w, coop, base | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
    /* The last set asks for nothing more than `base`, so a kernel that has io_uring takes one. */
    add_way(w, true, base);
}

/// Report ///

/* For each feature that a flag of the set-up gives: the flag, and the wishes of the caller that ask for it. */
static const struct {
    enum stk_uring_feature feature;
    uint32_t flag, wishes;
} of_setup[] = {
    {STK_URING_SINGLE_ISSUER, IORING_SETUP_SINGLE_ISSUER, STK_URING_ONE_THREAD},
    {STK_URING_DEFER_TASKRUN, IORING_SETUP_DEFER_TASKRUN, STK_URING_ONE_THREAD},
    {STK_URING_COOP_TASKRUN, IORING_SETUP_COOP_TASKRUN, STK_URING_ONE_THREAD | STK_URING_COOP},
    {STK_URING_KERNEL_THREAD, IORING_SETUP_SQPOLL, STK_URING_SQPOLL},
    {STK_URING_LARGE_REQUESTS, LARGE_REQUESTS, STK_URING_PASSTHROUGH},
};

/* Returns true if another feature of the ring takes the place of this one or forbids it. Then the feature is missing
 * although the kernel did not refuse it. */
static bool is_excluded(uint32_t setup_flags, enum stk_uring_feature feature) {
    bool task_work = feature == STK_URING_DEFER_TASKRUN || feature == STK_URING_COOP_TASKRUN;
    return task_work && (setup_flags & (IORING_SETUP_SQPOLL | IORING_SETUP_DEFER_TASKRUN)) != 0;
}

/* Notes for each feature whether the ring has it, and why not. `errors` are the errnos with which the kernel refused
 * features in earlier sets of flags. */
static void note_features(struct stk_uring *u, uint32_t wishes, const int errors[STK_URING_FEATURES]) {
    for (size_t i = 0; i < sizeof of_setup / sizeof of_setup[0]; i++) {
        enum stk_uring_feature feature = of_setup[i].feature;
        struct stk_uring_feature_state state = {STK_URING_ON, 0};
        if ((u->setup_flags & of_setup[i].flag) != of_setup[i].flag) {
            state.why = (wishes & of_setup[i].wishes) == 0     ? STK_URING_NOT_ASKED
                        : is_excluded(u->setup_flags, feature) ? STK_URING_EXCLUDED
                                                               : STK_URING_REFUSED;
            state.os_error = state.why == STK_URING_REFUSED ? errors[feature] : 0;
        }
        u->feature[feature] = state;
    }
    /* Files are always registered: open fails without them. */
    u->feature[STK_URING_FILES].why = STK_URING_ON;
    u->feature[STK_URING_BUFFERS].why = (wishes & STK_URING_PLAIN) != 0 ? STK_URING_NOT_ASKED : STK_URING_ON;
    u->feature[STK_URING_TIMED_WAIT].why = (wishes & STK_URING_WAIT_BY_POLL) != 0     ? STK_URING_NOT_ASKED
                                           : (u->flags & STK_URING_WAIT_BY_POLL) != 0 ? STK_URING_REFUSED
                                                                                      : STK_URING_ON;
    u->feature[STK_URING_MULTISHOT].why = STK_URING_NOT_ASKED; /* no socket has asked for multishot yet */
}

static const char *const names[STK_URING_FEATURES] = {
    [STK_URING_BUFFERS] = "registered buffers",
    [STK_URING_FILES] = "registered files",
    [STK_URING_SINGLE_ISSUER] = "single issuer",
    [STK_URING_DEFER_TASKRUN] = "deferred task work",
    [STK_URING_COOP_TASKRUN] = "cooperative task work",
    [STK_URING_KERNEL_THREAD] = "SQPOLL",
    [STK_URING_LARGE_REQUESTS] = "large requests",
    [STK_URING_TIMED_WAIT] = "timed wait",
    [STK_URING_HUGE_PAGES] = "huge pages",
    [STK_URING_MULTISHOT] = "multishot receive",
};

const char *stk_uring_feature_name(enum stk_uring_feature feature) {
    return (uint32_t)feature < STK_URING_FEATURES ? names[feature] : NULL;
}

const char *stk_uring_setup_name(uint32_t setup_flags) {
    return (setup_flags & IORING_SETUP_DEFER_TASKRUN) != 0  ? "single issuer, deferred task work"
           : (setup_flags & IORING_SETUP_COOP_TASKRUN) != 0 ? "cooperative task work"
                                                            : "plain set-up";
}

/* Returns the words for why a feature is off. */
static const char *why_off(const struct stk_uring_feature_state *state) {
    return state->why == STK_URING_NOT_ASKED  ? "not asked for"
           : state->why == STK_URING_EXCLUDED ? "needless beside the others"
           : state->os_error == 0             ? "unknown to this kernel"
                                              : strerror(state->os_error);
}

/* Appends to `line` the features that are on, or those that are off. */
static void add_features(char line[STK_URING_SETUP_BYTES], const struct stk_uring *u, bool on) {
    const char *before = on ? "" : "; without ";
    for (int i = 0; i < STK_URING_FEATURES; i++) {
        const struct stk_uring_feature_state *state = &u->feature[i];
        size_t n = strlen(line);
        if ((state->why == STK_URING_ON) == on) {
            (void)snprintf(line + n, STK_URING_SETUP_BYTES - n, "%s%s%s%s%s", before, names[i], on ? "" : " (",
                           on ? "" : why_off(state), on ? "" : ")");
            before = ", ";
        }
    }
}

int stk_uring_describe_setup(const struct stk_uring *uring, char *text, size_t bytes) {
    char line[STK_URING_SETUP_BYTES] = "";
    if (uring == NULL || (text == NULL && bytes != 0)) {
        return STK_E_ARG;
    }
    if (uring->ring == NULL) {
        return STK_E_SHUTDOWN;
    }
    add_features(line, uring, true);
    add_features(line, uring, false);
    size_t n = strlen(line) + 1;
    if (bytes < n) {
        return STK_E_SPACE;
    }
    memcpy(text, line, n);
    return (int)(n - 1);
}

/// Set-up ///

/* Makes the ring with these flags. Returns 0 or a positive errno. */
static int try_way(struct stk_uring *u, const struct stk_uring_config *c, uint32_t flags,
                   struct io_uring_params *params) {
    *params = (struct io_uring_params){.flags = flags};
    params->sq_thread_idle = (flags & IORING_SETUP_SQPOLL) != 0 ? c->sqpoll_idle_ms : 0u;
    /* One entry for each read and one for a cancel. The kernel makes the queue of answers twice as long, so it never
     * overflows. */
    return -io_uring_queue_init_params(c->depth + 1, u->ring, params);
}

/* Notes the errno for each feature of a set of flags that the kernel refused. A later set has fewer features, so the
 * last error of a feature is the one that is about this feature. */
static void note_refusal(uint32_t flags, int e, int errors[STK_URING_FEATURES]) {
    for (size_t i = 0; i < sizeof of_setup / sizeof of_setup[0]; i++) {
        if ((flags & of_setup[i].flag) == of_setup[i].flag) {
            errors[of_setup[i].feature] = e;
        }
    }
}

/* Returns true if another set of flags may do: the kernel does not know the flags, or forbids a thread of its own. */
static bool is_about_flags(uint32_t flags, int e) {
    return e == EINVAL || (e != 0 && (flags & IORING_SETUP_SQPOLL) != 0);
}

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

/* Asks for huge pages behind the memory. Must come before the memory is registered, since pages that are pinned stay as
 * they are. A failure is noted and is no error. */
static void ask_for_huge_pages(struct stk_uring *u) {
    uintptr_t first = (uintptr_t)u->mem + (PAGE - (uintptr_t)u->mem % PAGE) % PAGE;
    uintptr_t end = (uintptr_t)u->mem + u->mem_bytes;
    struct stk_uring_feature_state *state = &u->feature[STK_URING_HUGE_PAGES];
    uint8_t *pages = u->mem + (first - (uintptr_t)u->mem);
    if ((u->flags & STK_URING_HUGE) == 0) {
        state->why = STK_URING_NOT_ASKED;
    } else if (first + PAGE > end || madvise(pages, (end - first) / PAGE * PAGE, MADV_HUGEPAGE) != 0) {
        *state = (struct stk_uring_feature_state){STK_URING_REFUSED, first + PAGE > end ? EINVAL : errno};
    } else {
        /* The result is ignored: where this call fails, the kernel makes huge pages of the memory in its own time. */
        (void)madvise(pages, (end - first) / PAGE * PAGE, MADV_COLLAPSE);
        state->why = STK_URING_ON;
    }
}

int stk_uring_setup_(struct stk_uring *u, const struct stk_uring_config *c) {
    struct io_uring_params params = {0};
    struct ways ways = {{0}, 0};
    int errors[STK_URING_FEATURES] = {0}, e = EINVAL;
    /* Large requests come first. If the kernel knows them not, the ring is made without them and refuses NVMe
     * namespaces. */
    if ((c->flags & STK_URING_PASSTHROUGH) != 0) {
        add_ways(&ways, c->flags, LARGE_REQUESTS);
    }
    add_ways(&ways, c->flags, 0);
    for (uint32_t i = 0; i < ways.count && is_about_flags(u->setup_flags, e); i++) {
        u->setup_flags = ways.flags[i];
        e = try_way(u, c, u->setup_flags, &params);
        note_refusal(u->setup_flags, e, errors);
    }
    if (e != 0) {
        return e;
    }
    if ((params.features & FEATURES_NEEDED) != FEATURES_NEEDED) {
        io_uring_queue_exit(u->ring);
        return ENOSYS;
    }
    /* Before Linux 5.11 no call waits for an answer with a timeout, so the port polls the ring's descriptor instead. */
    if ((params.features & IORING_FEAT_EXT_ARG) == 0) {
        u->flags |= STK_URING_WAIT_BY_POLL;
    }
    note_features(u, c->flags, errors);
    ask_for_huge_pages(u);
    return 0;
}
