/* All of ring, control and telemetry: what firmware links at most that feeds a device and watches it. */
#include "stoker/control.h"
#include "stoker/ring.h"
#include "stoker/telemetry.h"

typedef void (*linked_function)(void);

static const linked_function linked[] = {
    (linked_function)stk_control_bytes,
    (linked_function)stk_control_init,
    (linked_function)stk_control_view,
    (linked_function)stk_control_done_count,
    (linked_function)stk_control_epoch,
    (linked_function)stk_control_observable,
    (linked_function)stk_control_word,
    (linked_function)stk_control_metrics,
    (linked_function)stk_control_set_shutdown,
    (linked_function)stk_control_ring_doorbell,
    (linked_function)stk_control_set_shares,
    (linked_function)stk_control_set_custody,
    (linked_function)stk_control_set_quota,
    (linked_function)stk_priority_offsets,
    (linked_function)stk_control_set_priorities,
    (linked_function)stk_priority_of_wire,
    (linked_function)stk_reason_name,
    (linked_function)stk_ring_bytes,
    (linked_function)stk_ring_init,
    (linked_function)stk_ring_view,
    (linked_function)stk_opcode_publishable,
    (linked_function)stk_opcode_user,
    (linked_function)stk_ring_publish,
    (linked_function)stk_ring_publish_batch,
    (linked_function)stk_ring_publish_packed,
    (linked_function)stk_ring_publish_load_miss,
    (linked_function)stk_load_miss_encode,
    (linked_function)stk_load_miss_decode,
    (linked_function)stk_ring_load_miss,
    (linked_function)stk_ring_read,
    (linked_function)stk_ring_status,
    (linked_function)stk_transition_allowed,
    (linked_function)stk_ring_transition,
    (linked_function)stk_ring_count_done,
    (linked_function)stk_ring_image_count_done,
    (linked_function)stk_occupancy_depth,
    (linked_function)stk_status_active,
    (linked_function)stk_window_active,
    (linked_function)stk_telemetry_bytes,
    (linked_function)stk_telemetry_init,
    (linked_function)stk_telemetry_decode,
    (linked_function)stk_telemetry_read,
    (linked_function)stk_telemetry_active_windows,
    (linked_function)stk_telemetry_active_slots,
};

int main(int argc, char **argv) {
    (void)argv;
    linked[argc]();
    return 0;
}
