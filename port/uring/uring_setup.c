/* stoker port: the ways in which the kernel makes a ring, and the report of what a ring has. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define FEATURES_NEEDED (IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_RW_CUR_POS)
#define LARGE_REQUESTS  ((uint32_t)IORING_SETUP_SQE128 | (uint32_t)IORING_SETUP_CQE32)
#define WAYS_MAX        10u
#define PAGE            4096u

/// Ways ///

/* The flags to try, best first. The kernel refuses flags that it does not know with EINVAL. */
struct ways {
    uint32_t flags[WAYS_MAX], count;
};

static void add_way(struct ways *w, bool wanted, uint32_t flags) {
    if (wanted) {
        w->flags[w->count++] = flags;
    }
}

/* Adds all ways that have the flags `base`. The flag for task work lets a look at the queue see that the kernel has
 * work to do for it. */
static void add_ways(struct ways *w, uint32_t wishes, uint32_t base) {
    bool one_thread = (wishes & STK_URING_ONE_THREAD) != 0;
    bool coop = one_thread || (wishes & STK_URING_COOP) != 0;
    bool sqpoll = (wishes & STK_URING_SQPOLL) != 0;
    add_way(w, sqpoll && one_thread, base | IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER);
    add_way(w, sqpoll, base | IORING_SETUP_SQPOLL);
    add_way(w, one_thread, base | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
    add_way(w, coop, base | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
    add_way(w, true, base);
}

/// Report ///

/* The flag of each feature that is one of the ring's set-up, and the wishes that ask for the feature. */
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

/* Returns true if a feature of the ring forbids this one, or does the same better. */
static bool is_excluded(uint32_t setup_flags, enum stk_uring_feature feature) {
    bool task_work = feature == STK_URING_DEFER_TASKRUN || feature == STK_URING_COOP_TASKRUN;
    return task_work && (setup_flags & (IORING_SETUP_SQPOLL | IORING_SETUP_DEFER_TASKRUN)) != 0;
}

/* Notes what the ring has. `errors` are those with which the kernel refused features in earlier ways. */
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
    u->feature[STK_URING_FILES].why = STK_URING_ON;
    u->feature[STK_URING_BUFFERS].why = (wishes & STK_URING_PLAIN) != 0 ? STK_URING_NOT_ASKED : STK_URING_ON;
    u->feature[STK_URING_TIMED_WAIT].why = (wishes & STK_URING_WAIT_BY_POLL) != 0     ? STK_URING_NOT_ASKED
                                           : (u->flags & STK_URING_WAIT_BY_POLL) != 0 ? STK_URING_REFUSED
                                                                                      : STK_URING_ON;
    u->feature[STK_URING_MULTISHOT].why = STK_URING_NOT_ASKED; /* before a socket asks for it */
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
    /* One entry a read and one for a cancel; the completion queue is twice as long, so it never overflows. */
    return -io_uring_queue_init_params(c->depth + 1, u->ring, params);
}

/* Notes the errno for each feature of a way that the kernel refused. A later way has fewer features, so the last error
 * of a feature is the one that is about it. */
static void note_refusal(uint32_t flags, int e, int errors[STK_URING_FEATURES]) {
    for (size_t i = 0; i < sizeof of_setup / sizeof of_setup[0]; i++) {
        if ((flags & of_setup[i].flag) == of_setup[i].flag) {
            errors[of_setup[i].feature] = e;
        }
    }
}

/* Returns true if another way may do: the kernel does not know the flags, or forbids a thread of its own. */
static bool is_about_flags(uint32_t flags, int e) {
    return e == EINVAL || (e != 0 && (flags & IORING_SETUP_SQPOLL) != 0);
}

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

/* Asks for huge pages behind the memory, before the memory is registered: pages that are pinned stay as they are. */
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
        /* Where this fails, the kernel makes huge pages of the memory in its own time. */
        (void)madvise(pages, (end - first) / PAGE * PAGE, MADV_COLLAPSE);
        state->why = STK_URING_ON;
    }
}

int stk_uring_setup_(struct stk_uring *u, const struct stk_uring_config *c) {
    struct io_uring_params params = {0};
    struct ways ways = {{0}, 0};
    int errors[STK_URING_FEATURES] = {0}, e = EINVAL;
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
    if ((params.features & IORING_FEAT_EXT_ARG) == 0) {
        u->flags |= STK_URING_WAIT_BY_POLL;
    }
    note_features(u, c->flags, errors);
    ask_for_huge_pages(u);
    return 0;
}
