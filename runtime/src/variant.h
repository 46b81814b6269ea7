/*===- variant.h - which code of a program this machine runs -*- C -*-===
 *
 * Internal to the runtime.
 *===----------------------------------------------------------------------===*/

#ifndef VITC_RUNTIME_VARIANT_H
#define VITC_RUNTIME_VARIANT_H

#include "vitc/runtime/model_abi.h"
#include "vitc/runtime/program.h"

/* Stores in *index the variant that `wanted`, the member `variant` of vitc_instance_options, asks for. Errors:
 * VITC_INVALID_ARGUMENT, VITC_UNSUPPORTED_CPU; VITC_INVALID_MODEL if the program has no code at all. */
int32_t vitc_variant_choose(const vitc_program *program, uint32_t wanted, uint32_t *index, vitc_status *status);

/* Checks once what a run of the variant relies on. Error: VITC_INVALID_MODEL. */
int32_t vitc_variant_check(const vitc_program *program, const vitc_variant *variant, vitc_status *status);

#endif /* VITC_RUNTIME_VARIANT_H */
