/* powerloss [--quick | --long FIRST COUNT | --self-test | --caught] [--trace] [--cuts N] [--geometry I [--rhythm R
 * [--cut N --mode M [--second N --mode2 M]] | --chain N]]: cuts the power of a flash log at every byte of what it
 * programs and at ten points of what it erases, once, twice, and many times in a row, on media that are lazy, whose
 * blocks go bad and whose reads fail. --long makes COUNT chains of cuts from number FIRST on: any slices of them may be
 * run anywhere, and their cuts add up. Exit status 1 when a record was lost or invented, or a rule of the flash was
 * broken; --caught turns that round, for a log that has a mistake. */
#include "cuts.h"
#include "shapes.h"

static const char *shape(uint32_t i, uint32_t *weight) {
    *weight = shapes[i].weight;
    return shapes[i].name;
}

/* Each cut in a row may spoil one more header, and three blocks have no more of them. */
static bool has_chains(uint32_t i) {
    return shapes[i].geometry.blocks >= CHAIN_BLOCKS;
}

int main(int argc, char **argv) {
    static const char *const plants[PLANTS] = {
        "nothing planted",
        "a program that a later cut undoes",
        "an erase takes the next block along",
        "bits are read wrong",
        "erases do nothing",
    };
    const struct suite suite = {
        .name = "powerloss",
        .part_option = "--rhythm",
        .quota = 1500000, /* makes about four times as many cuts */
        .quota_quick = 8000,
        .quota_self = 2000,
        .quota_caught = 400000,
        .shapes = shapes_count,
        .shape = shape,
        .has_chains = has_chains,
        .plants = plants,
        .n_plants = PLANTS,
        .self_shape = 4,
        .begin = run_begin,
        .run_all = run_all,
        .run_chain = run_chain,
    };
    return engine_main(&suite, argc, argv);
}
