/* stoker ports: the CPUs that this process may use. Private to the ports of POSIX systems; includers on Linux define
 * _GNU_SOURCE. */
#ifndef STOKER_PORT_OS_CPUS_H
#define STOKER_PORT_OS_CPUS_H

#include <sched.h>
#include <stdint.h>
#include <unistd.h>

/* Returns the number of CPUs that this process may use, or 1 where the system does not say. */
static inline uint32_t stk_os_cpus(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return (uint32_t)CPU_COUNT(&set);
    }
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN); /* also where there are more CPUs than a cpu_set_t holds */
    return n > 0 ? (uint32_t)n : 1u;
}

#endif
