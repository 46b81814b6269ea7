/*===- two_sizes.c - a hand-written model with two entry points and two variants -*- C -*-===
 *
 * See two_sizes.h. Definitions: BEST_FEATURES and ANY_FEATURES, what the variants need; RESIZE_SMALL and RESIZE_LARGE,
 * the steps of preprocessing that change the size of pictures.
 *===----------------------------------------------------------------------===*/

#include "two_sizes.h"

#include "model_note.h"

#include "vitc/runtime/model_abi.h"
#include "vitc/runtime/program.h"

/* No processor has all of these: the second is AMD's alone, and ended before the third began. */
#ifndef BEST_FEATURES
#define BEST_FEATURES "sse2", "xop", "avx512fp16"
#endif
#ifndef ANY_FEATURES
#define ANY_FEATURES "sse2"
#endif
#ifndef RESIZE_SMALL
#define RESIZE_SMALL ""
#endif
#ifndef RESIZE_LARGE
#define RESIZE_LARGE ""
#endif

enum { CHANNELS = TWO_SIZES_CHANNELS, SMALL = 16, LARGE = 48 };

#define PICTURE(shape, resize)                                                                                         \
  "\"inputs\":[{\"name\":\"pixel_values\",\"dtype\":\"f32\",\"shape\":" shape                                          \
  ",\"preprocessing\":{\"version\":1,\"steps\":[{\"step\":\"decode\",\"channels\":3}," resize                          \
  "{\"step\":\"rescale\",\"factor\":0.00392156862745098}]}}],"
#define LOGITS                                                                                                         \
  "\"outputs\":[{\"name\":\"logits\",\"dtype\":\"f32\",\"shape\":[3],\"labels\":[\"red\",\"green\",\"blue\"]}],"
#define MANIFEST                                                                                                       \
  "{\"format\":\"vitc\",\"manifest_version\":2,\"name\":\"two sizes\"," ABI_VERSION_MEMBER ","                         \
  "\"target\":{\"triple\":\"x86_64-unknown-linux-gnu\",\"cpu\":\"best\",\"features\":[\"sse2\"]}," NO_PROGRAM_HASH     \
  ",\"scores\":\"none\",\"memory\":{\"arena_bytes\":640,\"scratch_bytes\":128},"                                       \
  "\"entry_points\":[{\"name\":\"4x4\"," PICTURE("[3,4,4]", RESIZE_SMALL) LOGITS                                       \
      "\"memory\":{\"arena_bytes\":192,\"scratch_bytes\":64}},"                                                        \
      "{\"name\":\"6x8\"," PICTURE("[3,6,8]", RESIZE_LARGE) LOGITS                                                     \
      "\"memory\":{\"arena_bytes\":640,\"scratch_bytes\":128}}],"                                                      \
      "\"variants\":[{\"cpu\":\"best\",\"features\":[\"sse2\",\"xop\"]},{\"cpu\":\"x86-64\",\"features\":[\"sse2\"]}]" \
      "}"

/* operands: result, picture, factors of the channels, scratch. */
static void scale(int64_t task, void *const *operands, int pixels) {
  float *result = (float *)operands[0] + task * pixels;
  const float *source = (const float *)operands[1] + task * pixels;
  volatile float *factor = operands[3];
  *factor = ((const float *)operands[2])[task];
  for (int i = 0; i < pixels; ++i)
    result[i] = source[i] * *factor;
}

/* operands: result, source. */
static void average(int64_t task, void *const *operands, int pixels) {
  const float *source = (const float *)operands[1] + task * pixels;
  float sum = 0;
  for (int i = 0; i < pixels; ++i)
    sum += source[i];
  ((float *)operands[0])[task] = sum / (float)pixels;
}

static void scale_small(int64_t task, void *const *operands) { scale(task, operands, SMALL); }
static void scale_large(int64_t task, void *const *operands) { scale(task, operands, LARGE); }
static void average_small(int64_t task, void *const *operands) { average(task, operands, SMALL); }
static void average_large(int64_t task, void *const *operands) { average(task, operands, LARGE); }

static const _Alignas(64) float weights[16] = {1.0f, 2.0f, 4.0f};

/* The large one does not begin where the arena and the scratch memory do. */
static const vitc_operand scale_small_operands[] = {
    {VITC_SPACE_ARENA, 0, 0}, {VITC_SPACE_INPUT, 0, 0}, {VITC_SPACE_WEIGHTS, 0, 0}, {VITC_SPACE_SCRATCH, 0, 0}};
static const vitc_operand average_small_operands[] = {{VITC_SPACE_OUTPUT, 0, 0}, {VITC_SPACE_ARENA, 0, 0}};
static const vitc_operand scale_large_operands[] = {
    {VITC_SPACE_ARENA, 0, 64}, {VITC_SPACE_INPUT, 0, 0}, {VITC_SPACE_WEIGHTS, 0, 0}, {VITC_SPACE_SCRATCH, 0, 124}};
static const vitc_operand average_large_operands[] = {{VITC_SPACE_OUTPUT, 0, 0}, {VITC_SPACE_ARENA, 0, 64}};

#define STEPS(kind)                                                                                                    \
  static const vitc_step kind##_small_steps[TWO_SIZES_STEPS] = {                                                       \
      {scale_small, scale_small_operands, 4, CHANNELS, "scale", #kind, CHANNELS * SMALL, 0},                           \
      {average_small, average_small_operands, 2, CHANNELS, "average", #kind, CHANNELS * SMALL, 0}};                    \
  static const vitc_step kind##_large_steps[TWO_SIZES_STEPS] = {                                                       \
      {scale_large, scale_large_operands, 4, CHANNELS, "scale", #kind, CHANNELS * LARGE, 0},                           \
      {average_large, average_large_operands, 2, CHANNELS, "average", #kind, CHANNELS * LARGE, 0}};                    \
  static const vitc_function kind##_functions[] = {                                                                    \
      {kind##_small_steps, TWO_SIZES_STEPS, CHANNELS * SMALL * sizeof(float), 64},                                     \
      {kind##_large_steps, TWO_SIZES_STEPS, TWO_SIZES_LARGE_ARENA, TWO_SIZES_LARGE_SCRATCH}}
STEPS(best);
STEPS(any);

static const char *const labels[] = {"red", "green", "blue"};
static const double factor[] = {0.00392156862745098};
static const vitc_program_preprocess preprocess[] = {{"rescale", "", factor, 1}};
static const int64_t small_shape[] = {CHANNELS, 4, 4}, large_shape[] = {CHANNELS, 6, 8}, logits_shape[] = {CHANNELS};
static const vitc_value small_inputs[] = {{.name = "pixel_values",
                                           .dtype = VITC_DTYPE_F32,
                                           .rank = 3,
                                           .shape = small_shape,
                                           .bytes = CHANNELS * SMALL * sizeof(float),
                                           .preprocess = preprocess,
                                           .preprocess_count = 1}};
static const vitc_value large_inputs[] = {{.name = "pixel_values",
                                           .dtype = VITC_DTYPE_F32,
                                           .rank = 3,
                                           .shape = large_shape,
                                           .bytes = CHANNELS * LARGE * sizeof(float),
                                           .preprocess = preprocess,
                                           .preprocess_count = 1}};
static const vitc_value outputs[] = {
    {"logits", VITC_DTYPE_F32, 1, logits_shape, sizeof(float[CHANNELS]), labels, CHANNELS, 0, 0, 0, 0, 0}};
static const vitc_entry_point entry_points[] = {{"4x4", small_inputs, 1, outputs, 1},
                                                {"6x8", large_inputs, 1, outputs, 1}};

static const char *const best_features[] = {BEST_FEATURES}, *const any_features[] = {ANY_FEATURES};
static const vitc_variant variants[] = {
    {"best", best_features, sizeof best_features / sizeof best_features[0], best_functions},
    {"x86-64", any_features, sizeof any_features / sizeof any_features[0], any_functions}};

#ifndef PROGRAM_NAME
#define PROGRAM_NAME vitc_model_program
#endif
const vitc_program PROGRAM_NAME = {
    .entry_points = entry_points,
    .entry_point_count = 2,
    .variants = variants,
    .variant_count = 2,
    .chunk_images = 2,
    .weights = weights,
    .weights_bytes = sizeof weights,
    .manifest = MANIFEST,
    .manifest_bytes = sizeof MANIFEST - 1,
};

MODEL_NOTE(MANIFEST);
