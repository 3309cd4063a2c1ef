/* stoker port: the handshake: what one kind of memory can do in one mode. The host publishes slots, workers end them,
 * and the host checks each answer. Each wait is bounded in time on the host, and in turns on the device, so that memory
 * which is not shared ends in a reason and not in a hang. */
#include "../launch/launch.h"
#include "../memory/memory.h"
#include "../drive/drive.h"
#include "../report/report.h"
#include "search.h"
#include "stoker/atomic.h"
#include "stoker/ring.h"

/* Rounds with one slot at a time. The median of their times is p50_ns. */
#define ROUNDS 256u
/* Rounds that suffice where the machine is too busy for all of them. */
#define ROUNDS_LEAST 16u
/* Launches that the rounds may need where turns were timed wrong. */
#define LAUNCHES 3u
/* Slots that run with many in flight, and the number that suffices on a busy machine. */
#define ITEMS       100000u
#define ITEMS_LEAST 64u
/* Slots of a short handshake, where an earlier open has done a whole one. */
#define ITEMS_RECHECK 512u
/* Most slots in flight. */
#define IN_FLIGHT 256u
/* Number of atomic additions that the host makes to one word, and as many by slots. */
#define ADDS 2000u
/* Longest wait for a slot of the handshake, and longest wait for a kernel to leave, in nanoseconds. */
#define HANDSHAKE_NS UINT64_C(2000000000)
#define LEAVE_NS     UINT64_C(60000000000)
/* Looks at a slot before the host sleeps. They take longer than a way over a bus. Without a sleep the kernel of a CPU
 * device may wait for the core of the host's thread. */
#define LOOKS 4000u
/* Looks at a slot between two calls of drive, in RESIDENT. */
#define DRIVE_EVERY 64u
/* Observables at the end that are kept for the additions: they have a cache line of their own. */
#define SPARE_WORDS 16u

/* The handshake under way. */
struct hand {
    struct stk_opencl *cl;
    struct stk_ring ring;
    uint32_t pairs;     /* number of observables that slots load from, and of as many behind them that slots store to */
    uint32_t in_flight; /* most slots in flight */
    uint32_t rounds, items;  /* rounds and items to do */
    struct stk_deadline end; /* deadline of the wait for a slot */
    int one_launch;          /* 1: only the launch that is under way may answer */
};

/* Returns 1 in RESIDENT, where a running kernel and the host see each other's stores. */
static int is_live(const struct stk_opencl *cl) {
    return stk_opencl_mode(cl->mode)->live;
}

/* Starts a deadline of the handshake. The deadline lies within the time that is left for open. */
static void start(const struct hand *h, struct stk_deadline *end) {
    stk_deadline_start(end, stk_opencl_allowed(h->cl, HANDSHAKE_NS), stk_opencl_now_ns());
}

/* Reads the clock. Returns 1 once the deadline is over. */
static int over(struct stk_deadline *end) {
    return stk_deadline_look(end, stk_opencl_now_ns()) == 0u;
}

/* Returns a whole handshake for the memory and the control words that are there. */
static struct hand hand_of(struct stk_opencl *cl) {
    uint32_t words = stk_device_custody_at(&cl->memory) - STK_CTL_OBSERVABLE - SPARE_WORDS;
    struct hand h = {.cl = cl, .ring = {.words = cl->memory.ring, .slots = cl->memory.slots}, .pairs = words / 2u};
    uint32_t most = h.pairs < IN_FLIGHT ? h.pairs : IN_FLIGHT;
    h.in_flight = h.ring.slots < most ? h.ring.slots : most;
    h.rounds = ROUNDS;
    h.items = ITEMS;
    return h;
}

/* Returns true if item `n` is a NOP. Other items copy a word that the host has just written to another cache line. One
 * in four is a NOP, at another place in each round, so that a status which comes with an old opcode shows: the copy is
 * then done where it should not be. */
static int is_nop(const struct hand *h, uint32_t n) {
    return (n + n / h->in_flight) % 4u == 3u;
}

/* Returns the word of item `n`. The factor (2^32 divided by the golden ratio) makes neighbours differ in many bits, so
 * that no old word looks like the right one. */
static uint32_t value_of(uint32_t n) {
    return n * 2654435761u + 0x5A5A5A5Bu;
}

/* Publishes item `n`: writes its word, then the slot. */
static int publish(struct hand *h, uint32_t n) {
    uint32_t at = n % h->in_flight;
    const uint32_t args[2] = {STK_CTL_OBSERVABLE + at, h->pairs + at}; /* a control word, an observable */
    const struct stk_work work = {.opcode = is_nop(h, n) ? STK_OP_NOP : STK_OP_LOAD_U32,
                                  .priority = STK_PRIORITY_NORMAL,
                                  .nargs = 2,
                                  .args = args};
    stk_store(h->cl->memory.control + args[0], value_of(n));
    return stk_ring_publish(&h->ring, at, &work);
}

/* Waits until a slot is DONE. Returns STK_OK; STK_E_CANCELED: the launch that was to answer has left; STK_E_TIMEOUT; or
 * the error of a step. */
static int await(struct hand *h, uint32_t slot) {
    struct stk_opencl *cl = h->cl;
    uint32_t every = is_live(cl) ? DRIVE_EVERY : 1u;
    for (uint32_t looks = 1; stk_ring_status(&h->ring, slot) != (int)STK_SLOT_DONE; looks++) {
        stk_pause();
        if (!h->one_launch && looks % every == 0u) {
            int did = stk_opencl_step(cl, STK_OPENCL_AIM_WORK);
            if (did < 0) {
                return did;
            }
        }
        if (looks % LOOKS == 0u) {
            stk_opencl_nap();
            if (h->one_launch && stk_opencl_left(cl)) {
                return STK_E_CANCELED;
            }
            if (over(&h->end)) {
                return STK_E_TIMEOUT;
            }
        }
    }
    return STK_OK;
}

/* Waits for item `n` and checks the word that it left. Returns STK_E_CORRUPT if the status came before the word: then
 * the memory keeps no order. */
static int answer(struct hand *h, uint32_t n) {
    uint32_t at = n % h->in_flight;
    int err = await(h, at);
    if (err == STK_OK &&
        (stk_load(h->cl->memory.control + STK_CTL_OBSERVABLE + h->pairs + at) == value_of(n)) == is_nop(h, n)) {
        stk_opencl_say(h->cl, "%s: item %u: an old payload behind a new status",
                       stk_opencl_memory_name(h->cl->outcome.memory), (unsigned)n);
        return STK_E_CORRUPT;
    }
    return err;
}

/* Returns the median of at most ROUNDS times, by an insertion sort. */
static uint64_t median(uint32_t *ns, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        uint32_t v = ns[i], k = i;
        for (; k > 0u && ns[k - 1u] > v; k--) {
            ns[k] = ns[k - 1u];
        }
        ns[k] = v;
    }
    return count ? ns[count / 2u] : 0u;
}

/* Does the rounds: publishes one slot and waits for it, until all are done, the time is over, or the one launch has
 * left. */
static int rounds(struct hand *h, struct stk_deadline *end) {
    struct stk_opencl_outcome *o = &h->cl->outcome;
    uint32_t ns[ROUNDS] = {0};
    int err = STK_OK;
    o->rounds = 0;
    while (err == STK_OK && o->rounds < h->rounds && (o->rounds < ROUNDS_LEAST || !over(end))) {
        uint64_t began = stk_opencl_now_ns(), took;
        start(h, &h->end);
        err = publish(h, o->rounds);
        err = err == STK_OK ? answer(h, o->rounds) : err;
        took = stk_time_since(began, stk_opencl_now_ns());
        if (err == STK_OK) {
            ns[o->rounds++] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
        }
    }
    o->p50_ns = median(ns, o->rounds);
    return err == STK_E_CANCELED && o->rounds >= ROUNDS_LEAST ? STK_OK : err;
}

/* Does the rounds in one launch, which proves that a running kernel sees new slots. On a busy machine its turns may
 * have been timed wrong, and it leaves early: then a launch with eight times the turns is made. */
static int rounds_in_one_launch(struct hand *h) {
    struct stk_opencl *cl = h->cl;
    struct stk_deadline end;
    uint32_t turns = cl->stats.turns;
    int err = STK_E_CANCELED, joined = STK_OK;
    start(h, &end);
    h->one_launch = 1;
    for (uint32_t i = 0; i < LAUNCHES && err == STK_E_CANCELED && joined == STK_OK; i++) {
        joined = stk_opencl_renew(cl);
        err = joined == STK_OK ? stk_opencl_launch(cl) : joined;
        err = err == STK_OK ? rounds(h, &end) : err;
        joined = cl->stats.running ? stk_opencl_join(cl, stk_opencl_allowed(cl, LEAVE_NS)) : STK_OK;
        turns = turns < UINT32_MAX / 8u ? turns * 8u : UINT32_MAX;
        stk_opencl_set_turns(cl, turns, turns);
    }
    h->one_launch = 0;
    return joined != STK_OK ? joined : err;
}

/* Does the items with many slots in flight, and checks that no old word comes with a new status. */
static int order(struct hand *h) {
    struct stk_opencl_outcome *o = &h->cl->outcome;
    uint64_t began = stk_opencl_now_ns();
    struct stk_deadline end;
    uint32_t published = 0, last = h->items;
    int err = STK_OK;
    start(h, &end);
    for (o->items = 0; o->items < last && err == STK_OK; o->items += err == STK_OK) {
        if (o->items % h->in_flight == 0u) {
            last = over(&end) ? published : last;
            start(h, &h->end);
        }
        for (; published < last && published - o->items < h->in_flight && err == STK_OK; published++) {
            err = publish(h, published);
        }
        err = err == STK_OK && o->items < last ? answer(h, o->items) : err;
    }
    o->items_ns = stk_time_since(began, stk_opencl_now_ns());
    return err == STK_OK && o->items < ITEMS_LEAST ? STK_E_TIMEOUT : err;
}

/* Counts the adds that get lost when host and workers add to one word at the same time. Lost adds are no error: they
 * say that atomics of both sides do not exclude each other. */
static int adds(struct hand *h) {
    struct stk_opencl_outcome *o = &h->cl->outcome;
    uint32_t at = STK_CTL_OBSERVABLE + 2u * h->pairs, *word = h->cl->memory.control + at, expected = ADDS,
             published = 0;
    const uint32_t args[2] = {1, at};
    const struct stk_work work = {
        .opcode = STK_OP_ATOMIC_ADD, .priority = STK_PRIORITY_NORMAL, .nargs = 2, .args = args};
    int err = STK_OK;
    stk_store(word, 0u);
    start(h, &h->end);
    for (uint32_t done = 0; done < ADDS && err == STK_OK; done++) {
        for (; published < ADDS && published - done < h->in_flight && err == STK_OK; published++) {
            err = stk_ring_publish(&h->ring, published % h->in_flight, &work);
        }
        (void)stk_fetch_add(word, 1u);
        expected++;
        err = err == STK_OK ? await(h, done % h->in_flight) : err;
    }
    o->adds = expected;
    o->adds_lost = expected - stk_load(word);
    return err;
}

/* Writes the reason why a handshake timed out or was cancelled. Does nothing after any other error. */
static void explain(struct stk_opencl *cl, int err, const char *phase) {
    const char *name = stk_opencl_memory_name(cl->outcome.memory);
    int shown = stk_load(cl->memory.control + STK_CTL_WORKERS_IN) != 0u;
    if (err != STK_E_TIMEOUT && err != STK_E_CANCELED) {
        /* The code that met the error has written the reason. */
        return;
    }
    if (is_live(cl) && !shown) {
        stk_opencl_say(cl, "%s: the host did not see the running kernel's stores", name);
    } else if (is_live(cl)) {
        stk_opencl_say(cl, "%s: the running kernel did not answer %s %u", name, phase,
                       (unsigned)(cl->outcome.items ? cl->outcome.items : cl->outcome.rounds));
    } else {
        stk_opencl_say(cl, "%s: launch after launch did not answer %s %u", name, phase,
                       (unsigned)(cl->outcome.items ? cl->outcome.items : cl->outcome.rounds));
    }
}

/* Does the rounds, then the items. */
static int shake(struct hand *h) {
    struct stk_opencl *cl = h->cl;
    const char *phase = "round";
    struct stk_deadline end;
    int err;
    start(h, &end);
    err = is_live(cl) ? rounds_in_one_launch(h) : rounds(h, &end);
    if (err == STK_OK) {
        phase = "item";
        /* The counters of the launches begin at 0 again, since no launch is under way. */
        err = cl->stats.running ? STK_OK : stk_opencl_renew(cl);
        err = err == STK_OK ? order(h) : err;
    }
    explain(cl, err, phase);
    return err;
}

int stk_opencl_shake(struct stk_opencl *cl) {
    struct hand h = hand_of(cl);
    int err = shake(&h);
    if (err == STK_OK && is_live(cl)) {
        err = adds(&h);
        explain(cl, err, "item");
    }
    return err;
}

int stk_opencl_shake_again(struct stk_opencl *cl) {
    struct hand h = hand_of(cl);
    h.rounds = ROUNDS_LEAST;
    h.items = ITEMS_RECHECK;
    return shake(&h);
}
