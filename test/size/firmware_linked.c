/* Links the library as a firmware does that streams samples to a device, records work, inputs and outcomes on flash,
 * and sends telemetry. A host reads the records from the flash image. */
#include "linked.h"
#include "stoker/control.h"
#include "stoker/log.h"
#include "stoker/recorder.h"
#include "stoker/ring.h"
#include "stoker/stream.h"
#include "stoker/telemetry.h"

LINKED(FUNCTION(stk_ring_init), FUNCTION(stk_ring_publish), FUNCTION(stk_ring_read), FUNCTION(stk_ring_status),
       FUNCTION(stk_control_init), FUNCTION(stk_control_set_shutdown), FUNCTION(stk_control_ring_doorbell),
       FUNCTION(stk_control_observable), FUNCTION(stk_telemetry_init), FUNCTION(stk_telemetry_read),
       FUNCTION(stk_log_format), FUNCTION(stk_log_mount), FUNCTION(stk_log_append_batch), FUNCTION(stk_log_poll),
       FUNCTION(stk_log_sync), FUNCTION(stk_recorder_init), FUNCTION(stk_recorder_start),
       FUNCTION(stk_recorder_publish), FUNCTION(stk_recorder_poll), FUNCTION(stk_recorder_sync),
       FUNCTION(stk_stream_init), FUNCTION(stk_stream_read), FUNCTION(stk_stream_poll), FUNCTION(stk_stream_drain),
       FUNCTION(stk_stream_epoch), FUNCTION(stk_stream_close))
