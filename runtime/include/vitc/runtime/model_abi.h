/*===- model_abi.h - how a program uses a model that vitc compiled -*- C -*-===
 *
 * A compiled model is a shared object with one exported symbol, vitc_model_api. Load it with dlopen, ask that symbol
 * for its functions, and use them:
 *
 *   void *library = dlopen("./model.so", RTLD_NOW | RTLD_LOCAL);
 *   vitc_model_api_fn query = (vitc_model_api_fn)dlsym(library, VITC_MODEL_API_SYMBOL);
 *   const vitc_model_functions *model = (const vitc_model_functions *)query(VITC_MODEL_ABI_VERSION);
 *   vitc_input_buffer input = {pixels, sizeof pixels};
 *   vitc_output_buffer output = {logits, sizeof logits};
 *   vitc_status status;
 *   vitc_instance *instance = model->create(NULL, &status);
 *   if (!instance || model->run(instance, 0, 1, &input, 1, &output, 1, &status) != VITC_OK)
 *     puts(status.message);
 *   model->destroy(instance);
 *
 * Rules that hold everywhere:
 * - Strings and arrays that the model returns belong to it and live until dlclose. Memory that the caller passes in
 *   belongs to the caller. The caller must destroy all instances before dlclose.
 * - Tensors are dense, row-major, little-endian, and aligned at least like their element.
 * - Functions that fail return a status code other than VITC_OK and, where they take a vitc_status, fill it with the
 *   same code and a message. `status` may be NULL. Where a pointer may not be NULL and is, that is
 *   VITC_INVALID_ARGUMENT. What a failed function should have filled or computed is not to be used.
 * - Nothing here prints, exits, raises a signal, or reads environment variables.
 *
 * Versions: until vitc 1.0 a model serves exactly one version of this interface, the one of the vitc that compiled it,
 * and any change of a struct raises the number. A program that meets a model of another version must refuse it; the
 * model is to be compiled anew. So the names here carry no number: a program that is itself compiled anew asks for the
 * version of the header that it was compiled with, and its code changes only where what it uses has changed.
 *
 * Files: a model that is loaded reads its file until dlclose. Replace a file by a new one that is renamed over it, as
 * vitc does: the loaded model keeps the old one. A file that is written over in place (by cp, say) or cut off changes
 * under a running model: wrong numbers, or the end of the process by a signal. dlopen of a path that has been used, or
 * of the same file by another one, gives the model that is loaded, even if the path has a new file by now; to get that
 * one, dlclose the model as often as it was opened, or load the new file by a path of its own.
 *===----------------------------------------------------------------------===*/

#ifndef VITC_RUNTIME_MODEL_ABI_H
#define VITC_RUNTIME_MODEL_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version that this header describes. The manifest has it as "abi_version", so that tools refuse a file of another
 * version before they load it. */
#define VITC_MODEL_ABI_VERSION 3

/* The name of the only symbol that a model exports. */
#define VITC_MODEL_API_SYMBOL "vitc_model_api"

/* Name and type of the ELF note that holds the manifest, in section .note.vitc, so that tools can read it without
 * loading the model. The descriptor is the manifest's JSON text without a terminating zero. Its "program_hash" is a
 * hash of all that is loaded but weights, by which tools notice a damaged file before they load it. */
#define VITC_NOTE_NAME "vitc"
#define VITC_NOTE_TYPE 1u

/* Element types of tensors. */
typedef enum vitc_dtype {
  VITC_DTYPE_F32 = 1,
  VITC_DTYPE_F16 = 2,
  VITC_DTYPE_BF16 = 3,
  VITC_DTYPE_F64 = 4,
  VITC_DTYPE_I8 = 5,
  VITC_DTYPE_U8 = 6,
  VITC_DTYPE_I16 = 7,
  VITC_DTYPE_I32 = 8,
  VITC_DTYPE_I64 = 9,
  VITC_DTYPE_BOOL = 10 /* one byte, 0 or 1 */
} vitc_dtype;

/* What became of a call. */
typedef enum vitc_status_code {
  VITC_OK = 0,
  VITC_INVALID_ARGUMENT = 1, /* an argument is out of range, NULL where it may not be, or memory that cannot be used */
  VITC_UNSUPPORTED_CPU = 2,  /* all code needs an instruction set that this machine or its kernel does not offer */
  VITC_OUT_OF_MEMORY = 3,    /* the planned memory could not be allocated, or its size does not fit the address space */
  VITC_NO_THREADS = 4,       /* the operating system refused to create a thread */
  VITC_FORKED = 5,           /* the instance was created by another process, before a fork */
  VITC_INVALID_MODEL = 6,    /* the model's own tables are inconsistent: the file is damaged */
  VITC_BUSY = 7,             /* a run of the instance has not ended; nothing was done */
  VITC_INVALID_INPUT = 8     /* an input holds, or leads to, a number that the model has no element for */
} vitc_status_code;

enum { VITC_STATUS_MESSAGE_BYTES = 252 };

/* Filled by functions that can fail. The caller owns it. */
typedef struct vitc_status {
  int32_t code;                            /* vitc_status_code */
  char message[VITC_STATUS_MESSAGE_BYTES]; /* one line, zero-terminated, cut when too long; "" after success */
} vitc_status;

/* One named input or output of an entry point. */
typedef struct vitc_tensor_info {
  const char *name;
  uint32_t dtype;       /* vitc_dtype */
  uint32_t rank;        /* dimensions in `shape` */
  const int64_t *shape; /* of one batch element: the batch dimension, always first, is left out */
  uint64_t bytes;       /* of one batch element */
} vitc_tensor_info;

/* A function of the model that can be run. All entry points of a model read the same weights. */
typedef struct vitc_entry_point_info {
  const char *name; /* "main" for a model with one entry point; each has a name of its own ("224x224", "384x640") */
  uint32_t input_count;
  uint32_t output_count;
} vitc_entry_point_info;

/* The model's code for one kind of CPU, of all entry points; the best comes first. `create` takes the first variant
 * whose features this machine has, every one of them: a feature that the model's runtime does not know, it has not. */
typedef struct vitc_variant_info {
  const char *target_cpu;      /* LLVM's name of the CPU that the code was scheduled for: "znver4" */
  const char *const *features; /* what the code needs, by LLVM's names: "avx2", "fma", "avx512f" */
  uint64_t feature_count;
} vitc_variant_info;

/* One step from a decoded picture to an input. Steps are applied in order, to a picture of 8-bit channels until
 * "rescale" or "normalize" makes real numbers of it, which later steps neither round nor clip; the result is laid out
 * as channels, height, width.
 *
 *   kind                    text     values              meaning
 *   "decode"                ""       {channels}          decode to 3 (RGB) or 1 (grey) channels, orientation applied
 *   "resize"                filter   {height, width}     resize to exactly this size
 *   "resize_cover"          filter   {height, width}     keep the ratio: the smallest size that covers this one
 *   "resize_contain"        filter   {height, width}     keep the ratio: the largest size within this one
 *   "resize_shortest_edge"  filter   {edge}              resize so that the shorter side is `edge`, keeping the ratio
 *   "resize_longest_edge"   filter   {edge}              the same for the longer side; both rounded to the nearest
 *   "resize_bounded_edges"  filter   {shortest, longest, multiple}  the same, but the longer side at most `longest`;
 *                                                        then both rounded down to multiples
 *   "resize_one_side"       filter   {height, width, multiple}  the side that changes by the smaller factor becomes
 *                                                        this size's, keeping the ratio; then both rounded to multiples
 *   "pad"                   ""       {height, width, fill…}  to at least this size, evenly; one 8-bit fill per channel
 *   "pad_end"               ""       {height, width}     to at least this size, by real zeros at the bottom and right
 *   "center_crop"           rounding {height, width}     cut the middle out; what lies outside the picture is zero
 *   "flip_channels"         ""       {}                  channels in reverse order: blue, green, red
 *   "rescale"               ""       {factor}            multiply by `factor`
 *   "normalize"             ""       {mean…, std…}       subtract mean, divide by std; one of each per channel
 *
 * "pad_end" makes real numbers of pixels as "rescale" and "normalize" do; a picture beyond its size is an error.
 * Without a step that resizes or crops, a picture must have the input's size.
 * filter: "nearest", "bilinear", "bicubic", "lanczos", "box" or "hamming", as Pillow defines them; the first four also
 * with "torchvision_" before them, with torchvision's arithmetic for pictures of 8 bits (16-bit weights).
 * rounding: where the cut begins when half of the excess (negative if the picture is too small) is no whole number: ""
 * down, "zero" towards zero, "even" to an even number if there is an excess, else towards zero.
 * A program that meets a kind or text it does not know must refuse the model. */
typedef struct vitc_preprocess_step {
  const char *kind;
  const char *text;
  const double *values;
  uint64_t value_count;
} vitc_preprocess_step;

/* The version of vitc_executor that this header describes. */
#define VITC_EXECUTOR_V1 1u

/* Threads that the caller provides, so that several models share them. The table and what `context` points to must
 * outlive every instance that was created with it. */
typedef struct vitc_executor {
  uint32_t version;     /* VITC_EXECUTOR_V1 */
  uint32_t concurrency; /* how many workers may run at once; at least 1 */
  void *context;
  /* Calls body(argument, worker) once for each worker in [0, workers), in any order, at the same time or one after the
   * other, on any threads, and returns when all calls have returned; workers <= concurrency. May be called by several
   * threads at once, for different instances. */
  void (*parallel)(void *context, uint32_t workers, void (*body)(void *argument, uint32_t worker), void *argument);
} vitc_executor;

/* How to make an instance. All zero is the default. */
typedef struct vitc_instance_options {
  /* Worker threads, the calling one included. 0: with an executor, its concurrency; else as many as the process' CPU
   * affinity and cgroup quota allow. At most 1024. The results do not depend on it. */
  uint32_t threads;
  /* The code variant to run, for tests and measurements. 0: the best that this machine can execute; k: the one of index
   * k - 1, which this machine must be able to execute. */
  uint32_t variant;
  const vitc_executor *executor; /* owned by the caller; NULL: the pool that all instances of this model share */
} vitc_instance_options;

/* What an instance is made of. */
typedef struct vitc_instance_info {
  uint32_t threads;
  uint32_t variant;      /* index of the code variant that it runs */
  uint64_t memory_bytes; /* size of its one allocation: activations and scratch memory, enough for any entry point */
  uint64_t chunk_images; /* larger batches are computed in chunks of this many */
} vitc_instance_info;

/* Told to a callback after each step: one kernel, executed for one chunk of the batch. */
typedef struct vitc_op_event {
  const char *name;     /* the node of the model's description that the step computes */
  const char *kind;     /* what the kernel does: "linear", "attention", … */
  uint32_t entry_point; /* index of the entry point that is running */
  uint32_t step;        /* index of the step in that entry point's code */
  int64_t layer;        /* the first number that stands alone in `name` ("encoder.layer.3.mlp": 3), -1 without one */
  int64_t first_image;  /* first batch element of the chunk */
  int64_t images;       /* batch elements in the chunk */
  double flops;         /* floating-point operations for all of them, padding not counted */
  uint64_t start_ns;    /* of CLOCK_MONOTONIC */
  uint64_t duration_ns;
} vitc_op_event;

/* Called on the thread that called run, between steps. The instance is in use: run, destroy and set_op_callback return
 * VITC_BUSY. */
typedef void (*vitc_op_callback)(void *context, const vitc_op_event *event);

/* `bytes` bytes at `data`; more than the batch needs are not read. NULL: left out, where the manifest has a default. */
typedef struct vitc_input_buffer {
  const void *data;
  uint64_t bytes;
} vitc_input_buffer;

/* The memory of an output, likewise; what the batch does not need is not written. */
typedef struct vitc_output_buffer {
  void *data;
  uint64_t bytes;
} vitc_output_buffer;

/* A model that is ready to run: its memory, and a share in the thread pool. An instance serves all entry points; its
 * memory is as large as that of them which needs most, but pages that no run has touched take no RAM. Instances are
 * independent of each other, and belong to the process that created them. One instance computes one run at a time; a
 * server makes several (runtime/examples/instance_pool.c). */
typedef struct vitc_instance vitc_instance;

/* What a model can do. All functions may be called by several threads at once. For one instance, run, destroy and
 * set_op_callback return VITC_BUSY, and do nothing, as long as a run has not ended. */
typedef struct vitc_model_functions {
  uint32_t version;  /* VITC_MODEL_ABI_VERSION */
  uint32_t reserved; /* 0 */

  /* How many there are of what the functions below describe; at least one of each. */
  uint32_t (*entry_point_count)(void);
  uint32_t (*variant_count)(void);

  /* Describes entry point `index`. VITC_INVALID_ARGUMENT: no such entry point, or `info` is NULL. */
  int32_t (*entry_point)(uint32_t index, vitc_entry_point_info *info);

  /* Describes code variant `index`. VITC_INVALID_ARGUMENT: no such variant, or `info` is NULL. */
  int32_t (*variant)(uint32_t index, vitc_variant_info *info);

  /* Describes an input or output of an entry point. VITC_INVALID_ARGUMENT: no such entry point, input or output, or
   * `info` is NULL. */
  int32_t (*input)(uint32_t entry_point, uint32_t index, vitc_tensor_info *info);
  int32_t (*output)(uint32_t entry_point, uint32_t index, vitc_tensor_info *info);

  /* The names of an output's classes (UTF-8): label `index` belongs to the element of that index (of a map of classes,
   * to that index of its first dimension; of rows of candidates, to that column). How many there are, 0 for an output
   * without them or that does not exist; the name, or NULL if there is no such label. */
  uint64_t (*label_count)(uint32_t entry_point, uint32_t output);
  const char *(*label)(uint32_t entry_point, uint32_t output, uint64_t index);

  /* The steps from a picture to an input. How many there are, 0 for an input that is made in another way or does not
   * exist. VITC_INVALID_ARGUMENT: no such step, or `step` is NULL. */
  uint64_t (*preprocess_count)(uint32_t entry_point, uint32_t input);
  int32_t (*preprocess)(uint32_t entry_point, uint32_t input, uint64_t index, vitc_preprocess_step *step);

  /* The manifest: JSON text, zero-terminated. *bytes is its length without the zero; `bytes` may be NULL. */
  const char *(*manifest)(uint64_t *bytes);

  /* Makes an instance; `options` may be NULL. This is the only function that allocates memory and makes threads. NULL
   * on failure, with the reason in `status`: VITC_UNSUPPORTED_CPU if this machine can execute no variant, or not the
   * one that was asked for (the message says what is missing); VITC_INVALID_ARGUMENT if there is no such variant, too
   * many threads were asked for or the executor cannot be used; VITC_INVALID_MODEL, VITC_OUT_OF_MEMORY,
   * VITC_NO_THREADS. The caller ends it with `destroy`. */
  vitc_instance *(*create)(const vitc_instance_options *options, vitc_status *status);

  /* Computes an entry point for `batch` (at least 1) elements. inputs[i] and outputs[i] are the memory of the i-th
   * tensor, at least `batch` times its info's `bytes`; the counts are those of the entry point. Outputs must overlap
   * neither each other nor inputs, which may overlap one another. Allocates nothing. The result for a batch element
   * depends neither on the other elements nor on the number of threads. Returns a vitc_status_code:
   * VITC_INVALID_ARGUMENT: no such entry point; other counts; memory that is NULL, too small, misaligned or overlaps,
   * or a batch whose size overflows (the message names the tensors); an executor that has not done its work.
   * VITC_INVALID_INPUT: an index beyond the dimension that it counts in (the message names the node, the input if the
   * index is an element of one, and the place in it). VITC_BUSY, VITC_FORKED. */
  int32_t (*run)(vitc_instance *instance, uint32_t entry_point, int64_t batch, const vitc_input_buffer *inputs,
                 uint32_t input_count, const vitc_output_buffer *outputs, uint32_t output_count, vitc_status *status);

  /* Frees an instance (NULL is allowed); after VITC_OK it must not be used. The pool's threads end with the last
   * instance that uses them. VITC_BUSY: the instance is as it was, and still to be destroyed. */
  int32_t (*destroy)(vitc_instance *instance);

  /* Describes an instance, also during a run. VITC_INVALID_ARGUMENT: a NULL pointer. */
  int32_t (*instance_info)(const vitc_instance *instance, vitc_instance_info *info);

  /* Sets what run calls after each step; NULL: nothing. Measuring costs well below a microsecond a step.
   * VITC_INVALID_ARGUMENT: the instance is NULL. VITC_BUSY, VITC_FORKED. */
  int32_t (*set_op_callback)(vitc_instance *instance, vitc_op_callback callback, void *context);
} vitc_model_functions;

/* Returns the functions of a version of the interface (VITC_MODEL_ABI_VERSION: vitc_model_functions), or NULL if this
 * model does not serve that version. Works on every x86-64 CPU: whether the model can run on this one is `create`'s to
 * say. */
typedef const void *(*vitc_model_api_fn)(uint32_t version);
const void *vitc_model_api(uint32_t version);

#ifdef __cplusplus
}
#endif

#endif /* VITC_RUNTIME_MODEL_ABI_H */
