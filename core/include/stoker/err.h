/* stoker: errors: the codes, their names, what to do about each, and where an error happened. A call returns a code, or
 * a count of 0 and more where its comment says so. core/README.md has the rules that hold for all calls. */
#ifndef STOKER_ERR_H
#define STOKER_ERR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define STK_MUST_CHECK __attribute__((warn_unused_result))
#else
#define STK_MUST_CHECK
#endif

/// Codes ///

/* All codes: X(name, value, what to do about it). A negative value is an error; zero and above is success. A new
 * code takes the next number. */
#define STK_ERR_LIST(X)                                                                                                \
    X(STK_OK, 0, "no error: nothing to do")                                                                            \
    X(STK_E_ARG, -1, "an argument is NULL, zero or out of its documented range: see the comment of the call")          \
    X(STK_E_ALIGN, -2,                                                                                                 \
      "pass a buffer that is aligned and whole: 4 bytes for words, 64 for slots, 32 for I/O slots, for flash what "    \
      "its port asks")                                                                                                 \
    X(STK_E_OVERFLOW, -3,                                                                                              \
      "a size or a number is outside the limits that the comment of the call names: stay within them")                 \
    X(STK_E_MISSING, -4,                                                                                               \
      "the buffer ends before the word asked for: pass the whole buffer; the error info says which word")              \
    X(STK_E_SPACE, -5, "the memory given is too small: the error info (or arena.need) says how many bytes would do")   \
    X(STK_E_FULL, -6, "no free place: harvest or unregister what is finished, or make the ring or table larger")       \
    X(STK_E_RANGE, -7, "an index or a field is outside its range: stay below the count that the object was made with") \
    X(STK_E_ARGS, -8, "too many arguments: a slot holds 12 words, a packed slot 48 bytes with its header")             \
    X(STK_E_OPCODE, -9,                                                                                                \
      "the opcode is reserved or outside its window: use 8..0xFFEF or 0x10000..0x7FFFFFFF for handlers of your own, "  \
      "0..0xFFFFF inside a tenant's window")                                                                           \
    X(STK_E_STATUS, -10,                                                                                               \
      "the slot or object is not in a state that allows this: look at its state and at the comment of the call")       \
    X(STK_E_WOULD_BLOCK, -11, "nothing is ready now: poll and try again")                                              \
    X(STK_E_TIMEOUT, -12, "the deadline passed: check that the device is alive (heartbeat), then retry or shut down")  \
    X(STK_E_IO, -13, "the system reported an error: the OS error says which; for EIO check the medium")                \
    X(STK_E_SHORT, -14, "the data ended before its announced size: the file shrank while it was read; read it again")  \
    X(STK_E_CANCELED, -15, "this was cancelled before it finished: submit it again")                                   \
    X(STK_E_NODEV, -16, "no such device: check its name, and which devices the driver offers")                         \
    X(STK_E_UNSUPPORTED, -17,                                                                                          \
      "this device, kernel or system lacks a needed feature: use another port; the port's reason says what is "        \
      "missing")                                                                                                       \
    X(STK_E_BUILD, -18, "the kernel text did not compile: the build log names file and line")                          \
    X(STK_E_DEVICE, -19, "the device or its driver failed: reopen the device; if it repeats, check the driver's log")  \
    X(STK_E_NOMEM, -20, "the OS or driver is out of memory: use smaller chunks or fewer in flight")                    \
    X(STK_E_LOCKED, -21, "too little locked memory: raise `ulimit -l`, or use smaller chunks or fewer in flight")      \
    X(STK_E_SLOT_FAULT, -22, "the handler refused the slot: its reason word says why")                                 \
    X(STK_E_SHUTDOWN, -23, "the object was shut down: initialise it again")                                            \
    X(STK_E_NOENT, -24, "nothing of that name or number is there: check the path, key or number")                      \
    X(STK_E_ACCESS, -25, "permission denied: check the mode and owner")                                                \
    X(STK_E_ISDIR, -26, "this is a directory: name the files in it")                                                   \
    X(STK_E_PATTERN, -27, "the pattern set is empty or holds an empty pattern: remove empty lines")                    \
    X(STK_E_REVOKED, -28, "the tenant was unregistered: register it again and use the new handle")                     \
    X(STK_E_LIMIT, -29, "the tenant's limit is reached: drain or release first, or register it with a larger one")     \
    X(STK_E_UNDERFLOW, -30, "more was given back than was taken: give back each slot, byte and handle once")           \
    X(STK_E_BUDGET, -31, "larger than the cache's byte budget, or the cache is disabled: raise the budgets")           \
    X(STK_E_PINNED, -32, "it is in use: unpin the artifact, or wait until the slot that names the table ends")         \
    X(STK_E_FORMAT, -33, "this is no log, or one of another version or geometry: check what is mounted, or format it") \
    X(STK_E_CORRUPT, -34, "the data is damaged: the error info or the report says where; restore it from a good copy") \
    X(STK_E_OVERLAP, -35, "the memory given lies in the slots that the call writes: pass a copy that lies elsewhere")  \
    X(STK_E_FILES, -36, "no descriptor is left: close some files, or raise `ulimit -n`")                               \
    X(STK_E_NOSPC, -37, "no space for the file: free some, or raise the quota or `ulimit -f`")                         \
    X(STK_E_STALE, -38, "the log changed under the walk: begin a new walk, and seek to the number wanted")

enum stk_err {
#define STK_ERR_ENUM(name, value, fix) name = (value),
    STK_ERR_LIST(STK_ERR_ENUM)
#undef STK_ERR_ENUM
};

/* Where an error happened. Each call and each object says what `index` and `value` mean for it. */
struct stk_error_info {
    int err;        /* an enum stk_err; STK_OK: nothing has failed yet */
    uint32_t index; /* number of the word, slot, record or pattern at which the call failed */
    uint64_t value; /* number that was found there, or bytes that would do */
};

/* Returns the name of a code, such as "STK_E_SPACE"; "STK_E_UNKNOWN" for a number that is no code. The text is static.
 * ISR-safe. */
const char *stk_err_name(int err);

/* Returns what to do about a code: one clause without a full stop. The text is static. ISR-safe. */
const char *stk_err_fix(int err);

#ifdef __cplusplus
}
#endif
#endif
