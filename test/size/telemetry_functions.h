/* All of ring, control and telemetry, for LINKED. */
#ifndef STK_TEST_SIZE_TELEMETRY_FUNCTIONS_H
#define STK_TEST_SIZE_TELEMETRY_FUNCTIONS_H

#include "linked.h"
#include "stoker/control.h"
#include "stoker/ring.h"
#include "stoker/telemetry.h"

#define TELEMETRY_FUNCTIONS                                                                                            \
    FUNCTION(stk_control_bytes), FUNCTION(stk_control_init), FUNCTION(stk_control_view),                               \
        FUNCTION(stk_control_done_count), FUNCTION(stk_control_epoch), FUNCTION(stk_control_observable),               \
        FUNCTION(stk_control_word), FUNCTION(stk_control_metrics), FUNCTION(stk_control_set_shutdown),                 \
        FUNCTION(stk_control_ring_doorbell), FUNCTION(stk_control_set_shares), FUNCTION(stk_control_set_custody),      \
        FUNCTION(stk_control_set_quota), FUNCTION(stk_priority_offsets), FUNCTION(stk_control_set_priorities),         \
        FUNCTION(stk_priority_of_wire), FUNCTION(stk_reason_name), FUNCTION(stk_ring_bytes), FUNCTION(stk_ring_init),  \
        FUNCTION(stk_ring_view), FUNCTION(stk_opcode_publishable), FUNCTION(stk_opcode_user),                          \
        FUNCTION(stk_ring_publish), FUNCTION(stk_ring_publish_batch), FUNCTION(stk_ring_publish_packed),               \
        FUNCTION(stk_ring_publish_load_miss), FUNCTION(stk_load_miss_encode), FUNCTION(stk_load_miss_decode),          \
        FUNCTION(stk_ring_load_miss), FUNCTION(stk_ring_read), FUNCTION(stk_ring_status),                              \
        FUNCTION(stk_transition_allowed), FUNCTION(stk_ring_transition), FUNCTION(stk_ring_count_done),                \
        FUNCTION(stk_ring_image_count_done), FUNCTION(stk_occupancy_depth), FUNCTION(stk_status_active),               \
        FUNCTION(stk_ticketed_window_active), FUNCTION(stk_telemetry_bytes), FUNCTION(stk_telemetry_init),             \
        FUNCTION(stk_telemetry_decode), FUNCTION(stk_telemetry_read), FUNCTION(stk_telemetry_active_windows),          \
        FUNCTION(stk_telemetry_active_slots)

#endif
