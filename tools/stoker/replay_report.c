/* Prints the outcome of a replay, as text or as JSON. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "json_out.h"
#include "replay.h"

static const char *status_name(uint64_t status) {
    static const char *const names[] = {"EMPTY",   "PUBLISHED", "CLAIMED", "DONE",
                                        "WAIT_IO", "YIELD",     "REQUEUE", "FAULT"};
    return status < sizeof names / sizeof *names ? names[status] : "no status";
}

static const char *what_name(enum stk_replay_what what) {
    static const char *const names[] = {"nothing", "status", "result", "observable", "digest"};
    return names[what];
}

/* Returns the value of a side. Targets come first in the report. */
static uint64_t value_of(const struct replay *r, uint32_t side) {
    return r->report.value[r->side_of[0] == side ? 0 : 1];
}

/* Prints what one side had at the first difference. */
static void print_value(const struct replay *r, uint32_t side) {
    printf("%s ", r->sides[side].name);
    if (r->report.what == STK_REPLAY_STATUS) {
        fputs(status_name(value_of(r, side)), stdout);
    } else {
        printf("0x%0*llx", r->report.what == STK_REPLAY_DIGEST ? 16 : 8, (unsigned long long)value_of(r, side));
    }
}

/* Prints the first difference: epoch, slot or observable, and the value of both sides. */
static void print_difference(const struct replay *r) {
    const struct stk_replay_report *p = &r->report;
    printf("differs in epoch %u", p->epoch);
    if (r->recordings > 1u) {
        printf(" of recording %u", r->recordings);
    }
    switch (p->what) {
    case STK_REPLAY_STATUS:
        printf(": slot %u (opcode 0x%x) status: ", p->slot, p->opcode);
        break;
    case STK_REPLAY_RESULT:
        printf(": slot %u (opcode 0x%x) result word %u: ", p->slot, p->opcode, p->word);
        break;
    case STK_REPLAY_OBSERVABLE:
        printf(": observable %u: ", p->word);
        break;
    default:
        printf(": digest of the observables: ");
        break;
    }
    print_value(r, 0);
    printf(", ");
    print_value(r, 1);
    printf("\n");
}

/* Returns one side with its value as a hexadecimal text: JSON numbers do not hold 64 bits in every reader. */
static json_t *value_json(const struct replay *r, uint32_t side) {
    char text[32];
    json_t *o;
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value_of(r, side));
    o = json_pack("{s:s}", "value", text);
    cli_json_set(o, "name", r->sides[side].name, strlen(r->sides[side].name));
    return o;
}

/* Prints the outcome as one JSON object. Fields that do not belong to this kind of difference are null. */
static int print_json(const struct replay *r, int what) {
    const struct stk_replay_report *p = &r->report;
    int of_slot = p->what == STK_REPLAY_STATUS || p->what == STK_REPLAY_RESULT;
    int of_word = p->what == STK_REPLAY_OBSERVABLE || p->what == STK_REPLAY_RESULT;
    json_t *o = json_object();
    json_object_set_new(o, "differs", json_boolean(what == STK_REPLAY_DIFFERS));
    cli_json_set_number(o, "recordings", r->recordings);
    cli_json_set_number(o, "epochs", r->epochs);
    cli_json_set_number(o, "slots", r->slots);
    cli_json_set_number(o, "failures_skipped", r->skipped);
    if (what == STK_REPLAY_DIFFERS) {
        cli_json_set_number(o, "epoch", p->epoch);
        json_object_set_new(o, "what", json_string(what_name(p->what)));
        json_object_set_new(o, "slot", of_slot ? json_integer((json_int_t)p->slot) : json_null());
        json_object_set_new(o, "opcode", of_slot ? json_integer((json_int_t)p->opcode) : json_null());
        json_object_set_new(o, "word", of_word ? json_integer((json_int_t)p->word) : json_null());
        cli_json_set_number(o, "sequence", p->sequence);
        json_object_set_new(o, "on", value_json(r, 0));
        json_object_set_new(o, "against", value_json(r, 1));
    }
    return cli_json_print(o, 6);
}

int replay_report(const struct replay *r, int what) {
    if (r->options.json) {
        return print_json(r, what);
    }
    if (what == STK_REPLAY_DIFFERS) {
        print_difference(r);
    } else {
        printf("no difference: %llu epoch%s, %llu slot%s\n", (unsigned long long)r->epochs, r->epochs == 1u ? "" : "s",
               (unsigned long long)r->slots, r->slots == 1u ? "" : "s");
    }
    return 0;
}

static const char *kind_name(uint32_t kind) {
    static const char *const names[] = {"PUBLISH", "FAILURE", "MORE", "INPUT", "EPOCH", "START"};
    return kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

int replay_trouble(const struct replay *r, int err) {
    const struct stk_replay_report *p = &r->report;
    const struct replay_side *side = &r->sides[r->side_of[p->target]];
    if (r->said) {
        return CLI_BAD;
    }
    switch (err) {
    case STK_E_CORRUPT:
        if (p->record.kind == STK_LOG_INPUT) {
            return cli_bad(
                "record %u: the bytes of input %u at %llu are not those that were recorded: give the file as "
                "it was then",
                p->record.sequence, p->record.opcode,
                (unsigned long long)((uint64_t)p->record.args[3] << 32 | p->record.args[2]));
        }
        return cli_bad("record %u: records before it are missing or damaged, after %llu epoch%s without a difference: "
                       "record again",
                       p->record.sequence, (unsigned long long)p->epochs, p->epochs == 1u ? "" : "s");
    case STK_E_TIMEOUT:
        return cli_bad("record %u: slot %u did not end on %s in time: give a longer --timeout, or name another device",
                       p->record.sequence, p->slot, side->name);
    case STK_E_DEVICE:
        return cli_bad("record %u: %s: %s", p->record.sequence, side->name, cli_fix(err));
    default:
        return cli_bad("record %u (%s) cannot be replayed: %s: %s", p->record.sequence, kind_name(p->record.kind),
                       stk_err_name(err), cli_fix(err));
    }
}

int replay_refused(const struct replay *r, int err, const struct stk_error_info *info) {
    if (err == STK_E_STATUS) {
        return cli_bad(
            "record %u: the recorded instance was not fresh, its observables held something: start a recording "
            "before anything is published",
            r->shape.sequence);
    }
    return cli_bad("%s: %s: %s", r->sides[r->side_of[info->index]].name, stk_err_name(err), cli_fix(err));
}
