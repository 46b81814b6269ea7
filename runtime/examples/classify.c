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
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  vitc_model_api_fn query = library ? (vitc_model_api_fn)dlsym(library, VITC_MODEL_API_SYMBOL) : NULL;
  if (!query)
    return fail(argv[1], dlerror());
  const vitc_model_functions *model = query(VITC_MODEL_ABI_VERSION);
  if (!model)
    return fail(argv[1], "the model is of another version of vitc, compile it anew");
  vitc_tensor_info input, output;
  if (model->input(0, 0, &input) != VITC_OK || model->label_count(0, 0) == 0)
    return fail(argv[1], "not a classifier");
  vitc_output_buffer outputs[16];
  uint32_t output_count = 0;
  for (; output_count < 16 && model->output(0, output_count, &output) == VITC_OK; ++output_count)
    outputs[output_count] = (vitc_output_buffer){malloc(output.bytes), output.bytes};
  char *image = malloc(input.bytes + 1); /* one byte more, to notice a file that is too long */
  FILE *file = fopen(argv[2], "rb");
  if (!file || fread(image, 1, input.bytes + 1, file) != input.bytes)
    return fail(argv[2], "cannot be read, or is not as long as the model's input");

  vitc_status status;
  vitc_instance *instance = model->create(NULL, &status);
  vitc_input_buffer pixels = {image, input.bytes};
  if (!instance || model->run(instance, 0, 1, &pixels, 1, outputs, output_count, &status) != VITC_OK)
    return fail(argv[1], status.message);
  const float *scores = outputs[0].data;
  uint64_t best = 0;
  for (uint64_t i = 1; i < model->label_count(0, 0); ++i)
    best = scores[i] > scores[best] ? i : best;
  puts(model->label(0, 0, best));
  model->destroy(instance);
  while (output_count > 0)
    free(outputs[--output_count].data);
  free(image);
  return fclose(file);
}
