/*===- instance.h - executes a program -*- C -*-===
 *
 * Internal to the runtime: what create, run and destroy of model_abi.h do, for any program.
 *===----------------------------------------------------------------------===*/

#ifndef VITC_RUNTIME_INSTANCE_H
#define VITC_RUNTIME_INSTANCE_H

#include "vitc/runtime/model_abi.h"
#include "vitc/runtime/program.h"

/* See vitc_model_functions. `program` must outlive the instance. */
vitc_instance *vitc_instance_create(const vitc_program *program, const vitc_instance_options *options,
                                    vitc_status *status);
int32_t vitc_instance_run(vitc_instance *instance, uint32_t entry_point, int64_t batch, const vitc_input_buffer *inputs,
                          uint32_t input_count, const vitc_output_buffer *outputs, uint32_t output_count,
                          vitc_status *status);
int32_t vitc_instance_destroy(vitc_instance *instance);
int32_t vitc_instance_describe(const vitc_instance *instance, vitc_instance_info *info);
int32_t vitc_instance_set_op_callback(vitc_instance *instance, vitc_op_callback callback, void *context);

/* The first decimal number in `name` that has neither letters nor digits around it, or -1: the index of a layer in
 * names like "encoder.layer.3.mlp". */
int64_t vitc_layer_of_name(const char *name);

#endif /* VITC_RUNTIME_INSTANCE_H */
