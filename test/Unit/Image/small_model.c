/*===- small_model.c - hand-written models for tests of vitc-run -*- C -*-===
 *
 * For a picture x of 3 x 4 x 4 numbers:
 *   logits[c]     = the mean of channel c
 *   doubled[c][i] = 2 * x[c][i]                        (with SMALL_HAS_FEATURES; then there are no scores)
 *   logits[c]    += bias[c], a second input            (with SMALL_HAS_BIAS)
 * A picture is resized to 4 x 4 by "nearest" and multiplied by 1/255.
 *===----------------------------------------------------------------------===*/

#include "../../Runtime/model_note.h"

#include "vitc/runtime/model_abi.h"
#include "vitc/runtime/program.h"

enum { CHANNELS = 3, PIXELS = 16, CHUNK = 2, IMAGE_BYTES = CHANNELS * PIXELS * sizeof(float) };

#define PIXEL_VALUES "{\"name\":\"pixel_values\",\"dtype\":\"f32\",\"shape\":[3,4,4]" SMALL_PREPROCESSING "}"
#define LOGITS "{\"name\":\"logits\",\"dtype\":\"f32\",\"shape\":[3]" LABELS "}"
#ifdef SMALL_HAS_BIAS
#define INPUTS PIXEL_VALUES ",{\"name\":\"bias\",\"dtype\":\"f32\",\"shape\":[3]}"
#else
#define INPUTS PIXEL_VALUES
#endif
#ifdef SMALL_HAS_FEATURES
#define OUTPUTS LOGITS ",{\"name\":\"doubled\",\"dtype\":\"f32\",\"shape\":[3,16]}"
#define LABELS ""
#define SCORES "none"
#else
#define OUTPUTS LOGITS
#define LABELS ",\"labels\":[\"red\",\"green\",\"blue\"]"
#define SCORES SMALL_SCORES
#endif
#ifndef SMALL_SCORES
#define SMALL_SCORES "softmax"
#endif
#ifndef SMALL_LAST_STEP
#define SMALL_LAST_STEP "\"rescale\",\"factor\":0.00392156862745098"
#endif
#ifndef SMALL_RESIZE
#define SMALL_RESIZE "{\"step\":\"resize\",\"height\":4,\"width\":4,\"filter\":\"nearest\"},"
#endif
#ifndef SMALL_PREPROCESSING
#define SMALL_PREPROCESSING                                                                                            \
  ",\"preprocessing\":{\"version\":1,\"steps\":[{\"step\":\"decode\",\"channels\":3}," SMALL_RESIZE                    \
  "{\"step\":" SMALL_LAST_STEP "}]}"
#endif
#define MEMORY "\"memory\":{\"arena_bytes\":64,\"scratch_bytes\":0}"
#define MANIFEST                                                                                                       \
  "{\"format\":\"vitc\",\"manifest_version\":2,\"name\":\"small\",\"compiler\":\"vitc 0.1.0\"," ABI_VERSION_MEMBER "," \
  "\"target\":{\"triple\":\"x86_64-unknown-linux-gnu\",\"cpu\":\"x86-64\",\"features\":[\"sse2\"]},"                   \
  "\"options\":{\"batch\":2,\"precision\":\"f32\"},\"description_hash\":\"00\","                                       \
  "\"weights\":{\"bytes\":64,\"hash\":\"0123\"}," NO_PROGRAM_HASH ",\"scores\":\"" SCORES "\"," MEMORY                 \
  ",\"entry_points\":[{\"name\":\"main\",\"inputs\":[" INPUTS "],\"outputs\":[" OUTPUTS "]," MEMORY                    \
  "}],\"variants\":[{\"cpu\":\"x86-64\",\"features\":[\"sse2\"]}]}"

/* operands: result, picture, bias (perhaps). */
static void average(int64_t task, void *const *operands) {
  const float *pixels = (const float *)operands[1] + task * PIXELS;
  float sum = 0;
  for (int i = 0; i < PIXELS; ++i)
    sum += pixels[i];
  ((float *)operands[0])[task] = sum / PIXELS;
#ifdef SMALL_HAS_BIAS
  ((float *)operands[0])[task] += ((const float *)operands[2])[task];
#endif
}

static const vitc_operand average_operands[] = {
    {VITC_SPACE_OUTPUT, 0, 0},
    {VITC_SPACE_INPUT, 0, 0},
#ifdef SMALL_HAS_BIAS
    {VITC_SPACE_INPUT, 1, 0},
#endif
};

#ifdef SMALL_HAS_FEATURES
/* operands: result, picture. */
static void twice(int64_t task, void *const *operands) {
  for (int i = 0; i < PIXELS; ++i)
    ((float *)operands[0])[task * PIXELS + i] = 2 * ((const float *)operands[1])[task * PIXELS + i];
}

static const vitc_operand twice_operands[] = {{VITC_SPACE_OUTPUT, 1, 0}, {VITC_SPACE_INPUT, 0, 0}};
#endif

static const vitc_step steps[] = {
    {average, average_operands, sizeof average_operands / sizeof average_operands[0], CHANNELS, "head", "average", 48,
     0},
#ifdef SMALL_HAS_FEATURES
    {twice, twice_operands, 2, CHANNELS, "features", "twice", 48, 0},
#endif
};

static const int64_t picture_shape[] = {CHANNELS, 4, 4};
static const int64_t logits_shape[] = {CHANNELS};
static const vitc_value inputs[] = {
    {"pixel_values", VITC_DTYPE_F32, 3, picture_shape, IMAGE_BYTES, 0, 0, 0, 0, 0, 0, 0},
#ifdef SMALL_HAS_BIAS
    {"bias", VITC_DTYPE_F32, 1, logits_shape, sizeof(float[CHANNELS]), 0, 0, 0, 0, 0, 0, 0},
#endif
};
#ifdef SMALL_HAS_FEATURES
static const int64_t doubled_shape[] = {CHANNELS, PIXELS};
#endif
static const vitc_value outputs[] = {
    {"logits", VITC_DTYPE_F32, 1, logits_shape, sizeof(float[CHANNELS]), 0, 0, 0, 0, 0, 0, 0},
#ifdef SMALL_HAS_FEATURES
    {"doubled", VITC_DTYPE_F32, 2, doubled_shape, IMAGE_BYTES, 0, 0, 0, 0, 0, 0, 0},
#endif
};

static const _Alignas(64) char weights[64];
static const char *const features[] = {"sse2"};
static const vitc_entry_point entry_points[] = {
    {"main", inputs, sizeof inputs / sizeof inputs[0], outputs, sizeof outputs / sizeof outputs[0]}};
static const vitc_function functions[] = {{steps, sizeof steps / sizeof steps[0], 64, 0}};
static const vitc_variant variants[] = {{"x86-64", features, 1, functions}};

const vitc_program vitc_model_program = {
    .entry_points = entry_points,
    .entry_point_count = 1,
    .variants = variants,
    .variant_count = 1,
    .chunk_images = CHUNK,
    .weights = weights,
    .weights_bytes = sizeof weights,
    .manifest = MANIFEST,
    .manifest_bytes = sizeof MANIFEST - 1,
};

MODEL_NOTE(MANIFEST);
