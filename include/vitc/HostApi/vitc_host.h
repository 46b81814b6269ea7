/*===- vitc_host.h - the host library as functions of C ------------------*- C -*-===
 *
 * What vitc-run is made of, for other languages: a compiled model is loaded, pictures become its inputs, it is run, and
 * its outputs become answers. The Python package calls this through ctypes; the library goes with the package, so there
 * are no versions of this interface.
 *
 * A function that fails returns NULL or -1 and sets *error to one line, "FILE: WHERE: what is wrong", to be freed with
 * vitc_host_free (to NULL if there is no memory for it). All functions may be called by several threads at once; one
 *instance computes one run at a time.
 *===----------------------------------------------------------------------===*/

#ifndef VITC_HOSTAPI_VITC_HOST_H
#define VITC_HOSTAPI_VITC_HOST_H

#include "vitc/runtime/model_abi.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vitc_host_model vitc_host_model;
typedef struct vitc_host_instance vitc_host_instance;

/* Loads a model after checking its file. The caller ends it with vitc_host_unload, after all its instances. */
vitc_host_model *vitc_host_load(const char *path, char **error);
void vitc_host_unload(vitc_host_model *model);

/* The manifest (JSON), which belongs to the model. vitc_host_describe reads it from a file that is not loaded, with
 * "file_bytes" added, as `vitc-run --info --json` prints it; to be freed with vitc_host_free. */
const char *vitc_host_manifest(const vitc_host_model *model);
char *vitc_host_describe(const char *path, char **error);

/* Reads all of the weights and compares them with their hash. */
int32_t vitc_host_check_weights(const char *path, char **error);

/* An instance with `threads` threads (0: as many as the process may use). */
vitc_host_instance *vitc_host_create(const vitc_host_model *model, uint32_t threads, char **error);
void vitc_host_destroy(vitc_host_instance *instance);
uint32_t vitc_host_threads(const vitc_host_instance *instance);

/* How many images the model was compiled to compute together. */
uint64_t vitc_host_chunk_images(const vitc_host_instance *instance);

/* As `run` in model_abi.h. */
int32_t vitc_host_run(vitc_host_instance *instance, uint32_t entry_point, int64_t batch,
                      const vitc_input_buffer *inputs, uint32_t input_count, const vitc_output_buffer *outputs,
                      uint32_t output_count, char **error);

/* A picture as an input: channels x height x width numbers of f32, or of u8 if the model's input is. */
typedef struct vitc_host_picture {
  uint32_t entry_point; /* that takes it */
  uint32_t is_u8;
  const void *elements;
  uint64_t bytes;
  int64_t height, width;               /* of the picture before preprocessing */
  int64_t filled_height, filled_width; /* how much of the input's is no padding */
} vitc_host_picture;

/* Where a picture comes from: the file at `path`; or the bytes of a file; or decoded pixels, height x width x channels
 * (1 or 3). `path` names what is in memory in messages. */
typedef struct vitc_host_source {
  const char *path;
  const uint8_t *bytes; /* NULL: read the file */
  uint64_t size;
  int64_t height, width, channels; /* of pixels; 0 for a file */
} vitc_host_source;

/* Preprocesses a picture for entry point `entry_point`, or with -1 for the one that fits. To be freed with
 * vitc_host_free_picture. */
vitc_host_picture *vitc_host_prepare(const vitc_host_model *model, int32_t entry_point, const vitc_host_source *source,
                                     char **error);
void vitc_host_free_picture(vitc_host_picture *picture);

/* What an answer is to be made of: the outputs of an entry point for one picture, in its order, and the picture's size.
 */
typedef struct vitc_host_question {
  uint32_t entry_point;
  uint32_t output_count;
  const void *const *outputs;
  int64_t height, width;
  int64_t top;      /* the best so many; -1: all */
  double threshold; /* of detections; NaN: the model's own */
  uint32_t threads;
} vitc_host_question;

/* The answer of a model, as JSON, to be freed with vitc_host_free:
 *   {"kind": "classes", "classes": [{"index", "label", "score"}]}       best first
 *   {"kind": "segmentation", "segments": [{"index", "label", "pixels", "share"}]}    and *map: an i32 for each pixel
 *   {"kind": "detection", "boxes": [{"index", "label", "score", "box": [left, top, right, bottom]}]}
 *   {"kind": "depth"}                                                   and *map: an f32 for each pixel
 *   {"kind": "none"}                                                    the outputs are the answer
 * *map, where there is one, is to be freed with vitc_host_free, too. Fails if the scores of classes are not finite. */
char *vitc_host_answer(const vitc_host_model *model, const vitc_host_question *question, void **map, char **error);

void vitc_host_free(void *memory);

#ifdef __cplusplus
}
#endif

#endif /* VITC_HOSTAPI_VITC_HOST_H */
