/* Where the bytes of a recording's inputs come from: files that the user names, and the tables beside the log. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "replay.h"

#define RECORDED "give the file that was recorded"

/* Returns the open file of a label, or NULL after printing why. */
static struct replay_input *find(struct replay *r, uint32_t label) {
    struct replay_options *o = &r->options;
    uint32_t i;
    for (i = 0; i < o->input_count && o->inputs[i].label != label; i++) {
    }
    if (i == o->input_count && label == STK_RECORD_TABLES && i < REPLAY_INPUTS_MAX) {
        o->inputs[o->input_count++] = (struct replay_input){label, o->tables ? o->tables : r->tables, -1};
    }
    if (i == o->input_count) {
        cli_bad("the recording reads input %u, which no option names: give --input %u=PATH", label, label);
        return NULL;
    }
    if (o->inputs[i].fd < 0) {
        const struct cli_file input = {"", o->inputs[i].path,
                                       label == STK_RECORD_TABLES ? "name the file with --tables PATH"
                                                                  : "name the file with --input LABEL=PATH"};
        o->inputs[i].fd = cli_file_open(&input);
    }
    return o->inputs[i].fd >= 0 ? &o->inputs[i] : NULL;
}

/* Reads recorded bytes again from the file that the user named. */
static int read_at(const struct replay_input *input, uint64_t offset, uint8_t *data, uint32_t bytes) {
    ssize_t got = cli_read_at(input->fd, data, bytes, offset);
    if (got == (ssize_t)bytes) {
        return STK_OK;
    }
    cli_bad("%s: %s: %s", input->path, got < 0 ? strerror(errno) : "it is shorter than what was recorded",
            got < 0 ? cli_os_fix(errno, RECORDED) : RECORDED);
    return STK_E_SHORT;
}

int replay_give_input(void *ctx, const struct stk_log_record *input, void *data, uint32_t bytes) {
    struct replay *r = ctx;
    uint64_t position = (uint64_t)input->args[3] << 32 | input->args[2];
    const struct replay_input *file = find(r, input->opcode);
    int err = file ? read_at(file, position - input->tenant, data, bytes) : STK_E_NOENT;
    r->said = err != STK_OK;
    return err;
}

void replay_close_inputs(struct replay *r) {
    for (uint32_t i = 0; i < r->options.input_count; i++) {
        if (r->options.inputs[i].fd >= 0) {
            close(r->options.inputs[i].fd);
        }
    }
}
