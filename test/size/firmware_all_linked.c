/* All functions of ring, control, telemetry, log, recorder and stream: what firmware links at most. */
#include "telemetry_functions.h"
#include "stoker/log.h"
#include "stoker/recorder.h"
#include "stoker/stream.h"

LINKED(TELEMETRY_FUNCTIONS, FUNCTION(stk_log_buffer_bytes), FUNCTION(stk_log_capacity), FUNCTION(stk_log_format),
       FUNCTION(stk_log_mount), FUNCTION(stk_log_grow), FUNCTION(stk_log_append_cell), FUNCTION(stk_log_append_batch),
       FUNCTION(stk_log_sync), FUNCTION(stk_log_poll), FUNCTION(stk_log_settle), FUNCTION(stk_log_stats),
       FUNCTION(stk_log_block), FUNCTION(stk_log_next), FUNCTION(stk_log_next_cell), FUNCTION(stk_log_get_record),
       FUNCTION(stk_log_iterate), FUNCTION(stk_log_walk), FUNCTION(stk_log_seek_sequence), FUNCTION(stk_log_seek_boot),
       FUNCTION(stk_log_seek_boot_time), FUNCTION(stk_log_seek_time), FUNCTION(stk_log_seek_end),
       FUNCTION(stk_log_seek_last), FUNCTION(stk_log_count), FUNCTION(stk_log_prev), FUNCTION(stk_log_prev_cell),
       FUNCTION(stk_record_digest), FUNCTION(stk_record_digest_words), FUNCTION(stk_recorder_init),
       FUNCTION(stk_recorder_start), FUNCTION(stk_recorder_input), FUNCTION(stk_recorder_publish),
       FUNCTION(stk_recorder_failure), FUNCTION(stk_record_class), FUNCTION(stk_recorder_epoch),
       FUNCTION(stk_recorder_poll), FUNCTION(stk_recorder_sync), FUNCTION(stk_stream_bytes), FUNCTION(stk_stream_init),
       FUNCTION(stk_stream_read), FUNCTION(stk_stream_in_flight), FUNCTION(stk_stream_poll), FUNCTION(stk_stream_drain),
       FUNCTION(stk_stream_epoch), FUNCTION(stk_stream_wait_word), FUNCTION(stk_stream_close))
