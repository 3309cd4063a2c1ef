/* What gate.kernels_freestanding refuses in kernels/: a header of the core. */
#include "stoker/ring.h"
