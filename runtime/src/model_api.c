/*===- model_api.c - the exported symbol of a model -*- C -*-===*/

#include "instance.h"

#include <stddef.h>

static int32_t describe_entry_point(uint32_t index, vitc_entry_point_info *info) {
  if (index != 0 || !info)
    return VITC_INVALID_ARGUMENT;
  *info = (vitc_entry_point_info){"main", (uint32_t)vitc_model_program.input_count,
                                  (uint32_t)vitc_model_program.output_count};
  return VITC_OK;
}

static int32_t describe_variant(uint32_t index, vitc_variant_info *info) {
  if (index != 0 || !info)
    return VITC_INVALID_ARGUMENT;
  *info = (vitc_variant_info){vitc_model_program.target_cpu, vitc_model_program.cpu_features,
                              vitc_model_program.cpu_feature_count};
  return VITC_OK;
}

static int32_t describe_value(const vitc_value *values, uint64_t count, uint32_t entry_point, uint32_t index,
                              vitc_tensor_info *info) {
  if (entry_point != 0 || index >= count || !info)
    return VITC_INVALID_ARGUMENT;
  const vitc_value *value = &values[index];
  *info = (vitc_tensor_info){value->name, value->dtype, value->rank, value->shape, value->bytes};
  return VITC_OK;
}

static int32_t describe_input(uint32_t entry_point, uint32_t index, vitc_tensor_info *info) {
  return describe_value(vitc_model_program.inputs, vitc_model_program.input_count, entry_point, index, info);
}

static int32_t describe_output(uint32_t entry_point, uint32_t index, vitc_tensor_info *info) {
  return describe_value(vitc_model_program.outputs, vitc_model_program.output_count, entry_point, index, info);
}

static const char *label(uint64_t index) {
  return index < vitc_model_program.label_count ? vitc_model_program.labels[index] : NULL;
}

static int32_t describe_preprocess(uint64_t index, vitc_preprocess_step *step) {
  if (index >= vitc_model_program.preprocess_count || !step)
    return VITC_INVALID_ARGUMENT;
  const vitc_program_preprocess *from = &vitc_model_program.preprocess[index];
  *step = (vitc_preprocess_step){from->kind, from->text, from->values, from->value_count};
  return VITC_OK;
}

static const char *manifest(uint64_t *bytes) {
  if (bytes)
    *bytes = vitc_model_program.manifest_bytes;
  return vitc_model_program.manifest;
}

static vitc_instance *create(const vitc_instance_options *options, vitc_status *status) {
  return vitc_instance_create(&vitc_model_program, options, status);
}

static uint32_t one(void) { return 1; }
static uint64_t label_count(void) { return vitc_model_program.label_count; }
static uint64_t preprocess_count(void) { return vitc_model_program.preprocess_count; }

__attribute__((visibility("default"))) const void *vitc_model_api(uint32_t version) {
  static const vitc_model_functions functions = {.version = VITC_MODEL_ABI_VERSION,
                                                 .entry_point_count = one,
                                                 .variant_count = one,
                                                 .label_count = label_count,
                                                 .preprocess_count = preprocess_count,
                                                 .entry_point = describe_entry_point,
                                                 .variant = describe_variant,
                                                 .input = describe_input,
                                                 .output = describe_output,
                                                 .label = label,
                                                 .preprocess = describe_preprocess,
                                                 .manifest = manifest,
                                                 .create = create,
                                                 .run = vitc_instance_run,
                                                 .destroy = vitc_instance_destroy,
                                                 .instance_info = vitc_instance_describe,
                                                 .set_op_callback = vitc_instance_set_op_callback};
  return version == VITC_MODEL_ABI_VERSION ? &functions : NULL;
}
