/*===- two_sizes.h - a hand-written model with two entry points and two variants -*- C -*-===
 *
 * Entry points "4x4" and "6x8", by the size of their pictures x of three channels, over one table of weights:
 *   logits[c] = scale[c] * the mean of channel c, where scale is 1, 2 and 4
 * Variants "best" and "x86-64", whose steps are of the kinds "best" and "any".
 *===----------------------------------------------------------------------===*/

#ifndef VITC_TEST_RUNTIME_TWO_SIZES_H
#define VITC_TEST_RUNTIME_TWO_SIZES_H

#include "vitc/runtime/program.h"

enum { TWO_SIZES_CHANNELS = 3, TWO_SIZES_STEPS = 2, TWO_SIZES_LARGE_ARENA = 640, TWO_SIZES_LARGE_SCRATCH = 128 };

/* The program by the name that tests link it with, beside the one that is a test's model. */
#ifdef __cplusplus
extern "C"
#endif
    const vitc_program two_sizes_program;

#endif /* VITC_TEST_RUNTIME_TWO_SIZES_H */
