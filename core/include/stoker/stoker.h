/* stoker: everything public in one include. */
#ifndef STOKER_STOKER_H
#define STOKER_STOKER_H

#include "stoker/arena.h"
#include "stoker/automaton.h"
#include "stoker/blake3.h"
#include "stoker/cache.h"
#include "stoker/channel.h"
#include "stoker/config.h"
#include "stoker/control.h"
#include "stoker/crc32c.h"
#include "stoker/debug_log.h"
#include "stoker/err.h"
#include "stoker/evidence.h"
#include "stoker/handover.h"
#include "stoker/io_queue.h"
#include "stoker/log.h"
#include "stoker/publisher.h"
#include "stoker/ring.h"
#include "stoker/schedule.h"
#include "stoker/settings.h"
#include "stoker/sketch.h"
#include "stoker/stream.h"
#include "stoker/task.h"
#include "stoker/telemetry.h"
#include "stoker/telemetry_sketch.h"
#include "stoker/tenant.h"
#include "stoker/wait.h"
#include "stoker/watchdog.h"
#include "stoker/words.h"
#include "stoker/work_items.h"

#endif
