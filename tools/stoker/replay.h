/* stoker replay: feeds a recording into newly opened devices. */
#ifndef STOKER_CLI_REPLAY_H
#define STOKER_CLI_REPLAY_H

#include "device.h"
#include "log_image.h"

#define REPLAY_INPUTS_MAX 256u
#define REPLAY_DIFFERS    1 /* exit code */
#define REPLAY_SIZE_MAX   (UINT64_C(256) << 20)

#define REPLAY_TIMEOUT_MAX_NS UINT64_C(60000000000)

struct replay_input {
    uint32_t label;
    const char *path;
    int fd; /* -1: not open */
};

struct replay_options {
    const char *log, *on, *against, *tables, *handler;
    struct replay_input inputs[REPLAY_INPUTS_MAX];
    uint32_t input_count, workers, lanes;
    uint64_t size_max; /* most bytes of an instance that a recording may ask for; 0: REPLAY_SIZE_MAX */
    /* longest wait for one slot, in nanoseconds; 0: by the size of the payload, REPLAY_TIMEOUT_MAX_NS at most */
    uint64_t timeout_ns;
    enum stk_residency residency;
    enum stk_opencl_memory memory;
    int json;
};

/* One of the two sides that a replay compares. */
struct replay_side {
    const char *name;
    const char *option;
    int recorded; /* 1: the side is the log itself, no instance */
    struct cli_device device;
};

struct replay {
    struct replay_options options;
    struct log_image log;
    int log_open;
    struct cli_handlers handlers;
    char *tables; /* path */
    struct replay_side sides[STK_REPLAY_TARGETS];
    uint32_t side_of[STK_REPLAY_TARGETS]; /* for each target the number of its side */
    uint32_t targets;
    struct stk_replay core;
    struct stk_replay_shape shape;
    struct stk_replay_report report;
    void *scratch;
    size_t scratch_bytes;
    uint32_t recordings;             /* replayed, the one under way among them */
    uint64_t epochs, slots, skipped; /* of all recordings */
    int said;                        /* why the input is not to be had */
};

/* Loads the handlers and opens the log. Returns 0, or CLI_BAD after printing why. */
int replay_open(struct replay *replay, const struct replay_options *options);

/* Replays every recording in the log. Returns CLI_OK if nothing differs, REPLAY_DIFFERS, or CLI_BAD on an error. */
int replay_run(struct replay *replay);
void replay_close(struct replay *replay);

/* Is the input function of stk_replay: gives recorded bytes again. Its ctx is the replay. */
int replay_give_input(void *ctx, const struct stk_log_record *input, void *data, uint32_t bytes);
void replay_close_inputs(struct replay *replay);

/* Prints one line, or one JSON object, on stdout. Returns 0, or CLI_BAD after printing why. */
int replay_report(const struct replay *replay, int what);

/* Writes the line for a negative result of stk_replay_run or stk_replay_init. Returns CLI_BAD. */
int replay_trouble(const struct replay *replay, int err);
int replay_refused(const struct replay *replay, int err, const struct stk_error_info *info);

#endif
