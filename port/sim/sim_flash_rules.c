/* stoker port: simulated flash, the rules of port/flash.h that a user must keep. A call that breaks a rule is refused
 * and noted, so that a test fails even if its subject ignores the error. */
#include "sim_flash_internal.h"

const char *stk_sim_flash_rule_name(enum stk_sim_flash_rule rule) {
    static const char *const names[STK_SIM_FLASH_RULES] = {
        "no rule was broken",
        "not whole units inside the medium",
        "a unit was programmed twice without an erase between",
        "bits would have to go back to the erased value",
        "a unit was programmed after one behind it",
        "a program into a block that was not erased to the end",
    };
    return (uint32_t)rule < STK_SIM_FLASH_RULES ? names[rule] : "unknown";
}

int stk_sim_flash_violate(struct stk_sim_flash *f, enum stk_sim_flash_rule rule, uint32_t block, uint32_t offset,
                          uint32_t bytes) {
    /* Only the first violation is kept, since the others often follow from it. */
    if (f->violation.rule == STK_SIM_FLASH_KEPT) {
        f->violation =
            (struct stk_sim_flash_violation){rule, block, offset, bytes, f->counts.programs + f->counts.erases};
    }
    return STK_E_RANGE;
}

bool stk_sim_flash_is_placed(const struct stk_sim_flash *f, uint32_t unit, uint32_t block, uint32_t offset,
                             uint32_t bytes) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    return block < g->blocks && offset <= g->block_bytes && bytes <= g->block_bytes - offset &&
           (unit == 1 || (offset % unit == 0 && bytes % unit == 0));
}

/* Returns true if every byte of the unit is the inverse of the erased value. */
static bool is_inverse(const struct stk_sim_flash *f, const uint8_t *data) {
    uint8_t inverse = (uint8_t)~f->config.geometry.erased;
    uint32_t i = 0;
    while (i < f->config.geometry.prog_unit && data[i] == inverse) {
        i++;
    }
    return i == f->config.geometry.prog_unit;
}

/* Returns true if each bit of the unit would get the value that the program asks for. */
static bool bits_fit(const struct stk_sim_flash *f, const uint8_t *old, const uint8_t *data) {
    uint32_t i = 0;
    while (i < f->config.geometry.prog_unit && sim_flash_byte(f, old[i], data[i]) == data[i]) {
        i++;
    }
    return i == f->config.geometry.prog_unit;
}

/* Returns the rule that a program breaks for a unit that was programmed before, by the `rewrite` of the medium. With
 * strict_once a medium that could clear more bits allows only the inverse, so that one execution of a test checks users
 * for both. */
static enum stk_sim_flash_rule rule_again(const struct stk_sim_flash *f, const uint8_t *old, const uint8_t *data) {
    uint32_t rewrite = f->config.geometry.rewrite;
    if (rewrite == STK_FLASH_ONCE) {
        return STK_SIM_FLASH_TWICE;
    }
    if ((rewrite == STK_FLASH_INVERT || f->config.strict_once) && !is_inverse(f, data)) {
        return STK_SIM_FLASH_TWICE;
    }
    return bits_fit(f, old, data) ? STK_SIM_FLASH_KEPT : STK_SIM_FLASH_BITS;
}

enum stk_sim_flash_rule stk_sim_flash_rule_of(const struct stk_sim_flash *f, const struct sim_prog *p) {
    uint32_t unit = f->config.geometry.prog_unit;
    const uint8_t *used = sim_flash_used(f, p->index), *bytes = sim_flash_bytes(f, p->index) + p->offset;
    enum stk_sim_flash_rule rule = STK_SIM_FLASH_KEPT;
    /* A medium that takes any value, such as a file, has none of the rules below. */
    if (f->config.geometry.rewrite == STK_FLASH_ANY) {
        return rule;
    }
    /* A block whose erase was cut or failed may read as erased and still not hold what is programmed there. */
    if (p->block->broken) {
        return STK_SIM_FLASH_BROKEN;
    }
    for (uint32_t at = 0; at < p->bytes && rule == STK_SIM_FLASH_KEPT; at += unit) {
        uint32_t u = (p->offset + at) / unit;
        if (sim_bit(used, u)) {
            rule = rule_again(f, bytes + at, p->data + at);
        } else if (u < p->block->next) {
            /* A unit that was passed over may not be programmed any more: NAND wants ascending order in a block. */
            rule = STK_SIM_FLASH_ORDER;
        }
    }
    return rule;
}
