/* instance_pool MODEL.so IMAGE.f32...: the best label for each of several images, as a server finds them. An image is a
 * request with a thread of its own; an instance computes one of them at a time. The model's weights are there once.
 * Images are preprocessed: files of nothing but 32-bit floats. */
#include "vitc/runtime/model_abi.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With many requests, one thread for each instance and an instance for each CPU do the most work. */
enum { INSTANCES = 2, MAX_OUTPUTS = 16 };

/* The instances that no request uses. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t given_back;
  vitc_instance *instances[INSTANCES];
  int count;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .given_back = PTHREAD_COND_INITIALIZER};

static vitc_instance *take(void) {
  pthread_mutex_lock(&pool.lock);
  while (pool.count == 0)
    pthread_cond_wait(&pool.given_back, &pool.lock);
  vitc_instance *instance = pool.instances[--pool.count];
  pthread_mutex_unlock(&pool.lock);
  return instance;
}

static void give_back(vitc_instance *instance) {
  pthread_mutex_lock(&pool.lock);
  pool.instances[pool.count++] = instance;
  pthread_cond_signal(&pool.given_back);
  pthread_mutex_unlock(&pool.lock);
}

typedef struct request {
  const vitc_model_functions *model;
  const char *path;
  pthread_t thread;
  vitc_status status; /* what became of it */
  const char *label;
} request;

static int fail(const char *file, const char *reason) {
  fprintf(stderr, "error: %s: %s\n", file, reason);
  return 1;
}

/* The image of a request, `bytes` long; to be freed. */
static char *read_image(request *request, uint64_t bytes) {
  char *image = malloc(bytes + 1); /* one byte more, to notice a file that is too long */
  FILE *file = fopen(request->path, "rb");
  if (!image || !file || fread(image, 1, bytes + 1, file) != bytes) {
    request->status.code = VITC_INVALID_ARGUMENT;
    strcpy(request->status.message, "cannot be read, or is not as long as the model's input");
  }
  if (file)
    fclose(file);
  return image;
}

static void *handle(void *argument) {
  request *request = argument;
  const vitc_model_functions *model = request->model;
  vitc_tensor_info info;
  vitc_output_buffer outputs[MAX_OUTPUTS];
  uint32_t count = 0;
  for (; count < MAX_OUTPUTS && model->output(0, count, &info) == VITC_OK; ++count)
    outputs[count] = (vitc_output_buffer){malloc(info.bytes), info.bytes};
  model->input(0, 0, &info);
  char *image = read_image(request, info.bytes);
  vitc_input_buffer input = {image, info.bytes};
  if (request->status.code == VITC_OK) {
    vitc_instance *instance = take();
    model->run(instance, 0, 1, &input, 1, outputs, count, &request->status);
    give_back(instance);
  }
  if (request->status.code == VITC_OK) {
    const float *scores = outputs[0].data;
    uint64_t best = 0;
    for (uint64_t i = 1; i < model->label_count(0, 0); ++i)
      best = scores[i] > scores[best] ? i : best;
    request->label = model->label(0, 0, best);
  }
  while (count > 0)
    free(outputs[--count].data);
  free(image);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 3)
    return fail("command line", "expected MODEL.so IMAGE.f32...");
  char path[4096]; /* dlopen looks for a name without a slash in the system's directories only */
  snprintf(path, sizeof path, "%s%s", strchr(argv[1], '/') ? "" : "./", argv[1]);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  vitc_model_api_fn query = library ? (vitc_model_api_fn)dlsym(library, VITC_MODEL_API_SYMBOL) : NULL;
  if (!query)
    return fail(argv[1], dlerror());
  const vitc_model_functions *model = query(VITC_MODEL_ABI_VERSION);
  if (!model)
    return fail(argv[1], "the model is of another version of vitc, compile it anew");
  if (model->label_count(0, 0) == 0)
    return fail(argv[1], "not a classifier");
  for (; pool.count < INSTANCES; ++pool.count) {
    vitc_status status;
    pool.instances[pool.count] = model->create(&(vitc_instance_options){.threads = 1}, &status);
    if (!pool.instances[pool.count])
      return fail(argv[1], status.message);
  }

  int failed = 0, images = argc - 2;
  request *requests = calloc((size_t)images, sizeof *requests);
  for (int i = 0; i < images; ++i) {
    requests[i] = (request){.model = model, .path = argv[i + 2]};
    if (pthread_create(&requests[i].thread, NULL, handle, &requests[i]) != 0)
      exit(fail(requests[i].path, "the system gives it no thread"));
  }
  for (int i = 0; i < images; ++i) {
    pthread_join(requests[i].thread, NULL);
    if (requests[i].label)
      printf("%s: %s\n", requests[i].path, requests[i].label);
    else
      failed = fail(requests[i].path, requests[i].status.message);
  }
  free(requests);
  while (pool.count > 0)
    model->destroy(pool.instances[--pool.count]);
  dlclose(library);
  return failed;
}
