/*===- variant.c - which code of a program this machine runs -*- C -*-===*/

#include "variant.h"

#include "cpu.h"
#include "status.h"

#include <stdio.h>
#include <string.h>

enum { PLAN_ALIGNMENT = 64 };

/* The first feature of a variant that this machine does not have, and why as the end of a sentence; NULL: it has all.
 */
static const char *missing_feature(const vitc_variant *variant, const char **reason) {
  for (uint64_t i = 0; i < variant->cpu_feature_count; ++i)
    switch (vitc_cpu_supports(variant->cpu_features[i])) {
    case VITC_CPU_SUPPORTED:
      break;
    case VITC_CPU_LACKS:
      *reason = "this CPU lacks";
      return variant->cpu_features[i];
    case VITC_CPU_OS_DISABLED:
      *reason = "the operating system has not enabled";
      return variant->cpu_features[i];
    case VITC_CPU_UNKNOWN_NAME:
      *reason = "this runtime does not know";
      return variant->cpu_features[i];
    }
  return NULL;
}

static int32_t refuse_variant(const vitc_variant *variant, vitc_status *status) {
  const char *reason = NULL, *feature = missing_feature(variant, &reason);
  return vitc_status_set(status, VITC_UNSUPPORTED_CPU, "the model was compiled for %s and needs %s, which %s",
                         variant->target_cpu, feature, reason);
}

/* Says what is missing for each variant, as far as the message has room for whole ones. */
static int32_t refuse_all(const vitc_program *program, vitc_status *status) {
  char text[VITC_STATUS_MESSAGE_BYTES];
  const uint64_t variants = program->variant_count, more_bytes = sizeof "; and 4294967295 more";
  int start = snprintf(text, sizeof text, "the model was compiled for %llu CPUs, none of them like this one",
                       (unsigned long long)variants);
  size_t length = (size_t)start;
  for (uint64_t i = 0; i < variants; ++i) {
    const char *reason = NULL, *feature = missing_feature(&program->variants[i], &reason);
    /* Behind the last one, nothing is to come. */
    size_t room = sizeof text - length - (i + 1 < variants ? more_bytes : 0);
    char clause[VITC_STATUS_MESSAGE_BYTES];
    int bytes = snprintf(clause, sizeof clause, "%s%s needs %s, which %s", i == 0 ? ": " : "; ",
                         program->variants[i].target_cpu, feature, reason);
    if (bytes < 0 || (size_t)bytes >= room) {
      snprintf(text + length, sizeof text - length, "; and %llu more", (unsigned long long)(variants - i));
      break;
    }
    memcpy(text + length, clause, (size_t)bytes + 1);
    length += (size_t)bytes;
  }
  return vitc_status_set(status, VITC_UNSUPPORTED_CPU, "%s", text);
}

int32_t vitc_variant_choose(const vitc_program *program, uint32_t wanted, uint32_t *index, vitc_status *status) {
  const char *reason = NULL;
  if (program->entry_point_count < 1 || program->entry_point_count > UINT32_MAX || program->variant_count < 1 ||
      program->variant_count > UINT32_MAX)
    return vitc_status_set(status, VITC_INVALID_MODEL, "the model's list of entry points or variants is damaged");
  if (wanted > program->variant_count)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "variant %u was asked for, expected at most %u",
                           (unsigned)wanted, (unsigned)program->variant_count);
  if (wanted > 0) {
    *index = wanted - 1;
    return missing_feature(&program->variants[*index], &reason) ? refuse_variant(&program->variants[*index], status)
                                                                : VITC_OK;
  }
  for (*index = 0; *index < program->variant_count; ++*index)
    if (!missing_feature(&program->variants[*index], &reason))
      return VITC_OK;
  return program->variant_count == 1 ? refuse_variant(program->variants, status) : refuse_all(program, status);
}

/* The bytes that an operand's offset may reach, or 0 for an operand that does not exist. */
static uint64_t space_bytes(const vitc_program *program, const vitc_entry_point *entry, const vitc_function *function,
                            const vitc_operand *operand) {
  switch (operand->space) {
  case VITC_SPACE_ARENA:
    return function->arena_bytes;
  case VITC_SPACE_WEIGHTS:
    return program->weights_bytes;
  case VITC_SPACE_SCRATCH:
    return function->scratch_bytes;
  case VITC_SPACE_INPUT:
    return operand->index < entry->input_count ? entry->inputs[operand->index].bytes : 0;
  case VITC_SPACE_OUTPUT:
    return operand->index < entry->output_count ? entry->outputs[operand->index].bytes : 0;
  }
  return 0;
}

/* Whether what the runtime reads of a step that may end the run is there: the dimensions of the indices, as many as an
 * int64_t counts, and the numbers that the step leaves in the arena. */
static int is_check_sound(const vitc_function *function, const vitc_step *step) {
  const vitc_index_check *check = step->check;
  int64_t elements = 1;
  if (step->tasks != 1 || step->operand_count < 1 || check->size < 1)
    return 0;
  for (uint64_t i = 0; i < check->rank; ++i)
    if (check->shape[i] < 1 || __builtin_mul_overflow(elements, check->shape[i], &elements))
      return 0;
  const vitc_operand *found = &step->operands[step->operand_count - 1];
  return found->space == VITC_SPACE_ARENA && found->offset % sizeof(int64_t) == 0 &&
         function->arena_bytes - found->offset >= 2 * sizeof(int64_t);
}

static int32_t check_function(const vitc_program *program, const vitc_entry_point *entry, const vitc_function *function,
                              vitc_status *status) {
  if (function->arena_bytes % PLAN_ALIGNMENT != 0 || function->scratch_bytes % PLAN_ALIGNMENT != 0)
    return vitc_status_set(status, VITC_INVALID_MODEL, "the memory plan of entry point '%s' is damaged", entry->name);
  for (uint64_t i = 0; i < function->step_count; ++i) {
    const vitc_step *step = &function->steps[i];
    int valid = step->tasks >= 1 && step->tasks <= INT64_MAX / INT32_MAX && step->operand_count <= VITC_MAX_OPERANDS;
    for (uint64_t k = 0; valid && k < step->operand_count; ++k)
      valid = step->operands[k].offset < space_bytes(program, entry, function, &step->operands[k]);
    if (!valid || (step->check && !is_check_sound(function, step)))
      return vitc_status_set(status, VITC_INVALID_MODEL, "step %llu ('%s') of entry point '%s' is damaged",
                             (unsigned long long)i, step->name, entry->name);
  }
  return VITC_OK;
}

int32_t vitc_variant_check(const vitc_program *program, const vitc_variant *variant, vitc_status *status) {
  if (program->chunk_images < 1 || program->chunk_images > INT32_MAX)
    return vitc_status_set(status, VITC_INVALID_MODEL, "the model's memory plan is damaged");
  int32_t code = VITC_OK;
  for (uint64_t i = 0; code == VITC_OK && i < program->entry_point_count; ++i)
    code = check_function(program, &program->entry_points[i], &variant->functions[i], status);
  return code;
}
