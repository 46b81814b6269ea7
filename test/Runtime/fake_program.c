/*===- fake_program.c - a hand-written model for tests of the runtime -*- C -*-===*/

#include "model_note.h"

#include "fake_program.h"

#include "vitc/runtime/model_abi.h"
#include "vitc/runtime/program.h"

#include <stddef.h>

#ifndef FAKE_FEATURES
#define FAKE_FEATURES "sse2", "cx8"
#endif

#define MANIFEST "{\"name\":\"fake\"," ABI_VERSION_MEMBER "," NO_PROGRAM_HASH "}"

/* operands: result, source, factors of the channels, scratch. The detour through scratch memory shows threads that
 * share it. */
static void scale_channel(int64_t task, void *const *operands) {
  float *result = (float *)operands[0] + task * FAKE_PIXELS;
  const float *source = (const float *)operands[1] + task * FAKE_PIXELS;
  const float *factors = operands[2];
  volatile float *scratch = operands[3];
  for (int i = 0; i < FAKE_PIXELS; ++i)
    scratch[i] = source[i] * factors[task];
  for (int i = 0; i < FAKE_PIXELS; ++i)
    result[i] = scratch[i];
}

/* operands: result, source. */
static void classify(int64_t task, void *const *operands) {
  float sum = 0;
  for (int64_t j = task; j < FAKE_CHANNELS * FAKE_PIXELS; j += FAKE_CLASSES)
    sum += ((const float *)operands[1])[j];
  ((float *)operands[0])[task] = sum;
}

static const _Alignas(64) float weights[2][16] = {{1.0f, 0.5f, 2.0f}, {3.0f, -1.0f, 0.25f}};

enum { IMAGE_BYTES = FAKE_CHANNELS * FAKE_PIXELS * sizeof(float), ARENA_BYTES = 256, SCRATCH_BYTES = 64 };

static const vitc_operand scale0_operands[] = {
    {VITC_SPACE_ARENA, 0, 64}, {VITC_SPACE_INPUT, 0, 0}, {VITC_SPACE_WEIGHTS, 0, 0}, {VITC_SPACE_SCRATCH, 0, 0}};
static const vitc_operand scale1_operands[] = {{VITC_SPACE_OUTPUT, 1, 0},
                                               {VITC_SPACE_ARENA, 0, 64},
                                               {VITC_SPACE_WEIGHTS, 0, sizeof weights[0]},
                                               {VITC_SPACE_SCRATCH, 0, 0}};
static const vitc_operand classify_operands[] = {{VITC_SPACE_OUTPUT, 0, 0}, {VITC_SPACE_OUTPUT, 1, 0}};

static const vitc_step steps[FAKE_STEPS] = {
    {scale_channel, scale0_operands, 4, FAKE_CHANNELS, "encoder.layer.0.scale", "scale", 48, 0},
    {scale_channel, scale1_operands, 4, FAKE_CHANNELS, "encoder.layer.1.scale", "scale", 48, 0},
    {classify, classify_operands, 2, FAKE_CLASSES, "head", "classify", 48, 0},
};

static const char *const labels[] = {"ant", "bee", "cat", "dog", "elk"};
static const double resize_values[] = {4, 4};
static const double normalize_values[] = {0.5, 0.5, 0.5, 0.25, 0.25, 0.25};
static const vitc_program_preprocess preprocess[] = {
    {"resize", "bilinear", resize_values, 2},
    {"normalize", "", normalize_values, 6},
};

static const int64_t input_shape[] = {FAKE_CHANNELS, 4, 4};
static const int64_t logits_shape[] = {FAKE_CLASSES};
static const int64_t hidden_shape[] = {FAKE_CHANNELS, FAKE_PIXELS};
static const vitc_value inputs[] = {{.name = "pixel_values",
                                     .dtype = VITC_DTYPE_F32,
                                     .rank = 3,
                                     .shape = input_shape,
                                     .bytes = IMAGE_BYTES,
                                     .preprocess = preprocess,
                                     .preprocess_count = sizeof preprocess / sizeof preprocess[0]}};
static const vitc_value outputs[] = {
    {"logits", VITC_DTYPE_F32, 1, logits_shape, FAKE_CLASSES * sizeof(float), labels, FAKE_CLASSES, 0, 0, 0, 0, 0},
    {"hidden", VITC_DTYPE_F32, 2, hidden_shape, IMAGE_BYTES, 0, 0, 0, 0, 0, 0, 0},
};
static const vitc_entry_point entry_points[] = {{"main", inputs, 1, outputs, 2}};

static const char *const features[] = {FAKE_FEATURES};
static const vitc_function functions[] = {{steps, FAKE_STEPS, ARENA_BYTES, SCRATCH_BYTES}};
static const vitc_variant variants[] = {{"x86-64", features, sizeof features / sizeof features[0], functions}};

const vitc_program vitc_model_program = {
    .entry_points = entry_points,
    .entry_point_count = 1,
    .variants = variants,
    .variant_count = 1,
    .chunk_images = FAKE_CHUNK,
    .weights = weights,
    .weights_bytes = sizeof weights,
    .manifest = MANIFEST,
    .manifest_bytes = sizeof MANIFEST - 1,
};

MODEL_NOTE(MANIFEST);
