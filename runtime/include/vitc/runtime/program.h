/*===- program.h - what the compiler writes into a model, for its runtime -*- C -*-===
 *
 * Internal to one .so: the compiler (lib/Codegen) emits one constant `vitc_program`, and the runtime's objects, linked
 * into the same file, interpret it. Both always come from the same compiler, so nothing here is versioned; what a
 * user of a .so may rely on is in model_abi.h.
 *
 * A model has entry points, and variants of its code, each for one CPU: a variant has a function for every entry point,
 * and all of them read the same weights. A function is a list of steps. A step is one kernel and its operands; a kernel
 * function is shared by all steps of equal structure, so that layers share code. The tasks of a step may run in any
 * order and on any threads, each exactly once; a step starts when the one before it has ended for the same images.
 * Tasks write disjoint parts of the output.
 *===----------------------------------------------------------------------===*/

#ifndef VITC_RUNTIME_PROGRAM_H
#define VITC_RUNTIME_PROGRAM_H

#include "vitc/runtime/model_abi.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Computes task `task` of `tasks`; operands[k] is the address of the k-th operand for this image. */
typedef void (*vitc_kernel_fn)(int64_t task, void *const *operands);

/* What the offset of an operand counts from. */
enum {
  VITC_SPACE_ARENA = 0,   /* the activations of the image that is computed */
  VITC_SPACE_WEIGHTS = 1, /* the weights segment */
  VITC_SPACE_SCRATCH = 2, /* the scratch memory of the executing thread */
  VITC_SPACE_INPUT = 3,   /* input number `index`, at the image that is computed */
  VITC_SPACE_OUTPUT = 4   /* output number `index`, likewise */
};

typedef struct vitc_operand {
  uint32_t space;
  uint32_t index;
  uint64_t offset; /* bytes */
} vitc_operand;

/* What a step looks for: indices beyond the dimension that they count in. Its last operand is in the arena, and gets
 * two int64_t: the place of the first such index (-1: there is none), and the index. */
typedef struct vitc_index_check {
  const char *input;    /* the input whose elements the indices are; NULL: the model has computed them */
  const int64_t *shape; /* of the indices */
  uint64_t rank;
  int64_t size; /* of the dimension; an index is from -size to size - 1 */
} vitc_index_check;

typedef struct vitc_step {
  vitc_kernel_fn kernel;
  const vitc_operand *operands;
  uint64_t operand_count;        /* at most VITC_MAX_OPERANDS */
  int64_t tasks;                 /* per image */
  const char *name;              /* the node of the description that it computes */
  const char *kind;              /* the kernel op: "linear", "attention", … */
  double flops;                  /* floating-point operations per image, as the mathematics has them (no padding) */
  const vitc_index_check *check; /* of a step that may end the run (it has one task), else NULL */
} vitc_step;

enum { VITC_MAX_OPERANDS = 16 };

/* One step of preprocessing; `kind` and what `values` and `text` mean are documented at vitc_preprocess_step in
 * model_abi.h. */
typedef struct vitc_program_preprocess {
  const char *kind;
  const char *text;
  const double *values;
  uint64_t value_count;
} vitc_program_preprocess;

/* An input or output of an entry point. */
typedef struct vitc_value {
  const char *name;
  uint32_t dtype; /* vitc_dtype of model_abi.h */
  uint32_t rank;
  const int64_t *shape;      /* of one image, without the batch dimension */
  uint64_t bytes;            /* of one image */
  const char *const *labels; /* of an output: the names of its classes */
  uint64_t label_count;
  const vitc_program_preprocess *preprocess; /* of an input: the steps from a picture to it */
  uint64_t preprocess_count;
  uint32_t optional; /* of an input: whether it may be left out (1), and is full of `default_value` then */
  uint32_t reserved; /* 0 */
  double default_value;
} vitc_value;

/* The bytes of an element of type `dtype`, a vitc_dtype. */
static inline uint32_t vitc_dtype_bytes(uint32_t dtype) {
  switch (dtype) {
  case VITC_DTYPE_F64:
  case VITC_DTYPE_I64:
    return 8;
  case VITC_DTYPE_F32:
  case VITC_DTYPE_I32:
    return 4;
  case VITC_DTYPE_F16:
  case VITC_DTYPE_BF16:
  case VITC_DTYPE_I16:
    return 2;
  default:
    return 1;
  }
}

/* What a function of the model takes and gives; the same for every CPU. */
typedef struct vitc_entry_point {
  const char *name;
  const vitc_value *inputs;
  uint64_t input_count;
  const vitc_value *outputs;
  uint64_t output_count;
} vitc_entry_point;

/* The code of an entry point for one CPU. */
typedef struct vitc_function {
  const vitc_step *steps;
  uint64_t step_count;
  uint64_t arena_bytes;   /* per image of a chunk; a multiple of 64 */
  uint64_t scratch_bytes; /* per thread; a multiple of 64 */
} vitc_function;

/* The code of all entry points for one CPU. */
typedef struct vitc_variant {
  const char *target_cpu;
  const char *const *cpu_features; /* what the kernels need, by LLVM's names ("avx2", "fma", "avx512f", …) */
  uint64_t cpu_feature_count;
  const vitc_function *functions; /* one for each entry point, in their order */
} vitc_variant;

typedef struct vitc_program {
  const vitc_entry_point *entry_points;
  uint64_t entry_point_count; /* at least 1 */
  const vitc_variant *variants;
  uint64_t variant_count; /* at least 1; the best first */
  uint64_t chunk_images;  /* images computed together, where there are as many threads: the compiler's --batch */
  const void *weights;    /* start of the weights segment, aligned to 64 KiB; all functions read from it */
  uint64_t weights_bytes;
  const char *manifest; /* JSON, also in the ELF note; zero-terminated */
  uint64_t manifest_bytes;
} vitc_program;

/* Defined by the compiler in every model. */
extern const vitc_program vitc_model_program __attribute__((visibility("hidden")));

#ifdef __cplusplus
}
#endif

#endif /* VITC_RUNTIME_PROGRAM_H */
