/* classify MODEL.so [IMAGE.f32]: prints the best label for an image of preprocessed 32-bit floats (default: zeros). */
#include "vitc/runtime/model_abi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *file, const char *reason) {
  fprintf(stderr, "error: %s: %s\n", file, reason);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 2)
    return fail("command line", "expected MODEL.so [IMAGE.f32]");
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  vitc_model_api_fn query = library ? (vitc_model_api_fn)dlsym(library, VITC_MODEL_API_SYMBOL) : NULL;
  const vitc_model_api_v1 *model = query ? (const vitc_model_api_v1 *)query(VITC_MODEL_ABI_V1) : NULL;
  vitc_tensor_info input, output;
  vitc_entry_point_info entry;
  if (!model || model->entry_point(0, &entry) != VITC_OK || model->input(0, 0, &input) != VITC_OK)
    return fail(argv[1], "not a model");
  void *image = calloc(1, input.bytes), **outputs = calloc(entry.output_count, sizeof *outputs);
  FILE *file = argc > 2 ? fopen(argv[2], "rb") : NULL;
  if (!image || !outputs || (argc > 2 && (!file || fread(image, 1, input.bytes, file) != input.bytes)))
    return fail(argv[argc - 1], "cannot be read, or too short for the model's input");
  for (uint32_t i = 0; model->output(0, i, &output) == VITC_OK; ++i)
    outputs[i] = calloc(1, output.bytes);

  vitc_status status;
  vitc_instance *instance = model->create(NULL, &status);
  if (!instance || model->run(instance, 0, 1, (const void *[]){image}, outputs, &status) != VITC_OK)
    return fail(argv[1], status.message);
  const float *scores = outputs[0];
  uint64_t best = 0;
  for (uint64_t i = 1; i < model->label_count(); ++i)
    if (scores[i] > scores[best])
      best = i;
  puts(model->label_count() ? model->label(best) : "(no labels)");
  model->destroy(instance);
  return 0;
}
