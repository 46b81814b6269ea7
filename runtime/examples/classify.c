/* classify MODEL.so IMAGE.f32: the best label for a preprocessed image, a file of nothing but its 32-bit floats. */
#include "vitc/runtime/model_abi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *file, const char *reason) {
  fprintf(stderr, "error: %s: %s\n", file, reason);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 3)
    return fail("command line", "expected MODEL.so IMAGE.f32");
  char path[4096]; /* dlopen looks for a name without a slash in the system's directories only */
  snprintf(path, sizeof path, "%s%s", strchr(argv[1], '/') ? "" : "./", argv[1]);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL), *outputs[16] = {NULL};
  vitc_model_api_fn query = library ? (vitc_model_api_fn)dlsym(library, VITC_MODEL_API_SYMBOL) : NULL;
  const vitc_model_api_v1 *model = query ? (const vitc_model_api_v1 *)query(VITC_MODEL_ABI_V1) : NULL;
  vitc_tensor_info input, output;
  if (!model || model->input(0, 0, &input) != VITC_OK || model->label_count() == 0)
    return fail(argv[1], query ? "not a classifier" : dlerror());
  for (uint32_t i = 0; i < 16 && model->output(0, i, &output) == VITC_OK; ++i)
    outputs[i] = malloc(output.bytes);
  char *image = malloc(input.bytes + 1); /* one byte more, to notice a file that is too long */
  FILE *file = fopen(argv[2], "rb");
  if (!file || fread(image, 1, input.bytes + 1, file) != input.bytes)
    return fail(argv[2], "cannot be read, or is not as long as the model's input");

  vitc_status status;
  vitc_instance *instance = model->create(NULL, &status);
  if (!instance || model->run(instance, 0, 1, (const void *[]){image}, outputs, &status) != VITC_OK)
    return fail(argv[1], status.message);
  const float *scores = outputs[0];
  uint64_t best = 0;
  for (uint64_t i = 1; i < model->label_count(); ++i)
    best = scores[i] > scores[best] ? i : best;
  puts(model->label(best));
  model->destroy(instance);
  for (int i = 0; i < 16; ++i)
    free(outputs[i]);
  free(image);
  return fclose(file);
}
