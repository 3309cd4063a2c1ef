/* Telemetry from a live ring, by one thread: what is trusted under which feed, and rows that change while they are
 * read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "telemetry_rig.h"

static const uint32_t list[] = {40};
static const struct stk_opcodes opcodes = {list, 1};

static void four_slots(void) {
    rig_reset();
    rig_slot(0, STK_SLOT_EMPTY, 40, 1, 0);
    rig_slot(1, STK_SLOT_PUBLISHED, 40, 2, 0);
    rig_slot(2, STK_SLOT_DONE, 40, 3, 0);
    rig_slot(3, 99, 40, 4, 0);
}

static void without_a_publisher_every_word_counts(void **state) {
    (void)state;
    four_slots();
    assert_int_equal(rig_read(4, STK_FEED_NONE, &opcodes), STK_OK);
    assert_int_equal(rig.window_count, 4);
    assert_int_equal(rig.rows[0].args[2], 1000);
    assert_int_equal(rig.lost[0], STK_ROW_WHOLE);
    assert_int_equal(rig.snapshot.occupancy.torn, 0);
    assert_int_equal(rig_read(4, STK_FEED_NONE, NULL), STK_OK);
    assert_int_equal(rig.window_count, 0);
}

static void a_slot_that_may_be_rewritten_has_a_status_only(void **state) {
    uint32_t out[4];
    (void)state;
    four_slots();
    assert_int_equal(rig_read(4, STK_FEED_TICKETS, &opcodes), STK_OK);
    assert_int_equal(rig.window_count, 3);
    assert_int_equal(rig.lost[0], STK_ROW_WORDS);
    assert_int_equal(rig.rows[0].opcode, 0);
    assert_int_equal(rig.rows[2].args[0], 3);
    assert_int_equal(rig.snapshot.occupancy.count[STK_SLOT_EMPTY], 1);
    assert_int_equal(rig_read(4, STK_FEED_ANY, &opcodes), STK_OK);
    assert_int_equal(rig.window_count, 2);
    assert_int_equal(rig.lost[2], STK_ROW_WORDS);
    assert_int_equal(rig.rows[2].status, STK_SLOT_DONE);
    assert_int_equal(rig.rows[2].args[0], 0);
    assert_int_equal(rig.snapshot.occupancy.count[STK_SLOT_DONE], 1);
    assert_int_equal(stk_telemetry_active_slots(&rig, 40, out, 4, NULL), 1);
    assert_int_equal(stk_telemetry_active_slots(&rig, 0, out, 4, NULL), 0);
}

static void errors_leave_the_last_decode(void **state) {
    struct stk_ring ring = {rig_ring, 3};
    struct stk_control control = {rig_control, 159};
    const struct stk_opcodes nothing = {NULL, 1};
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    four_slots();
    assert_int_equal(rig_read(4, STK_FEED_NONE, &opcodes), STK_OK);
    assert_int_equal(stk_telemetry_read(&rig, &ring, &control, STK_FEED_NONE, &nothing, &info), STK_E_ARG);
    assert_int_equal(stk_telemetry_read(&rig, &ring, &control, STK_FEED_NONE, NULL, &info), STK_E_MISSING);
    assert_int_equal(info.index, 159);
    control.count = 160;
    assert_int_equal(stk_telemetry_read(&rig, &ring, &control, STK_FEED_TICKETS, NULL, &info), STK_E_ARG);
    assert_int_equal(info.value, 3);
    ring.slots = RIG_SLOTS + 1;
    assert_int_equal(stk_telemetry_read(&rig, &ring, &control, STK_FEED_NONE, NULL, &info), STK_E_SPACE);
    ring.slots = STK_TELEMETRY_SLOTS_MAX + 1;
    assert_int_equal(stk_telemetry_read(&rig, &ring, &control, STK_FEED_NONE, NULL, &info), STK_E_OVERFLOW);
    assert_int_equal(rig.snapshot.occupancy.slots, 4);
    assert_int_equal(rig.window_count, 4);
}

/* A ring that lies where the decoder writes its rows is one that changes while it is read, without a second thread. */
static _Alignas(STK_ALIGN) uint32_t overlay[64];

static int read_overlay(uint32_t ring_word, struct stk_control *control, enum stk_feed feed) {
    struct stk_ring ring = {overlay + ring_word, 1};
    assert_int_equal(rig_init(&rig, overlay, 64, 1, 0, NULL), STK_OK);
    return stk_telemetry_read(&rig, &ring, control, feed, NULL, NULL);
}

/* The decoder writes its rows in host order, and they are read again as words of a ring. So what comes back is in host
 * order here. Word 7 of the row is the slot's status: the first try finds it changed, the second does not. */
static void a_status_that_changed_is_read_again(void **state) {
    struct stk_control control = {rig_control, STK_CTL_WORDS_MIN};
    (void)state;
    rig_reset();
    memset(overlay, 0, sizeof overlay);
    overlay[7] = stk_le32(STK_SLOT_PUBLISHED);
    overlay[14] = STK_SLOT_CLAIMED;
    assert_int_equal(read_overlay(7, &control, STK_FEED_NONE), STK_OK);
    assert_int_equal(rig.lost[0], STK_ROW_WHOLE);
    assert_int_equal(rig.snapshot.occupancy.count[STK_SLOT_CLAIMED], 1);
    assert_int_equal(rig.snapshot.occupancy.count[STK_SLOT_PUBLISHED], 0);
}

/* Word 7 of the row is the slot's opcode: the status is the same, the words are not. */
static void words_that_changed_are_read_again(void **state) {
    struct stk_control control = {rig_control, STK_CTL_WORDS_MIN};
    (void)state;
    rig_reset();
    memset(overlay, 0, sizeof overlay);
    overlay[6] = stk_le32(STK_SLOT_CLAIMED);
    overlay[7] = stk_le32(1111);
    overlay[12] = STK_SLOT_CLAIMED; /* this entry overlays word 6 of the row, which is the status of the slot */
    overlay[13] = 2222;
    assert_int_equal(read_overlay(6, &control, STK_FEED_ANY), STK_OK);
    assert_int_equal(rig.lost[0], STK_ROW_WHOLE);
    assert_int_equal(rig.rows[0].opcode, 2222);
}

/* Word 7 of the row is the tail of the tickets: the slot got one while it was read. */
static void a_slot_that_got_a_ticket_is_read_again(void **state) {
    /* The telemetry object lies seven words before the tail, at an aligned address. */
    enum {
        BEFORE = STK_CTL_PUBLISH_TAIL - 7,
        PAD = (16 - BEFORE % 16) % 16
    };
    static _Alignas(STK_ALIGN) uint32_t padded[PAD + STK_CTL_WORDS_MIN + 16];
    uint32_t *memory = padded + PAD;
    struct stk_control control = {memory, STK_CTL_WORDS_MIN};
    struct stk_ring ring = {rig_ring, 1};
    struct stk_telemetry t;
    (void)state;
    rig_reset();
    rig_slot(0, STK_SLOT_PUBLISHED, 40, 5, 0);
    stk_store(rig_ring + STK_SLOT_ARG0 + 3, 1);
    memory[STK_CTL_PUBLISH_TAIL] = 0;
    assert_int_equal(STK_CTL_PUBLISH_TAIL % 2, 1);
    assert_int_equal(rig_init(&t, memory + BEFORE, 64, 1, 0, NULL), STK_OK);
    assert_int_equal(stk_telemetry_read(&t, &ring, &control, STK_FEED_TICKETS, NULL, NULL), STK_OK);
    assert_int_equal(t.lost[0], STK_ROW_WHOLE);
    assert_int_equal(t.snapshot.occupancy.count[STK_SLOT_PUBLISHED], 1);
}

/* The call copies the slot into a row, and this row begins one word before the slot. So each copy moves the words of
 * the slot down by one word. The first word of the row is also the control word with the tail of the tickets, so each
 * copy changes the tail. The slot and the tail differ after every try. */
static void a_slot_that_never_holds_still_is_torn(void **state) {
    enum {
        PAD = (16 - STK_CTL_PUBLISH_TAIL % 16) % 16
    };
    static _Alignas(STK_ALIGN) uint32_t memory[PAD + STK_CTL_WORDS_MIN + 16];
    struct stk_control control = {memory + PAD, STK_CTL_WORDS_MIN};
    uint32_t *tail = control.words + STK_CTL_PUBLISH_TAIL;
    struct stk_ring ring = {tail + 1, 1};
    struct stk_telemetry t;
    (void)state;
    for (uint32_t i = 0; i <= 8; i++) {
        stk_store(tail + i, 10u + i);
    }
    assert_int_equal(rig_init(&t, tail, 64, 1, 0, NULL), STK_OK);
    assert_int_equal(stk_telemetry_read(&t, &ring, &control, STK_FEED_TICKETS, NULL, NULL), STK_OK);
    assert_int_equal(t.lost[0], STK_ROW_TORN);
    assert_int_equal(t.rows[0].status | t.rows[0].opcode | t.rows[0].args[3], 0);
    assert_int_equal(t.snapshot.occupancy.torn, 1);
    assert_int_equal(t.snapshot.occupancy.count[STK_UNKNOWN] + t.snapshot.occupancy.count[STK_SLOT_EMPTY], 0);
    assert_int_equal(stk_occupancy_depth(&t.snapshot.occupancy), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_publisher_every_word_counts),
        cmocka_unit_test(a_slot_that_may_be_rewritten_has_a_status_only),
        cmocka_unit_test(errors_leave_the_last_decode),
        cmocka_unit_test(a_status_that_changed_is_read_again),
        cmocka_unit_test(words_that_changed_are_read_again),
        cmocka_unit_test(a_slot_that_got_a_ticket_is_read_again),
        cmocka_unit_test(a_slot_that_never_holds_still_is_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
