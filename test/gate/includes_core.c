/* Includes a header of the core, which gate.kernels_freestanding refuses in kernels/. */
#include "stoker/ring.h"
