/*===- adding_model.c - a model that adds its weights to its input -*- C -*-===
 *
 * What the compiler would write, without the weights themselves. UNDEFINED: a function to call that nobody defines.
 *===----------------------------------------------------------------------===*/

#include "../../Runtime/model_note.h"

#include "vitc/runtime/model_abi.h"
#include "vitc/runtime/program.h"

enum { NUMBERS = 8 };

#define MANIFEST                                                                                                       \
  "{\"format\":\"vitc\"," ABI_VERSION_MEMBER ",\"weights\":{\"bytes\":32,\"hash\":"                                    \
  "\"0000000000000000000000000000000000000000000000000000000000000000\"}," NO_PROGRAM_HASH "}"

extern const char vitc_model_weights[] __attribute__((visibility("hidden")));

#ifdef UNDEFINED
void UNDEFINED(void);
#endif

/* operands: result, source, weights. */
static void add(int64_t task, void *const *operands) {
#ifdef UNDEFINED
  UNDEFINED();
#endif
  ((float *)operands[0])[task] = ((const float *)operands[1])[task] + ((const float *)operands[2])[task];
}

static const vitc_operand add_operands[] = {
    {VITC_SPACE_OUTPUT, 0, 0}, {VITC_SPACE_INPUT, 0, 0}, {VITC_SPACE_WEIGHTS, 0, 0}};
static const vitc_step steps[] = {{add, add_operands, 3, NUMBERS, "add", "add", NUMBERS, 0}};
static const int64_t shape[] = {NUMBERS};
static const vitc_value inputs[] = {{"x", VITC_DTYPE_F32, 1, shape, NUMBERS * sizeof(float), 0, 0, 0, 0, 0, 0, 0}};
static const vitc_value outputs[] = {{"y", VITC_DTYPE_F32, 1, shape, NUMBERS * sizeof(float), 0, 0, 0, 0, 0, 0, 0}};
static const char *const features[] = {"sse2"};
static const vitc_entry_point entry_points[] = {{"main", inputs, 1, outputs, 1}};
static const vitc_function functions[] = {{steps, 1, 0, 0}};
static const vitc_variant variants[] = {{"x86-64", features, 1, functions}};

const vitc_program vitc_model_program = {
    .entry_points = entry_points,
    .entry_point_count = 1,
    .variants = variants,
    .variant_count = 1,
    .chunk_images = 1,
    .weights = vitc_model_weights,
    .weights_bytes = NUMBERS * sizeof(float),
    .manifest = MANIFEST,
    .manifest_bytes = sizeof MANIFEST - 1,
};

MODEL_NOTE(MANIFEST);
