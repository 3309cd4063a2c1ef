/* stoker: the facts about a slot, for the host and for the device.
 *
 * Both sides must agree on where slot i lies, on what a status allows, on the argument that holds the ticket of a load
 * miss, on why a slot faulted, and on when the host may move a slot by compare-and-swap. This header is the one home of
 * each of these rules. It is read as C11, as C++ and, as part of the kernel text, as OpenCL C 1.2.
 */
#ifndef STOKER_SLOT_H
#define STOKER_SLOT_H

#ifndef __OPENCL_C_VERSION__
#include <stddef.h>
#include <stdint.h>

#define STK_SLOT_FN static inline
#else
#define STK_SLOT_FN static
#endif
#include "stoker/words.h"

/// Address ///

/* Address of the first word of slot `slot` in a ring whose words begin at `ring`. A macro, because OpenCL C 1.2 has no
 * pointer that fits every address space. */
#define STK_SLOT_AT(ring, slot) ((ring) + (size_t)(slot)*STK_SLOT_WORDS)

/// Status ///

/* Sets of statuses: bit s of a set stands for status s. */
#define STK_STATUS_BIT(status) (1u << (status))

/* Statuses in which a worker may claim the slot. */
#define STK_STATUSES_CLAIMABLE                                                                                         \
    (STK_STATUS_BIT(STK_SLOT_PUBLISHED) | STK_STATUS_BIT(STK_SLOT_YIELD) | STK_STATUS_BIT(STK_SLOT_REQUEUE))
/* Statuses in which a publisher may write the slot. FAULT is not among them: the host acknowledges a fault first. */
#define STK_STATUSES_PUBLISHABLE (STK_STATUS_BIT(STK_SLOT_EMPTY) | STK_STATUS_BIT(STK_SLOT_DONE))
/* Statuses that end the work in a slot: the device does not touch the slot again before it is published again. */
#define STK_STATUSES_ENDED (STK_STATUS_BIT(STK_SLOT_DONE) | STK_STATUS_BIT(STK_SLOT_FAULT))

/* Returns 1 if `status` is in `set`. A word that is no status is in no set. */
STK_SLOT_FN int stk_status_in(unsigned status, unsigned set) {
    return status <= STK_SLOT_FAULT && (set >> status & 1u) != 0u;
}

STK_SLOT_FN int stk_status_claimable(unsigned status) {
    return stk_status_in(status, STK_STATUSES_CLAIMABLE);
}

STK_SLOT_FN int stk_status_ended(unsigned status) {
    return stk_status_in(status, STK_STATUSES_ENDED);
}

/* Returns 1 if a fence behind the slot must wait: the slot is neither EMPTY nor ended. A word that is no status has not
 * ended either. */
STK_SLOT_FN int stk_status_unfinished(unsigned status) {
    return status != STK_SLOT_EMPTY && !stk_status_ended(status);
}

#ifndef __OPENCL_C_VERSION__
/* Returns 1 if a publisher may write a slot in this status. For the host alone: no worker publishes. */
STK_SLOT_FN int stk_status_publishable(unsigned status) {
    return stk_status_in(status, STK_STATUSES_PUBLISHABLE);
}

/* Returns 1 if the word is a status at all. A tenant may store any word in a slot of its own. */
STK_SLOT_FN int stk_status_known(unsigned status) {
    return status <= STK_SLOT_FAULT;
}
#endif

/// Host and device on one word ///

/* `word` is control word STK_CTL_NO_SHARED_ATOMICS. Returns 1 if a swap of the host and a swap of the device on one
 * word exclude each other. Where they do not (memory behind a bus), a device's swap is a read and a later write. So
 * there the host moves no slot that a worker may claim while a worker runs: it does not cancel (STK_TO_CANCEL) and does
 * not fault (STK_TO_FAULT) by compare-and-swap before all workers have left. A slot in WAIT_IO is safe, since no worker
 * claims WAIT_IO. */
STK_SLOT_FN int stk_atomics_exclude(unsigned word) {
    return (word & STK_NO_SHARED_ATOMICS_BIT) == 0u;
}

/* `word` as above. Returns the index of the control word at which the custody words begin; 0: there are none. */
STK_SLOT_FN unsigned stk_custody_at(unsigned word) {
    return word >> STK_CUSTODY_SHIFT;
}

/// Shares of tenants ///

/* Bytes at whose multiples a tenant's share of the tables begins. */
#define STK_TABLE_ALIGN 64u

/* Returns how many shares of `payload_share` bytes the payload has, the last of which may be cut; at least 1. */
STK_SLOT_FN unsigned stk_payload_shares(unsigned payload_bytes, unsigned payload_share) {
    unsigned shares = 0u;
    if (payload_share != 0u) {
        shares = payload_bytes / payload_share + (payload_bytes % payload_share != 0u ? 1u : 0u);
    }
    return shares != 0u ? shares : 1u;
}

/* Returns how many bytes of the tables each tenant owns, where each owns `payload_share` bytes of the payload; 0: all
 * tenants own all of them. The tables have as many shares as the payload. */
STK_SLOT_FN unsigned stk_table_share(unsigned table_bytes, unsigned payload_bytes, unsigned payload_share) {
    unsigned bytes;
    if (payload_share == 0u) {
        return 0u;
    }
    bytes = table_bytes / stk_payload_shares(payload_bytes, payload_share) & ~(STK_TABLE_ALIGN - 1u);
    /* never 0, which would give each tenant the tables of all */
    return bytes != 0u ? bytes : STK_TABLE_ALIGN;
}

/// Arguments with a meaning of their own ///

/* First result, counted as an argument: results are the tail of the arguments. STK_SLOT_RESULTS of them. */
#define STK_RESULT_ARG 8u
/* The argument with the I/O ticket of a slot that asks the host for I/O. The I/O ticket says which I/O slot has the
 * request; 0: the slot has not asked yet. The I/O ticket of a LOAD_MISS is 1 + the index of the I/O slot. In any other
 * op STK_IO_TICKET is added, since most ops use this argument for small numbers, which must not look like a ticket. */
#define STK_FETCH_TICKET_ARG 2u
#define STK_IO_TICKET        0x494F0000u
/* Arguments of a slot in FAULT, the last two words of the slot: the value that was refused, and the reason. */
#define STK_FAULT_VALUE_ARG  10u
#define STK_FAULT_REASON_ARG 11u

#ifndef __OPENCL_C_VERSION__
/* Returns 1 if `ticket`, argument STK_FETCH_TICKET_ARG of a slot with this opcode, names I/O slot `k`. */
STK_SLOT_FN int stk_ticket_names(unsigned opcode, unsigned ticket, unsigned k) {
    return ticket == k + 1u + (opcode == STK_OP_LOAD_MISS ? 0u : STK_IO_TICKET);
}
#endif

/// Reasons of faults ///

/* Every reason as X(name, number), in the order of the numbers. The comment says what the value word holds. */
#define STK_REASONS(X)                                                                                                 \
    X(NONE, 0)     /* no fault, or a fault of a handler that gave no reason */                                         \
    X(OPCODE, 1)   /* no handler for this opcode; value: the opcode */                                                 \
    X(TENANT, 2)   /* tenant not authorised; value: the tenant */                                                      \
    X(INDEX, 3)    /* control or observable index out of the tenant's share; value: the index */                       \
    X(PAYLOAD, 4)  /* payload range out of bounds; value: its offset */                                                \
    X(ARGUMENT, 5) /* an argument makes no sense; value: the argument's index */                                       \
    X(PACKED, 6)   /* malformed packed slot; value: index of the inner op */                                           \
    X(IO, 7)       /* the I/O that the slot asked for failed; value: its error code */                                 \
    X(TABLE, 8)    /* a table is not there, not the tenant's, or malformed; value: which check */                      \
    X(LOST, 9)     /* every kernel that claimed the slot was lost; value: how often the slot was put back */           \
    X(FUSED, 10)   /* a part of a fused op, not the first, wanted to wait; value: index of the part */                 \
    X(COST, 11)    /* the slot costs more than allowed; value: the limit that was passed, STK_COST_OVER_* */           \
    X(OFF, 12)     /* the host switched this opcode off; value: the opcode */                                          \
    X(STATUS, 13)  /* the status word is no status: no worker or host stored it; value: the word */

enum stk_reason {
#define STK_REASON_ENUM(name, number) STK_REASON_##name = (number),
    STK_REASONS(STK_REASON_ENUM)
#undef STK_REASON_ENUM
};

#endif
