/* The weak memory checker, as litmus programs see it.
 *
 * A litmus program is a set-up and up to four threads, which are plain functions over the real code of core/ and
 * kernels/. The headers in include/ stand in for stoker/atomic.h and stoker/kernel/lang.h: there each access to a
 * shared word asks the checker which value it finds. The checker runs the threads again and again, until it has seen
 * every execution that the memory model allows. A thread therefore keeps its state in local variables, and does the
 * same whenever it finds the same values.
 */
#ifndef WEAK_H
#define WEAK_H

#include <stdbool.h>
#include <stdint.h>

#define WEAK_THREADS 4

/* Memory orders as sets of bits. */
enum weak_order {
    WEAK_RELAXED = 0,
    WEAK_ACQUIRE = 1,
    WEAK_RELEASE = 2,
    WEAK_ACQ_REL = 3,
    WEAK_SEQ_CST = 7,
    WEAK_PLAIN = 8 /* not atomic: two such accesses of one word that nothing orders are a data race */
};

/* The threads that an order reaches: the threads of the same device, or all threads. An order of a thread of the host
 * always reaches all threads. */
enum weak_scope {
    WEAK_SYSTEM = 0,
    WEAK_DEVICE = 1
};

/* What an access can have beyond relaxed order. A mutation takes one of these from one access. */
enum weak_part {
    WEAK_PART_ACQUIRE,
    WEAK_PART_RELEASE,
    WEAK_PART_FAILURE, /* the acquire of a compare-and-swap that fails */
    WEAK_PART_FENCE,
    WEAK_PARTS
};

/* The place in the source that makes an access, and the call that stands there. */
struct weak_site {
    const char *file, *call;
    int line;
};

#define WEAK_SITE(call) (&(const struct weak_site){__FILE__, call, __LINE__})

enum weak_expect {
    WEAK_FORBIDDEN,
    WEAK_ALLOWED
};

struct weak_program {
    const char *name;
    void (*setup)(void);
    void (*threads[WEAK_THREADS])(void);
    void (*final)(void); /* may be NULL; all threads have ended or stopped */
    enum weak_expect outcome;
    unsigned device;   /* bit t: thread t runs on the device */
    bool at_once;      /* all threads see a store at the same time (graph.h) */
    unsigned goals;    /* bits of weak_goal() that some execution has to reach: the program is no empty promise */
    unsigned patience; /* accesses after which a thread ends that tries again and again; 0: any number */
};

/// For set-ups ///

/* Shares `count` words, which have the values that stand there now. An access to any other word is the thread's own:
 * a load finds what the set-up left there, and a store changes nothing. */
void weak_share(const void *words, unsigned count);
/* Shares `count` words that only one party at a time may use. Two accesses that nothing orders count as a data race
 * here, even if they are atomic. RC11 keeps a load before the stores behind it. C11 does not, so a program has to order
 * these too. */
void weak_share_owned(const void *words, unsigned count);

/// For threads and final checks ///

uint32_t weak_load(const uint32_t *word, unsigned order, const struct weak_site *site);
void weak_store(uint32_t *word, uint32_t value, unsigned order, const struct weak_site *site);
uint32_t weak_cas(uint32_t *word, uint32_t expected, uint32_t desired, unsigned order, unsigned failure,
                  const struct weak_site *site);
uint32_t weak_add(uint32_t *word, uint32_t value, unsigned order, const struct weak_site *site);
void weak_fence(unsigned order, enum weak_scope scope, const struct weak_site *site);

/* Waits until all threads of `group`, a bit for each, have come to the same call of this function. */
void weak_barrier(unsigned group);

/* Says whether the execution has the outcome that the program is about. */
void weak_outcome(bool seen);
/* The outcome of a program that checks the real code: a check that fails. */
#define weak_check(holds) weak_outcome(!(holds))

void weak_goal(unsigned goal);

/* Ends the thread here. */
_Noreturn void weak_stop(void);
/* Ends the thread here unless the condition holds: what a loop that waits for the condition would do. */
#define weak_await(holds)                                                                                              \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            weak_stop();                                                                                               \
        }                                                                                                              \
    } while (0)

/* Keeps a value of a thread for the final check. */
void weak_note(unsigned place, uint32_t value);
uint32_t weak_noted(unsigned place);
/* For final checks: the last value of a shared word. */
uint32_t weak_last(const uint32_t *word);

/// Plain accesses of data, such as payload ///

#define weak_data_get(word)        weak_load((word), WEAK_PLAIN, WEAK_SITE("data"))
#define weak_data_put(word, value) weak_store((word), (value), WEAK_PLAIN, WEAK_SITE("data"))

#endif
