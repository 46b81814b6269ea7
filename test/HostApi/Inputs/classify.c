/* Classifies a picture through libvitc_host.so:  classify MODEL.so PICTURE
 * Prints the two best classes as JSON, and what is wrong on standard error. */

#include "vitc/HostApi/vitc_host.h"

#include <math.h>
#include <stdio.h>

static int fail(char *error) {
  fprintf(stderr, "error: %s\n", error);
  vitc_host_free(error);
  return 1;
}

static int classify(const vitc_host_model *model, vitc_host_instance *instance, const char *path, int32_t entry_point,
                    uint32_t output_count) {
  char *error = NULL;
  vitc_host_source source = {.path = path};
  vitc_host_picture *picture = vitc_host_prepare(model, entry_point, &source, &error);
  if (!picture)
    return fail(error);
  float logits[10];
  vitc_input_buffer input = {picture->elements, picture->bytes};
  vitc_output_buffer output = {logits, sizeof logits};
  int32_t code = vitc_host_run(instance, picture->entry_point, 1, &input, 1, &output, 1, &error);
  const void *outputs[] = {logits};
  vitc_host_question question = {
      picture->entry_point, output_count, outputs, picture->height, picture->width, 2, NAN, 1};
  vitc_host_free_picture(picture);
  if (code != 0)
    return fail(error);
  void *map;
  char *answer = vitc_host_answer(model, &question, &map, &error);
  if (!answer)
    return fail(error);
  puts(answer);
  vitc_host_free(answer);
  vitc_host_free(map);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  char *error = NULL;
  vitc_host_model *model = vitc_host_load(argv[1], &error);
  if (!model)
    return fail(error);
  vitc_host_instance *instance = vitc_host_create(model, 1, &error);
  if (!instance)
    return fail(error);
  int failed = classify(model, instance, argv[2], -1, 1);
  if (!failed && vitc_host_threads(instance) == 1 && vitc_host_check_weights(argv[1], &error) == 0) {
    /* Indices and counts that are not the model's are errors, too. */
    classify(model, instance, argv[2], 1, 1);
    classify(model, instance, argv[2], -2, 1);
    classify(model, instance, argv[2], 0, 2);
    classify(model, instance, NULL, 0, 1);
    if (vitc_host_load(NULL, &error))
      return 1;
    fail(error);
  }
  vitc_host_destroy(instance);
  vitc_host_unload(model);
  return failed;
}
