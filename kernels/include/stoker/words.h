/* stoker: the numbers of the wire format, for the host and for the device.
 *
 * Plain preprocessor constants only: this file is read as C11, as C++ and as OpenCL C 1.2. Every
 * buffer is an array of little-endian 32-bit words; the bits are described in core/SPEC.md.
 */
#ifndef STOKER_WORDS_H
#define STOKER_WORDS_H

/// Slot: 16 words, 64 bytes ///

#define STK_SLOT_WORDS    16u
#define STK_SLOT_BYTES    64u
#define STK_SLOT_STATUS   0u  /* word index of the status; written last by a publisher */
#define STK_SLOT_OPCODE   1u  /* word index of the opcode */
#define STK_SLOT_TENANT   2u  /* word index of the tenant id */
#define STK_SLOT_PRIORITY 3u  /* word index of the priority */
#define STK_SLOT_ARG0     4u  /* word index of the first argument */
#define STK_SLOT_ARGS     12u /* arguments in a slot */
#define STK_SLOT_RESULTS  4u  /* result words in a slot: the tail of the arguments, from STK_RESULT_ARG (slot.h) on */

#define STK_RING_SLOTS_MAX      268435455u /* most slots of a ring: their words can be counted in 32 bits */
#define STK_RING_SLOTS_INIT_MAX 1048576u   /* most slots that init will lay out */

/// Status of a slot ///

/* Meaning of each status, and the party that may change it: SPEC.md, 1.2. */
#define STK_SLOT_EMPTY     0u
#define STK_SLOT_PUBLISHED 1u
#define STK_SLOT_CLAIMED   2u
#define STK_SLOT_DONE      3u
#define STK_SLOT_WAIT_IO   4u
#define STK_SLOT_YIELD     5u
#define STK_SLOT_REQUEUE   6u
#define STK_SLOT_FAULT     7u

/// Priority, as it stands in a slot; the host says enum stk_priority (stoker/ring.h) ///

#define STK_WIRE_PRIORITY_CRITICAL 0u
#define STK_WIRE_PRIORITY_HIGH     1u
#define STK_WIRE_PRIORITY_NORMAL   2u
#define STK_WIRE_PRIORITY_LOW      3u
#define STK_WIRE_PRIORITY_IDLE     4u
#define STK_PRIORITIES             5u

/* Scheduling limits. stoker's workers use the first; the second is part of the format. */
#define STK_STARVATION_LIMIT      16u /* claims at or above HIGH before a lower partition goes first */
#define STK_TENANT_FAIRNESS_LIMIT 64u /* claims of one tenant before others go first */

/// Opcodes ///

#define STK_OP_NOP          0u
#define STK_OP_STORE_U32    1u /* control[a1] = a0 */
#define STK_OP_ATOMIC_ADD   2u /* control[a1] += a0 */
#define STK_OP_LOAD_U32     3u /* observable[a1] = control[a0] */
#define STK_OP_COMPARE_SWAP 4u /* control[a0]: a1 -> a2; previous value to observable[a0] */
#define STK_OP_MEMCPY       5u /* control[a0..a0+a2] -> control[a1..] */
#define STK_OP_DFA_STEP     6u /* a0 state, a1 byte, a2 table (payload byte offset), a3 states; result 0: next state */
#define STK_OP_BATCH_FENCE  7u /* a0 items before it, a1 tag: epoch += 1, observable[0] = tag */
#define STK_OP_BUILTIN_MAX  7u
#define STK_OP_LOAD_MISS    0xFFFDu /* a0 resource, a1 prefetch */
#define STK_OP_PRINTF       0xFFFEu /* a0 format id, a1, a2 */
#define STK_OP_RESERVED_MIN 0xFFF0u
#define STK_OP_RESERVED_MAX 0xFFFFu
#define STK_OP_PACKED_SLOT  0x80000001u
#define STK_OP_SHUTDOWN     0xFFFFFFFFu
#define STK_OP_SYSTEM_BIT   0x80000000u
#define STK_OP_TENANT_BASE  0x40000000u /* first opcode of tenant 0 */
#define STK_OP_TENANT_RANGE 0x00100000u /* opcodes in a tenant's window */

#define STK_TENANT_NONE 0xFFFFFFFFu /* no tenant's id */

/* Handlers that come with stoker, in the user range below the tenants' windows (kernels/ops/). */
#define STK_OP_SCAN_COUNT  0x00010001u /* count pattern matches in a payload */
#define STK_OP_SCAN_LOCATE 0x00010002u /* list pattern matches of a payload */
#define STK_OP_SUM64       0x00010003u /* 64-bit sum of a payload's words */
#define STK_OP_CRC32C      0x00010004u /* CRC-32C of a payload's bytes */
#define STK_OP_FIR_Q15     0x00010005u /* fixed-point FIR filter over a payload's samples */
#define STK_OP_STOKER_MIN  0x00010000u /* opcodes from here ... */
#define STK_OP_STOKER_MAX  0x000100FFu /* ... to here are for handlers that come with stoker */

/* How many lanes of a group run a handler on one slot. */
#define STK_SCALAR 1u /* one */
#define STK_WIDE   2u /* all of them, in step */

/* The handlers that every kernel has, as X(opcode, function, width, cost): all opcodes but NOP, PACKED_SLOT and the
 * user's own. `cost` is the function that states the cost of a slot (stoker/kernel/cost.h). */
#define STK_OPS(X)                                                                                                     \
    X(STK_OP_STORE_U32, stk_op_store, STK_SCALAR, stk_cost_none)                                                       \
    X(STK_OP_ATOMIC_ADD, stk_op_add, STK_SCALAR, stk_cost_none)                                                        \
    X(STK_OP_LOAD_U32, stk_op_load, STK_SCALAR, stk_cost_none)                                                         \
    X(STK_OP_COMPARE_SWAP, stk_op_compare_swap, STK_SCALAR, stk_cost_none)                                             \
    X(STK_OP_MEMCPY, stk_op_memcpy, STK_SCALAR, stk_cost_memcpy)                                                       \
    X(STK_OP_DFA_STEP, stk_op_dfa_step, STK_SCALAR, stk_cost_none)                                                     \
    X(STK_OP_BATCH_FENCE, stk_op_batch_fence, STK_SCALAR, stk_cost_fence)                                              \
    X(STK_OP_LOAD_MISS, stk_op_load_miss, STK_SCALAR, stk_cost_none)                                                   \
    X(STK_OP_PRINTF, stk_op_printf, STK_SCALAR, stk_cost_none)                                                         \
    X(STK_OP_SHUTDOWN, stk_op_shutdown, STK_SCALAR, stk_cost_none)                                                     \
    X(STK_OP_CRC32C, stk_op_crc32c, STK_WIDE, stk_cost_crc32c)                                                         \
    X(STK_OP_FIR_Q15, stk_op_fir_q15, STK_WIDE, stk_cost_fir_q15)                                                      \
    X(STK_OP_SCAN_COUNT, stk_op_scan_count, STK_WIDE, stk_cost_scan_count)                                             \
    X(STK_OP_SCAN_LOCATE, stk_op_scan_locate, STK_SCALAR, stk_cost_scan_locate)                                        \
    X(STK_OP_SUM64, stk_op_sum64, STK_WIDE, stk_cost_sum64)

/* Arguments of a handler on a payload chunk, as stk_stream fills them. Results go to the tail
 * (STK_RESULT_ARG). */
#define STK_ARG_OFFSET 0u /* byte offset of the chunk in the payload */
#define STK_ARG_BYTES  1u /* bytes of the chunk, lead included */
#define STK_ARG_LEAD   2u /* bytes of the lead: the first bytes of the data, which belong to the chunk before */
#define STK_ARG_PARAM  3u /* first of STK_ARG_PARAMS words that the caller chooses */
#define STK_ARG_PARAMS 5u

/* Parameters and results of STK_OP_CRC32C (kernels/ops/crc32c.h). */
#define STK_CRC32C_FROM STK_ARG_PARAM /* the CRC to go on from: 0 at the start. Result 0: the CRC */

/* Parameters and results of STK_OP_FIR_Q15 (kernels/ops/fir.h). */
#define STK_FIR_TAPS  3u /* byte offset of the taps in the payload */
#define STK_FIR_COUNT 4u /* number of taps: 1..STK_FIR_TAPS_MAX */
/* byte offset of the output. Results 0, 1: samples that saturated (64 bits); 2: samples written */
#define STK_FIR_OUT      5u
#define STK_FIR_TAPS_MAX 256u

/// Packed slot ///

#define STK_PACKED_OPS_MAX 23u /* (48 bytes - 2) / 2 */
#define STK_PACKED_WORDS   12u

/// Control buffer: word indices ///

#define STK_CTL_SHUTDOWN          0u
#define STK_CTL_DONE_COUNT        1u
#define STK_CTL_TENANT_BASE       2u /* holds the index of the mask table */
#define STK_CTL_TENANT_MASK       3u
#define STK_CTL_TENANT_MASKS      29u
#define STK_CTL_TENANT_QUOTA      32u
#define STK_CTL_TENANT_QUOTAS     32u
#define STK_TENANT_QUOTA_DEFAULT  1000000u
#define STK_CTL_TENANT_FAIRNESS   64u
#define STK_CTL_TENANT_FAIRNESSES 32u
#define STK_CTL_METRICS           96u /* per opcode below 32: slots executed */
#define STK_CTL_METRICS_SLOTS     32u
#define STK_CTL_EPOCH             128u
#define STK_CTL_PRIORITY_OFFSETS  129u
#define STK_CTL_STARVATION        135u
#define STK_CTL_PRIORITY_FAIRNESS 136u
/* Words 141 to 159 are free in the reference implementation. The host writes those below 144; the device writes those
 * from 144 on, except for LEASE, the shares and NO_SHARED_ATOMICS. */
#define STK_CTL_PUBLISH_TAIL 141u /* tickets handed out, free-running */
#define STK_CTL_HARVEST_HEAD 142u /* tickets harvested, free-running */
#define STK_CTL_DOORBELL     143u /* changed after a PUBLISHED; until it changes, idle workers seldom scan the ring */
#define STK_CTL_WORKERS_IN   144u /* workers that entered the kernel, free-running */
#define STK_CTL_HEARTBEAT    145u /* grows while workers do turns */
#define STK_CTL_FAULT_COUNT  146u /* slots that ended in FAULT */
#define STK_CTL_LEASE_ENDS   147u /* workers that left: lease used up or ended, or SHUTDOWN */
#define STK_CTL_IDLE_ENDS    148u /* workers that left: nothing to do */
#define STK_CTL_CURSOR       149u /* slot that the last worker to leave would have looked at next */
#define STK_CTL_LEASE        150u /* changed by the host to end every worker's lease now; a worker reads it each turn */
/* Size of a tenant's share. Shares lie in a row from tenant 0 on; 0: all tenants share everything. Written by the
 * host. */
#define STK_CTL_SHARE_OBSERVABLES 151u /* observables of a tenant */
#define STK_CTL_SHARE_PAYLOAD     152u /* payload bytes of a tenant */
/* in a ring with partitions a cursor for each priority, as CURSOR is for the ring */
#define STK_CTL_PARTITION_CURSORS 153u
#define STK_CTL_RING_SCAN         158u /* slot at which that worker's ring scan was (find.h) */
/* Written by the host. Bit 0: the atomics of the host and those of the device do not exclude each other; slot.h says
 * what the host may not do then (stk_atomics_exclude). The bits above: index of the control word at which the custody
 * words begin; 0: there are none. There is one custody word for each slot of the ring, then one for each slot of the
 * I/O queue. A custody word is odd while a worker has its slot in hand. */
#define STK_CTL_NO_SHARED_ATOMICS 159u
#define STK_NO_SHARED_ATOMICS_BIT 1u
#define STK_CUSTODY_SHIFT         1u
#define STK_CTL_OBSERVABLE        160u
#define STK_CTL_WORDS_MIN         160u

/// Debug log ///

#define STK_DEBUG_CURSOR_WORD     0u
#define STK_DEBUG_RECORDS_WORD    1u
#define STK_DEBUG_RECORD_WORDS    4u
#define STK_DEBUG_RECORDS_DEFAULT 64u

/// I/O queue ///

#define STK_IO_WORDS     8u
#define STK_IO_SLOTS_MAX 64u
#define STK_IO_OP        0u
#define STK_IO_SRC       1u
#define STK_IO_DST       2u
#define STK_IO_OFFSET_LO 3u
#define STK_IO_OFFSET_HI 4u
#define STK_IO_BYTES     5u
#define STK_IO_STATUS    6u
#define STK_IO_TAG       7u
#define STK_IO_OP_READ   1u
#define STK_IO_OP_WRITE  2u
#define STK_IO_OP_FENCE  3u
#define STK_IO_MOVED     STK_IO_OFFSET_LO /* beside the outcome of a READ or WRITE through a handle: bytes moved */
#define STK_IO_OK        0x10u
#define STK_IO_ERROR     0x11u

/// Cost and limits ///

/* Value of a slot that faulted with STK_REASON_COST: the limit that the slot passed. */
#define STK_COST_OVER_LEASE 1u /* the handler cannot stop half-way, and would hold its worker for longer than a lease */
#define STK_COST_OVER_BYTES 2u /* above the host's limit of the bytes of a slot */
#define STK_COST_OVER_UNITS 3u /* above the host's limit of the cost of a slot */

/* The cost of a slot is counted in units. A unit is the cost of one byte that a worker reads in order with all its
 * lanes, as STK_OP_SUM64 does. Handlers state their cost for each byte in sixteenths of a unit. */
#define STK_COST_UNIT 16u

/* A handler that resumes stops at multiples of STK_SLICE_BYTES bytes, or of STK_SLICE_FINE bytes where STK_SLICE_BYTES
 * bytes cost more than a call may. */
#define STK_SLICE_BYTES 32768u
#define STK_SLICE_FINE  64u

/* Result words in which a slot in YIELD keeps the place of its handler. They are 0 when the handler has finished. */
#define STK_SLICE_AT    2u /* bytes that are done */
#define STK_SLICE_STATE 3u /* one word of the handler's own */

/* The table of limits, in the device's own memory. The host writes it before a launch; workers read it when they
 * enter. */
#define STK_LIMIT_BUDGET 0u /* units that one call of a handler that resumes may cost */
#define STK_LIMIT_WHOLE  1u /* units that a call which cannot stop half-way may cost: the units of a lease */
#define STK_LIMIT_TURN   2u /* units that take as long as a turn of the worker; not 0 */
#define STK_LIMIT_OFF    3u /* STK_OP_OFF of the opcodes that are switched off */
#define STK_LIMIT_LANE   4u /* units that a byte costs when one lane reads it alone; not 0 */
/* payload bytes that a turn without work reads while the host measures a unit; else 0 */
#define STK_LIMIT_TOUCH      5u
#define STK_LIMIT_TOUCHES    6u /* lanes that read these bytes: 0 all, 1 one */
#define STK_LIMIT_TENANTS    7u /* rows of STK_LIMIT_ROW words, for tenants 0 to 28 */
#define STK_LIMIT_ROW        3u
#define STK_LIMIT_BYTES      0u /* most bytes of a slot; 0: any number */
#define STK_LIMIT_UNITS      1u /* most cost of a slot, in multiples of 1,024 units; 0: any cost */
#define STK_LIMIT_TIME_SHARE 2u /* units that the tenant may spend before the other tenants go first */
#define STK_LIMIT_SPENT      (STK_LIMIT_TENANTS + STK_LIMIT_ROW * STK_CTL_TENANT_MASKS)
/* words from STK_LIMIT_SPENT on: units that each tenant spent. A worker that leaves stores them for the next one */
#define STK_LIMIT_ROWS 32u
/* slot at which the present ring scan began; a worker that leaves stores it for the next one */
#define STK_LIMIT_START (STK_LIMIT_SPENT + STK_LIMIT_ROWS)
#define STK_LIMIT_BATCH (STK_LIMIT_START + 1u) /* 1: slots that are published during a launch are not there for it */
/* 1: one worker looks at the ring for all, and hands slots for all lanes to the others through mailboxes; 0: each one
 * looks at the ring itself */
#define STK_LIMIT_MAIL (STK_LIMIT_BATCH + 1u)
/* Copies of control words NO_SHARED_ATOMICS, SHARE_OBSERVABLES and SHARE_PAYLOAD, in this order. Workers with mailboxes
 * read them here, in the device's own memory: many workers that read the control words over a bus would take
 * milliseconds to enter. */
#define STK_LIMIT_TERMS      (STK_LIMIT_MAIL + 1u)
#define STK_LIMIT_TERM_COUNT 3u
#define STK_LIMIT_WORDS      (STK_LIMIT_TERMS + STK_LIMIT_TERM_COUNT)

/// Mailboxes ///

/* Words behind the table of limits, in the device's own memory: the workers that have entered and left, the order to
 * stop, then a status and a job for each mailbox. All words are 0 when a launch begins. */
#define STK_MAIL_ARRIVED   0u
#define STK_MAIL_LEFT      1u
#define STK_MAIL_STOP      2u   /* STK_MAIL_STOP_* */
#define STK_MAIL_BOXES     64u  /* the first status */
#define STK_MAIL_BOXES_MAX 192u /* workers beyond these and the one that looks leave at once */
#define STK_MAIL_JOB_WORDS 6u
#define STK_MAIL_JOB(i)    (STK_MAIL_BOXES + STK_MAIL_BOXES_MAX + STK_MAIL_JOB_WORDS * (i))
#define STK_MAIL_WORDS     STK_MAIL_JOB(STK_MAIL_BOXES_MAX)

#define STK_MAIL_STOP_LEASE 1u
#define STK_MAIL_STOP_IDLE  2u

/* Status of a mailbox, which belongs to one worker. */
#define STK_MAIL_ABSENT 0u /* the worker has not checked in */
#define STK_MAIL_OPEN   1u /* the worker waits for a slot */
#define STK_MAIL_FULL   2u /* a slot waits for the worker, or the worker runs its last slot */
#define STK_MAIL_CLOSED 3u /* the worker has left */
#define STK_MAIL_BUSY   4u /* the worker runs a slot, and the mailbox has room for the next one */

/* The bit of a built-in opcode among those that are switched off; 0 for NOP and for the user's opcodes. */
#define STK_OP_OFF(op)                                                                                                 \
    ((op) == STK_OP_NOP                                        ? 0u                                                    \
     : (op) <= STK_OP_BUILTIN_MAX                              ? 1u << (op)                                            \
     : (op) > STK_OP_STOKER_MIN && (op)-STK_OP_STOKER_MIN < 8u ? 0x100u << ((op)-STK_OP_STOKER_MIN)                    \
     : (op) == STK_OP_LOAD_MISS                                ? 0x10000u                                              \
     : (op) == STK_OP_PRINTF                                   ? 0x20000u                                              \
     : (op) == STK_OP_PACKED_SLOT                              ? 0x40000u                                              \
     : (op) == STK_OP_SHUTDOWN                                 ? 0x80000u                                              \
                                                               : 0u)
#define STK_OPS_OFF_ALL 0xFFEFEu /* every bit that STK_OP_OFF gives or may give */

#endif
