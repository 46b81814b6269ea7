/*===- cpu_count.h - how many threads a process may keep busy -*- C -*-===
 *
 * Internal to the runtime.
 *===----------------------------------------------------------------------===*/

#ifndef VITC_RUNTIME_CPU_COUNT_H
#define VITC_RUNTIME_CPU_COUNT_H

#include <stdint.h>

/* The smaller of the CPUs in the calling thread's affinity mask and the CPU quota of its cgroup and those above it,
 * rounded up; between 1 and 1024. Reads a few files below /proc and /sys. */
uint32_t vitc_cpu_count(void);

/* The quota alone, in CPUs rounded up, or UINT32_MAX where there is none. `cgroup_file` is /proc/self/cgroup and
 * `mount` /sys/fs/cgroup, or what a test puts in their places. Version 2, version 1 and both together are understood.
 */
uint32_t vitc_cgroup_cpu_quota(const char *cgroup_file, const char *mount);

#endif /* VITC_RUNTIME_CPU_COUNT_H */
