/* One execution of a litmus program so far, and the rules of the memory model for its next event.
 *
 * The model is RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing Sequential Consistency in C/C++11, PLDI 2017),
 * with two differences. A release sequence is that of C++20: it goes on through read-modify-writes alone, and not
 * through later stores of the same thread, which allows more executions. And a release may reach the device alone:
 * threads of the host do not hear it. An acquire hears what was released for its thread, whatever its own scope. OpenCL
 * 2.0 asks for more: there a fence of the device's scope does not hear the host. So the programs assume of a device
 * with STK_MEM_FENCE_OF_ONE that its fence for the device also keeps the loads behind it from finding older words of
 * the host's memory.
 *
 * Where all threads see a store at the same time (x86, ARMv8, RISC-V), a program may count on more: who reads a store
 * also knows what was released with the stores that it overwrote. C11 does not promise so.
 *
 * An execution has no cycle in program order and reads-from, so that each one can be built event by event, every read
 * after the write that it reads from. What happens before an event is therefore complete when the event is added. */
#ifndef WEAK_GRAPH_H
#define WEAK_GRAPH_H

#include "weak.h"

#define EVENTS 128 /* most events of an execution, with the first value of each shared word */
#define WORDS  16  /* shared words */
#define WRITES 40  /* most writes to one word */

#define NOBODY 0xFF

__extension__ typedef unsigned __int128 set; /* a set of events */

enum kind {
    INIT,
    LOAD,
    STORE,
    RMW,
    FENCE,
    ARRIVE,
    LEAVE
};

/* An access that a thread is about to make. */
struct op {
    enum kind kind; /* a compare-and-swap is an RMW, and becomes a LOAD where it fails */
    unsigned order, failure;
    enum weak_scope scope;
    uint8_t word;
    bool compares; /* true: the read-modify-write is a compare-and-swap; false: it adds */
    uint32_t expected, value;
    unsigned group; /* number of the group, for ARRIVE and LEAVE */
    struct weak_site site;
};

/* The events that a thread learns of when it acquires: the events that happened before a release, by the thread that
 * released and the threads that the release reaches. */
struct view {
    set host;   /* events that a thread of the host has released */
    set system; /* events that a thread of the device has released for all threads */
    set device; /* events that a thread of the device has released for threads of the device */
};

struct event {
    uint8_t kind, order, scope, thread, word, source; /* source: the write that a read reads from */
    unsigned group;
    uint32_t read, written;
    set before; /* events that happen before this one */
    /* for a write: the events that a thread learns of when it reads the write with acquire order */
    struct view released;
    struct weak_site site;
};

enum state {
    UNKNOWN,
    PENDING,
    ENDED
};

struct thread {
    uint8_t events[EVENTS], count;
    uint8_t state;
    struct op next;       /* the access that the thread is about to make, in state PENDING */
    set past;             /* the events of the thread, and the events that happen before these */
    struct view released; /* events that its last release fence has released */
    struct view heard;    /* events that its relaxed reads have brought; the next acquire fence makes them known */
};

struct graph {
    struct event events[EVENTS];
    uint8_t count, words;
    uint8_t order[WORDS][WRITES], writes[WORDS]; /* modification order of each word */
    struct thread threads[WEAK_THREADS];
    unsigned device; /* threads that run on the device */
    unsigned owned;  /* words that one party at a time has for itself */
    bool at_once;    /* all threads see a store at the same time */
    /* the last event should have been built earlier; another order of building gives the same execution */
    bool too_late;
    bool raced; /* two accesses are a data race */
};

void graph_begin(struct graph *g, unsigned device, bool at_once);
/* Adds a shared word. */
void graph_share(struct graph *g, uint32_t value, bool owned);

/* The first place in the modification order of a word that the next event of the thread may read, or put its write
 * behind. */
unsigned graph_oldest(const struct graph *g, unsigned thread, unsigned word);

/* Returns true if a read-modify-write reads from the write at this place. No other may do so. */
bool graph_is_taken(const struct graph *g, unsigned word, unsigned place);

/* Returns true if the operation, reading from the write at this place, writes. */
bool graph_op_writes(const struct graph *g, const struct op *op, unsigned place);

/* Adds the next event of a thread. `place`: for a load and an RMW the place of the write that it reads from, for a
 * store the place of the write that it comes behind. */
void graph_add(struct graph *g, unsigned thread, unsigned place);

/* Returns true if all of the group have arrived, so that the thread may leave the barrier. */
bool graph_may_leave(const struct graph *g, unsigned thread);

/* Returns false if the sequentially consistent events have no common order. */
bool graph_is_consistent(const struct graph *g);

/* Prints the execution, in the order in which it was built. */
void graph_print(const struct graph *g);

/* A number that is the same for equal executions, however they were built. */
struct key {
    uint64_t a, b;
};
struct key graph_key(const struct graph *g);

#endif
