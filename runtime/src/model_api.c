/*===- model_api.c - the exported symbol of a model -*- C -*-===*/

#include "instance.h"

#include <stddef.h>

/* NULL if there is none of that index, as in all functions that find something. */
static const vitc_entry_point *find_entry_point(uint32_t index) {
  return index < vitc_model_program.entry_point_count ? &vitc_model_program.entry_points[index] : NULL;
}

static const vitc_value *find_input(uint32_t entry_point, uint32_t index) {
  const vitc_entry_point *entry = find_entry_point(entry_point);
  return entry && index < entry->input_count ? &entry->inputs[index] : NULL;
}

static const vitc_value *find_output(uint32_t entry_point, uint32_t index) {
  const vitc_entry_point *entry = find_entry_point(entry_point);
  return entry && index < entry->output_count ? &entry->outputs[index] : NULL;
}

static int32_t describe_entry_point(uint32_t index, vitc_entry_point_info *info) {
  const vitc_entry_point *entry = find_entry_point(index);
  if (!entry || !info)
    return VITC_INVALID_ARGUMENT;
  *info = (vitc_entry_point_info){entry->name, (uint32_t)entry->input_count, (uint32_t)entry->output_count};
  return VITC_OK;
}

static int32_t describe_variant(uint32_t index, vitc_variant_info *info) {
  if (index >= vitc_model_program.variant_count || !info)
    return VITC_INVALID_ARGUMENT;
  const vitc_variant *variant = &vitc_model_program.variants[index];
  *info = (vitc_variant_info){variant->target_cpu, variant->cpu_features, variant->cpu_feature_count};
  return VITC_OK;
}

static int32_t describe_value(const vitc_value *value, vitc_tensor_info *info) {
  if (!value || !info)
    return VITC_INVALID_ARGUMENT;
  *info = (vitc_tensor_info){value->name, value->dtype, value->rank, value->shape, value->bytes};
  return VITC_OK;
}

static int32_t describe_input(uint32_t entry_point, uint32_t index, vitc_tensor_info *info) {
  return describe_value(find_input(entry_point, index), info);
}

static int32_t describe_output(uint32_t entry_point, uint32_t index, vitc_tensor_info *info) {
  return describe_value(find_output(entry_point, index), info);
}

static uint64_t label_count(uint32_t entry_point, uint32_t output) {
  const vitc_value *value = find_output(entry_point, output);
  return value ? value->label_count : 0;
}

static const char *label(uint32_t entry_point, uint32_t output, uint64_t index) {
  return index < label_count(entry_point, output) ? find_output(entry_point, output)->labels[index] : NULL;
}

static uint64_t preprocess_count(uint32_t entry_point, uint32_t input) {
  const vitc_value *value = find_input(entry_point, input);
  return value ? value->preprocess_count : 0;
}

static int32_t describe_preprocess(uint32_t entry_point, uint32_t input, uint64_t index, vitc_preprocess_step *step) {
  if (index >= preprocess_count(entry_point, input) || !step)
    return VITC_INVALID_ARGUMENT;
  const vitc_program_preprocess *from = &find_input(entry_point, input)->preprocess[index];
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

static uint32_t entry_point_count(void) { return (uint32_t)vitc_model_program.entry_point_count; }
static uint32_t variant_count(void) { return (uint32_t)vitc_model_program.variant_count; }

__attribute__((visibility("default"))) const void *vitc_model_api(uint32_t version) {
  static const vitc_model_functions functions = {.version = VITC_MODEL_ABI_VERSION,
                                                 .entry_point_count = entry_point_count,
                                                 .variant_count = variant_count,
                                                 .entry_point = describe_entry_point,
                                                 .variant = describe_variant,
                                                 .input = describe_input,
                                                 .output = describe_output,
                                                 .label_count = label_count,
                                                 .label = label,
                                                 .preprocess_count = preprocess_count,
                                                 .preprocess = describe_preprocess,
                                                 .manifest = manifest,
                                                 .create = create,
                                                 .run = vitc_instance_run,
                                                 .destroy = vitc_instance_destroy,
                                                 .instance_info = vitc_instance_describe,
                                                 .set_op_callback = vitc_instance_set_op_callback};
  return version == VITC_MODEL_ABI_VERSION ? &functions : NULL;
}
