/* An OpenCL context that is lost in the middle of a launch, for losing.c. */
#ifndef LOSE_CONTEXT_H
#define LOSE_CONTEXT_H

/* How a context is lost. */
enum lose_by {
    /* Each call of the driver on the context fails from now on. The memory stays, as it does where a GPU falls off its
     * bus; a real release of the context would take memory away that this process has mapped. */
    LOSE_BY_CALLS,
    /* A kernel on the context writes to an address that nobody has. A GPU's driver then ends every launch of the
     * context and fails every later call. For real GPUs alone: on a CPU the process would die. */
    LOSE_BY_FAULT
};

/* Loses the context in which the last launch on `device`, a cl_device_id, was made. for_good 1: the device gives no
 * other context either; 0: the device works again in a new one. */
void lose_context(void *device, enum lose_by by, int for_good);

#endif
