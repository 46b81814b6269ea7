/*===- cpu.h - what the runtime needs to know about the processor -*- C -*-===
 *
 * Internal to the runtime. One source file for each architecture implements it (cpu_x86_64.c).
 *===----------------------------------------------------------------------===*/

#ifndef VITC_RUNTIME_CPU_H
#define VITC_RUNTIME_CPU_H

#include <stdint.h>

typedef enum vitc_cpu_support {
  VITC_CPU_SUPPORTED,
  VITC_CPU_LACKS,        /* the processor does not have the feature */
  VITC_CPU_OS_DISABLED,  /* it has, but the operating system does not save the registers involved */
  VITC_CPU_UNKNOWN_NAME, /* the runtime does not know a feature of this name */
} vitc_cpu_support;

/* Whether code that needs the feature `name` (LLVM's name) can run on this machine. */
vitc_cpu_support vitc_cpu_supports(const char *name);

/* Tells the processor that this thread is spinning. */
void vitc_cpu_relax(void);

/* Sets the floating-point control state that kernels are compiled for (round to nearest, denormals kept, nothing traps)
 * and returns the one before. Threads differ in it when a program changes it, and results would differ with it. */
uint32_t vitc_cpu_enter_fp(void);

/* Restores what vitc_cpu_enter_fp returned. */
void vitc_cpu_leave_fp(uint32_t state);

#endif /* VITC_RUNTIME_CPU_H */
