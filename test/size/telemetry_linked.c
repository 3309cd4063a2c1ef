/* All of ring, control and telemetry: what firmware links at most that feeds a device and watches it. */
#include "telemetry_functions.h"

LINKED(TELEMETRY_FUNCTIONS)
