/* stoker model 1: publishers by ticket, workers, a harvester. See README.md. */
#ifndef PUBLISHERS
#define PUBLISHERS 2
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#include "machine.pml"

#define CLAIM worker_claim
#define BY_DEVICE(s) true
#include "turns.pml"
