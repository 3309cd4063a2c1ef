/* stoker: routing over several devices. Picks a device by what the work needs and by what is known of each device.
 * Starts no work, and does not look at how busy a device is: work_split.h shares work while it runs. */
#include "stoker/device_set.h"

#include <stddef.h>

#include "base/error_info.h"
#include "stoker/words.h"

void stk_device_set_describe(struct stk_device_set_device *device, const struct stk_dispatch_info *info,
                             const struct stk_device_memory *memory) {
    device->name = info->device;
    device->residency = info->residency;
    device->workers = info->workers;
    device->lanes = info->lanes;
    device->payload_bytes = memory->payload_bytes;
}

/// Needs ///

/* Returns a letter of ASCII in lower case; every other byte stays. The core has no locale. */
static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Returns true if `text` begins with `part`. Upper and lower case count as equal. */
static bool starts_with(const char *text, const char *part) {
    while (*part != '\0' && lower(*text) == lower(*part)) {
        text++;
        part++;
    }
    return *part == '\0';
}

/* Returns true if `part` stands somewhere in `text`. Upper and lower case count as equal. */
static bool contains(const char *text, const char *part) {
    bool found = starts_with(text, part);
    while (!found && *text != '\0') {
        text++;
        found = starts_with(text, part);
    }
    return found;
}

/* Returns true for an opcode that comes with stoker, so that every kernel has a handler for it. STK_OPS has all of them
 * but NOP and PACKED_SLOT. */
static bool in_kernel_text(uint32_t opcode) {
#define IS_IT(op, function, width, cost) || opcode == (op)
    return opcode == STK_OP_NOP || opcode == STK_OP_PACKED_SLOT STK_OPS(IS_IT);
#undef IS_IT
}

/* Returns true if the device has a handler for the opcode: one of stoker's, or one in the ranges of the user. */
static bool has_opcode(const struct stk_device_set_device *d, uint32_t opcode) {
    bool has = in_kernel_text(opcode);
    for (uint32_t i = 0; i < d->opcode_ranges && !has; i++) {
        has = opcode >= d->opcodes[i].first && opcode <= d->opcodes[i].last;
    }
    return has;
}

/* Returns true if the device's residency mode is `least` or a better one; `least` 0 asks for none. */
static bool resident_enough(const struct stk_device_set_device *d, enum stk_residency least) {
    return least == 0 || (unsigned)d->residency <= (unsigned)least; /* a better mode has a smaller number */
}

enum stk_device_set_lack stk_device_set_lacks(const struct stk_device_set *fleet, uint32_t device,
                                              const struct stk_device_set_need *need) {
    const struct stk_device_set_device *d = &fleet->devices[device];
    const bool met[] = {
        [STK_LACKS_INDEX] = need->device == STK_DEVICE_SET_ANY || need->device == device,
        [STK_LACKS_NAME] = need->name == NULL || contains(d->name != NULL ? d->name : "", need->name),
        [STK_LACKS_LIFE] = !d->lost && d->residency != 0,
        [STK_LACKS_OPCODE] = !need->opcode_wanted || has_opcode(d, need->opcode),
        [STK_LACKS_RESIDENCY] = resident_enough(d, need->residency),
        [STK_LACKS_MEMORY] = d->memory >= need->memory,
        [STK_LACKS_PAYLOAD] = d->payload_bytes >= need->payload_bytes,
        [STK_LACKS_COMPUTE_UNITS] = d->compute_units >= need->compute_units,
        [STK_LACKS_LANES] = d->lanes >= need->lanes,
    };
    /* The first need that is not met, in the order of the enum: stk_device_set_route() compares these numbers. */
    uint32_t lack = STK_LACKS_INDEX;
    while (lack <= STK_LACKS_LANES && met[lack]) {
        lack++;
    }
    return lack <= STK_LACKS_LANES ? (enum stk_device_set_lack)lack : STK_LACKS_NOTHING;
}

const char *stk_device_set_lack_name(enum stk_device_set_lack lack) {
    static const char *const names[] = {
        "nothing", "index", "name", "life", "opcode", "residency", "memory", "payload", "compute units", "lanes",
    };
    return (unsigned)lack < sizeof names / sizeof *names ? names[lack] : "?";
}

/// Routing ///

/* Returns true if `a` is to be preferred to `b`. Speeds are compared only where all of the candidates have one. */
static bool better(const struct stk_device_set_device *a, const struct stk_device_set_device *b, bool by_speed) {
    if (by_speed) {
        return a->speed > b->speed;
    }
    return a->residency != b->residency ? (unsigned)a->residency < (unsigned)b->residency
                                        : a->compute_units > b->compute_units;
}

/* Returns the best of the devices that meet every need, the first one among equals; the number of devices when none
 * does. A speed that is not known yet must not lose against a slow one, so speeds count only once all are known. */
static uint32_t best_of(const struct stk_device_set *f, const struct stk_device_set_need *need) {
    uint32_t best = f->count;
    bool by_speed = true;
    for (uint32_t i = 0; i < f->count; i++) {
        by_speed = by_speed && (stk_device_set_lacks(f, i, need) != STK_LACKS_NOTHING || f->devices[i].speed != 0u);
    }
    for (uint32_t i = 0; i < f->count; i++) {
        if (stk_device_set_lacks(f, i, need) == STK_LACKS_NOTHING &&
            (best == f->count || better(&f->devices[i], &f->devices[best], by_speed))) {
            best = i;
        }
    }
    return best;
}

int stk_device_set_route(struct stk_device_set *fleet, const struct stk_device_set_need *need) {
    /* When no device meets the needs, the error names the device that meets most of the needs, in their order. */
    uint32_t best = best_of(fleet, need), at = 0;
    enum stk_device_set_lack farthest = STK_LACKS_INDEX;
    if (best != fleet->count) {
        return (int)best;
    }
    for (uint32_t i = 0; i < fleet->count; i++) {
        enum stk_device_set_lack lack = stk_device_set_lacks(fleet, i, need);
        if (lack > farthest) {
            farthest = lack;
            at = i;
        }
    }
    return stk_fail(&fleet->info, farthest > STK_LACKS_NAME ? STK_E_UNSUPPORTED : STK_E_NODEV, at, farthest);
}

/// Learning ///

#define NS_PER_S UINT64_C(1000000000)

void stk_device_set_learn(struct stk_device_set_device *device, uint64_t work, uint64_t ns) {
    uint64_t whole, sample;
    if (work == 0u || ns == 0u) {
        return;
    }
    /* work * 10^9 / ns; for work that would not fit, work / ns first. */
    whole = work / ns > UINT64_MAX / NS_PER_S ? UINT64_MAX : work / ns * NS_PER_S;
    sample = work <= UINT64_MAX / NS_PER_S ? work * NS_PER_S / ns : whole;
    sample = sample == 0u ? 1u : sample;
    /* A quarter of the new sample: one sample that was disturbed changes little, and a lasting change is learnt in a
     * few runs. Both terms are divided first, so nothing can wrap. */
    device->speed = device->speed == 0u ? sample : device->speed - device->speed / 4u + sample / 4u;
}

uint32_t stk_device_set_weight(const struct stk_device_set *fleet, uint32_t device) {
    uint64_t fastest = 0, mine = fleet->devices[device].speed, weight;
    bool known = true;
    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct stk_device_set_device *d = &fleet->devices[i];
        known = known && (d->lost || d->speed != 0u);
        fastest = !d->lost && d->speed > fastest ? d->speed : fastest;
    }
    /* While the speed of one live device is not known, all weigh the same. */
    if (!known || mine >= fastest) {
        return STK_DEVICE_SET_WEIGHT;
    }
    /* Scaled down first where the product would not fit. */
    weight = fastest > UINT64_MAX / STK_DEVICE_SET_WEIGHT ? mine / (fastest / STK_DEVICE_SET_WEIGHT)
                                                          : mine * STK_DEVICE_SET_WEIGHT / fastest;
    return weight == 0u ? 1u : weight > STK_DEVICE_SET_WEIGHT ? STK_DEVICE_SET_WEIGHT : (uint32_t)weight;
}
