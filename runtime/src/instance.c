/*===- instance.c - executes a program -*- C -*-===*/

#define _GNU_SOURCE
#include "instance.h"

#include "cpu.h"
#include "cpu_count.h"
#include "status.h"
#include "thread_pool.h"
#include "variant.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ALIGNMENT = 64 };

struct vitc_instance {
  const vitc_program *program;
  const vitc_variant *variant; /* the code that this machine runs */
  /* Images that go through a step together: at most one for each thread, because more of them would push each other's
     activations out of the caches (2 % of the time of 8 images on one thread). */
  uint64_t chunk_images;
  /* For any function of the variant: chunk_images times its arena_bytes, threads times its scratch_bytes. */
  char *arena;
  char *scratch;
  /* Optional inputs of one image as they are when they are left out, and the entry point whose they are: NULL at first,
     since most runs give them. */
  char *defaults;
  const vitc_entry_point *defaults_of;
  uint64_t memory_bytes;
  uint32_t threads;
  int64_t process;
  const vitc_executor *executor; /* NULL: the pool */
  vitc_op_callback callback;
  void *callback_context;
  _Atomic uint32_t busy; /* whether a thread uses the instance: runs it, or changes what is above */
};

/* One step for one chunk of the batch; an item is a task of one image. */
typedef struct step_run {
  const vitc_instance *instance;
  const vitc_entry_point *entry;
  const vitc_function *function; /* its code */
  const vitc_step *step;
  const vitc_input_buffer *inputs;
  const vitc_output_buffer *outputs;
  int64_t first_image; /* of the chunk */
  int64_t items;
  /* With an executor: how many workers may take part, the next item, and how many are done. */
  uint32_t workers;
  _Atomic int64_t next;
  _Atomic int64_t done;
} step_run;

static uint64_t aligned(uint64_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

/* Where optional input `index` of an entry point is among its defaults; of the count of inputs, how many bytes all are.
 */
static uint64_t default_offset(const vitc_entry_point *entry, uint64_t index) {
  uint64_t offset = 0;
  for (uint64_t i = 0; i < index; ++i)
    if (entry->inputs[i].optional)
      offset += aligned(entry->inputs[i].bytes);
  return offset;
}

static void fill_default(const vitc_value *value, void *memory) {
  uint64_t count = value->bytes / vitc_dtype_bytes(value->dtype);
  for (uint64_t i = 0; i < count; ++i)
    switch (value->dtype) {
    case VITC_DTYPE_F32:
      ((float *)memory)[i] = (float)value->default_value;
      break;
    case VITC_DTYPE_I32:
      ((int32_t *)memory)[i] = (int32_t)value->default_value;
      break;
    case VITC_DTYPE_I64:
      ((int64_t *)memory)[i] = (int64_t)value->default_value;
      break;
    default: /* u8 and bool: the compiler gives defaults to no other types */
      ((uint8_t *)memory)[i] = (uint8_t)value->default_value;
      break;
    }
}

/* Fills the defaults of an entry point, if an input is left out. */
static void fill_defaults(vitc_instance *instance, const vitc_entry_point *entry, const vitc_input_buffer *inputs) {
  int needed = 0;
  for (uint64_t i = 0; i < entry->input_count; ++i)
    needed |= !inputs[i].data;
  if (!needed || instance->defaults_of == entry)
    return;
  for (uint64_t i = 0; i < entry->input_count; ++i)
    if (entry->inputs[i].optional)
      fill_default(&entry->inputs[i], instance->defaults + default_offset(entry, i));
  instance->defaults_of = entry;
}

/* The address of an operand for an image of the chunk. */
static void *operand_address(const step_run *run, const vitc_operand *operand, int64_t image, uint32_t worker) {
  const vitc_instance *instance = run->instance;
  const vitc_entry_point *entry = run->entry;
  uint64_t in_batch = (uint64_t)(run->first_image + image);
  const char *base = NULL;
  switch (operand->space) {
  case VITC_SPACE_ARENA:
    base = instance->arena + (uint64_t)image * run->function->arena_bytes;
    break;
  case VITC_SPACE_WEIGHTS:
    base = instance->program->weights;
    break;
  case VITC_SPACE_SCRATCH:
    base = instance->scratch + worker * run->function->scratch_bytes;
    break;
  case VITC_SPACE_INPUT:
    if (!run->inputs[operand->index].data) {
      /* The same for all images. */
      base = instance->defaults + default_offset(entry, operand->index);
      break;
    }
    base = (const char *)run->inputs[operand->index].data + in_batch * entry->inputs[operand->index].bytes;
    break;
  case VITC_SPACE_OUTPUT:
    base = (const char *)run->outputs[operand->index].data + in_batch * entry->outputs[operand->index].bytes;
    break;
  }
  return (void *)(uintptr_t)(base + operand->offset);
}

static void run_items(void *argument, uint32_t worker, int64_t first, int64_t count) {
  const step_run *run = argument;
  const vitc_step *step = run->step;
  void *operands[VITC_MAX_OPERANDS];
  int64_t image = -1;
  for (int64_t item = first; item < first + count; ++item) {
    if (image != item / step->tasks) {
      image = item / step->tasks;
      for (uint64_t i = 0; i < step->operand_count; ++i)
        operands[i] = operand_address(run, &step->operands[i], image, worker);
    }
    step->kernel(item - image * step->tasks, operands);
  }
}

/* Body for an executor's worker. */
static void run_as_worker(void *argument, uint32_t worker) {
  step_run *run = argument;
  if (worker >= run->workers)
    return; /* it has no scratch memory */
  uint32_t fp = vitc_cpu_enter_fp();
  int64_t done = 0;
  for (;; ++done) {
    int64_t item = atomic_fetch_add_explicit(&run->next, 1, memory_order_relaxed);
    if (item >= run->items)
      break;
    run_items(run, worker, item, 1);
  }
  vitc_cpu_leave_fp(fp);
  atomic_fetch_add_explicit(&run->done, done, memory_order_release);
}

/* Returns 0 if the executor has not done the work. */
static int run_step(step_run *run) {
  const vitc_instance *instance = run->instance;
  const vitc_executor *executor = instance->executor;
  uint32_t workers = instance->threads;
  if (!executor || workers == 1 || run->items <= 1) {
    vitc_pool_run(workers, run->items, (vitc_work){run_items, run});
    return 1;
  }
  run->workers = run->items < workers ? (uint32_t)run->items : workers;
  executor->parallel(executor->context, run->workers, run_as_worker, run);
  return atomic_load_explicit(&run->done, memory_order_acquire) == run->items;
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int64_t vitc_layer_of_name(const char *name) {
  for (const char *word = name; *word;) {
    int64_t number = 0;
    const char *end = word;
    for (; *end >= '0' && *end <= '9' && number < 100000000; ++end)
      number = number * 10 + (*end - '0');
    if (end != word && !is_letter_or_digit(*end))
      return number;
    while (is_letter_or_digit(*word))
      ++word;
    word += *word != '\0';
  }
  return -1;
}

static int run_step_and_report(step_run *run, int64_t images) {
  const vitc_instance *instance = run->instance;
  const vitc_step *step = run->step;
  vitc_op_event event = {.name = step->name,
                         .kind = step->kind,
                         .entry_point = (uint32_t)(run->entry - instance->program->entry_points),
                         .step = (uint32_t)(step - run->function->steps),
                         .layer = vitc_layer_of_name(step->name),
                         .first_image = run->first_image,
                         .images = images,
                         .flops = step->flops * (double)images};
  event.start_ns = now_ns();
  if (!run_step(run))
    return 0;
  event.duration_ns = now_ns() - event.start_ns;
  instance->callback(instance->callback_context, &event);
  return 1;
}

/* Writes the place of an element of a tensor as " [1, 3]", cut when too long; "" if it has no dimensions. */
static void write_place(char *text, size_t bytes, const int64_t *shape, uint64_t rank, int64_t place) {
  int64_t elements = 1;
  size_t length = 0;
  text[0] = '\0';
  for (uint64_t i = 0; i < rank; ++i)
    elements *= shape[i];
  for (uint64_t i = 0; i < rank && length < bytes; ++i) {
    elements /= shape[i];
    length += (size_t)snprintf(text + length, bytes - length, "%s%lld%s", i == 0 ? " [" : ", ",
                               (long long)(place / elements), i + 1 == rank ? "]" : "");
    place %= elements;
  }
}

/* Says what a step that may end the run has found, in the first image of the chunk where it found something. */
static int32_t check_step(const step_run *run, int64_t images, int64_t batch, vitc_status *status) {
  const vitc_step *step = run->step;
  const vitc_index_check *check = step->check;
  for (int64_t image = 0; image < images; ++image) {
    const int64_t *found = operand_address(run, &step->operands[step->operand_count - 1], image, 0);
    if (found[0] < 0)
      continue;
    char place[64], element[48] = "";
    write_place(place, sizeof place, check->shape, check->rank, found[0]);
    if (batch > 1)
      snprintf(element, sizeof element, ", in batch element %lld", (long long)(run->first_image + image));
    return vitc_status_set(status, VITC_INVALID_INPUT, "node '%s': %s%s%s%s%s is %lld, expected %lld to %lld%s",
                           step->name, check->input ? "element" : "index", place, check->input ? " of input '" : "",
                           check->input ? check->input : "", check->input ? "'" : "", (long long)found[1],
                           (long long)-check->size, (long long)(check->size - 1), element);
  }
  return VITC_OK;
}

static int32_t check_counts(const char *what, uint64_t expected, uint32_t count, const void *buffers,
                            vitc_status *status) {
  if (count != expected)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "%u %ss were given, expected %llu", (unsigned)count, what,
                           (unsigned long long)expected);
  if (count > 0 && !buffers)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "the array of %ss is NULL", what);
  return VITC_OK;
}

/* Checks that a tensor of `batch` elements fits into `bytes` bytes at `data`. */
static int32_t check_buffer(const char *what, const vitc_value *value, int64_t batch, const void *data, uint64_t bytes,
                            vitc_status *status) {
  uint64_t needed;
  uintptr_t end;
  uint32_t alignment = vitc_dtype_bytes(value->dtype);
  if (!data)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "%s '%s' is NULL", what, value->name);
  if (__builtin_mul_overflow(value->bytes, (uint64_t)batch, &needed) || needed > INT64_MAX)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "a batch of %lld is too large for %s '%s'", (long long)batch,
                           what, value->name);
  if (bytes < needed)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "%s '%s' has %llu bytes, a batch of %lld needs %llu", what,
                           value->name, (unsigned long long)bytes, (long long)batch, (unsigned long long)needed);
  if (__builtin_add_overflow((uintptr_t)data, needed, &end))
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "%s '%s' ends beyond the address space", what, value->name);
  if ((uintptr_t)data % alignment != 0)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "%s '%s' is misaligned: its address is no multiple of %u",
                           what, value->name, (unsigned)alignment);
  return VITC_OK;
}

/* Whether tensors of `batch` elements at `a` and `b`, which check_buffer has seen, share a byte. */
static int overlap(const vitc_value *value_a, const void *a, const vitc_value *value_b, const void *b, int64_t batch) {
  return (uintptr_t)a < (uintptr_t)b + value_b->bytes * (uint64_t)batch &&
         (uintptr_t)b < (uintptr_t)a + value_a->bytes * (uint64_t)batch;
}

/* Checks that no output overlaps an input or another output. */
static int32_t check_overlap(const step_run *run, int64_t batch, vitc_status *status) {
  const vitc_entry_point *entry = run->entry;
  for (uint64_t i = 0; i < entry->output_count; ++i) {
    const vitc_value *output = &entry->outputs[i], *other = NULL;
    const char *what = "input";
    for (uint64_t k = 0; !other && k < entry->input_count; ++k)
      if (run->inputs[k].data && overlap(output, run->outputs[i].data, &entry->inputs[k], run->inputs[k].data, batch))
        other = &entry->inputs[k];
    for (uint64_t k = 0; !other && k < i; ++k)
      if (overlap(output, run->outputs[i].data, &entry->outputs[k], run->outputs[k].data, batch)) {
        other = &entry->outputs[k];
        what = "output";
      }
    if (other)
      return vitc_status_set(status, VITC_INVALID_ARGUMENT, "output '%s' overlaps %s '%s'", output->name, what,
                             other->name);
  }
  return VITC_OK;
}

/* Checks what the caller of run has given; the batch first, because buffers are compared with it. */
static int32_t check_run(const step_run *run, int64_t batch, uint32_t input_count, uint32_t output_count,
                         vitc_status *status) {
  const vitc_entry_point *entry = run->entry;
  if (batch < 1)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "the batch is %lld, expected at least 1", (long long)batch);
  int32_t code = check_counts("input", entry->input_count, input_count, run->inputs, status);
  for (uint64_t i = 0; code == VITC_OK && i < entry->input_count; ++i)
    if (run->inputs[i].data || !entry->inputs[i].optional)
      code = check_buffer("input", &entry->inputs[i], batch, run->inputs[i].data, run->inputs[i].bytes, status);
  if (code == VITC_OK)
    code = check_counts("output", entry->output_count, output_count, run->outputs, status);
  for (uint64_t i = 0; code == VITC_OK && i < entry->output_count; ++i)
    code = check_buffer("output", &entry->outputs[i], batch, run->outputs[i].data, run->outputs[i].bytes, status);
  return code == VITC_OK ? check_overlap(run, batch, status) : code;
}

static int32_t compute(step_run *run, int64_t batch, vitc_status *status) {
  const vitc_instance *instance = run->instance;
  const vitc_function *function = run->function;
  uint32_t fp = vitc_cpu_enter_fp();
  int done = 1;
  int32_t code = VITC_OK;
  int64_t chunk = (int64_t)instance->chunk_images;
  for (int64_t first = 0; done && code == VITC_OK && first < batch; first += chunk) {
    int64_t images = batch - first < chunk ? batch - first : chunk;
    run->first_image = first;
    for (uint64_t i = 0; done && code == VITC_OK && i < function->step_count; ++i) {
      run->step = &function->steps[i];
      run->items = images * run->step->tasks;
      atomic_store_explicit(&run->next, 0, memory_order_relaxed);
      atomic_store_explicit(&run->done, 0, memory_order_relaxed);
      done = instance->callback ? run_step_and_report(run, images) : run_step(run);
      if (done && run->step->check)
        code = check_step(run, images, batch, status);
    }
  }
  vitc_cpu_leave_fp(fp);
  if (!done)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT,
                           "the executor's function 'parallel' returned before all work was done");
  return code == VITC_OK ? vitc_status_ok(status) : code;
}

/* Makes the calling thread the instance's only user, until `leave`. */
static int32_t enter(vitc_instance *instance, vitc_status *status) {
  if (!instance)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "the instance is NULL");
  if (instance->process != getpid())
    return vitc_status_set(status, VITC_FORKED, "the instance belongs to process %lld, from which this one was forked",
                           (long long)instance->process);
  if (atomic_exchange_explicit(&instance->busy, 1, memory_order_acquire))
    return vitc_status_set(status, VITC_BUSY, "the instance is busy: a run of it has not ended");
  return VITC_OK;
}

static void leave(vitc_instance *instance) { atomic_store_explicit(&instance->busy, 0, memory_order_release); }

int32_t vitc_instance_run(vitc_instance *instance, uint32_t entry_point, int64_t batch, const vitc_input_buffer *inputs,
                          uint32_t input_count, const vitc_output_buffer *outputs, uint32_t output_count,
                          vitc_status *status) {
  int32_t code = enter(instance, status);
  if (code != VITC_OK)
    return code;
  const vitc_program *program = instance->program;
  if (entry_point >= program->entry_point_count) {
    leave(instance);
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "there is no entry point %u", (unsigned)entry_point);
  }
  step_run run = {.instance = instance,
                  .entry = &program->entry_points[entry_point],
                  .function = &instance->variant->functions[entry_point],
                  .inputs = inputs,
                  .outputs = outputs};
  code = check_run(&run, batch, input_count, output_count, status);
  if (code == VITC_OK) {
    fill_defaults(instance, run.entry, inputs);
    code = compute(&run, batch, status);
  }
  leave(instance);
  return code;
}

static int32_t choose_threads(const vitc_instance_options *options, uint32_t *threads, vitc_status *status) {
  const vitc_executor *executor = options->executor;
  if (options->threads > VITC_MAX_THREADS)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "%u threads were asked for, expected at most %d",
                           (unsigned)options->threads, VITC_MAX_THREADS);
  *threads = options->threads;
  if (!executor) {
    if (*threads == 0)
      *threads = vitc_cpu_count();
    return VITC_OK;
  }
  if (executor->version != VITC_EXECUTOR_V1)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "the executor has version %u, expected %u",
                           (unsigned)executor->version, VITC_EXECUTOR_V1);
  if (!executor->parallel || executor->concurrency < 1)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "the executor has no workers or no function 'parallel'");
  if (*threads > executor->concurrency)
    return vitc_status_set(status, VITC_INVALID_ARGUMENT, "%u threads were asked for, the executor has %u",
                           (unsigned)*threads, (unsigned)executor->concurrency);
  if (*threads == 0)
    *threads = executor->concurrency < VITC_MAX_THREADS ? executor->concurrency : VITC_MAX_THREADS;
  return VITC_OK;
}

static uint64_t header_bytes(void) { return aligned(sizeof(vitc_instance)); }

/* Allocates the instance, arenas and scratch memory as one piece. What no run touches of it takes no RAM: the system
 * gives pages of so large a piece when they are written. */
static vitc_instance *allocate(const vitc_program *program, const vitc_variant *variant, uint32_t threads,
                               vitc_status *status) {
  uint64_t arena_bytes = 0, scratch_bytes = 0, default_bytes = 0, arena, scratch, bytes;
  void *memory = NULL;
  for (uint64_t i = 0; i < program->entry_point_count; ++i) {
    const vitc_function *function = &variant->functions[i];
    arena_bytes = function->arena_bytes > arena_bytes ? function->arena_bytes : arena_bytes;
    scratch_bytes = function->scratch_bytes > scratch_bytes ? function->scratch_bytes : scratch_bytes;
    const vitc_entry_point *entry = &program->entry_points[i];
    uint64_t own = default_offset(entry, entry->input_count);
    default_bytes = own > default_bytes ? own : default_bytes;
  }
  uint64_t chunk_images = program->chunk_images < threads ? program->chunk_images : threads;
  int overflow = __builtin_mul_overflow(arena_bytes, chunk_images, &arena);
  overflow |= __builtin_mul_overflow(scratch_bytes, (uint64_t)threads, &scratch);
  overflow |= __builtin_add_overflow(arena, scratch, &bytes);
  overflow |= __builtin_add_overflow(bytes, default_bytes, &bytes);
  overflow |= __builtin_add_overflow(bytes, header_bytes(), &bytes);
  if (overflow || bytes > SIZE_MAX / 2) {
    vitc_status_set(status, VITC_OUT_OF_MEMORY, "the planned memory exceeds the address space");
    return NULL;
  }
  if (posix_memalign(&memory, ALIGNMENT, (size_t)bytes) != 0) {
    vitc_status_set(status, VITC_OUT_OF_MEMORY, "no memory for %llu bytes of activations", (unsigned long long)bytes);
    return NULL;
  }
  vitc_instance *instance = memory;
  *instance = (vitc_instance){.program = program,
                              .variant = variant,
                              .chunk_images = chunk_images,
                              .arena = (char *)memory + header_bytes(),
                              .scratch = (char *)memory + header_bytes() + arena,
                              .defaults = (char *)memory + header_bytes() + arena + scratch,
                              .memory_bytes = bytes,
                              .threads = threads,
                              .process = getpid()};
  return instance;
}

vitc_instance *vitc_instance_create(const vitc_program *program, const vitc_instance_options *options,
                                    vitc_status *status) {
  static const vitc_instance_options defaults;
  uint32_t variant = 0, threads = 0;
  if (!options)
    options = &defaults;
  if (vitc_variant_choose(program, options->variant, &variant, status) != VITC_OK ||
      vitc_variant_check(program, &program->variants[variant], status) != VITC_OK ||
      choose_threads(options, &threads, status) != VITC_OK)
    return NULL;
  vitc_instance *instance = allocate(program, &program->variants[variant], threads, status);
  if (!instance)
    return NULL;
  instance->executor = options->executor;
  if (!options->executor && threads > 1 && vitc_pool_acquire(threads, status) != VITC_OK) {
    free(instance);
    return NULL;
  }
  vitc_status_ok(status);
  return instance;
}

int32_t vitc_instance_destroy(vitc_instance *instance) {
  int32_t code = instance ? enter(instance, NULL) : VITC_OK;
  if (code == VITC_BUSY)
    return code;
  /* After a fork, the threads stayed with the process that made them. */
  if (instance && code != VITC_FORKED && !instance->executor && instance->threads > 1)
    vitc_pool_release();
  free(instance);
  return VITC_OK;
}

int32_t vitc_instance_describe(const vitc_instance *instance, vitc_instance_info *info) {
  if (!instance || !info)
    return VITC_INVALID_ARGUMENT;
  *info = (vitc_instance_info){.threads = instance->threads,
                               .variant = (uint32_t)(instance->variant - instance->program->variants),
                               .memory_bytes = instance->memory_bytes,
                               .chunk_images = instance->chunk_images};
  return VITC_OK;
}

int32_t vitc_instance_set_op_callback(vitc_instance *instance, vitc_op_callback callback, void *context) {
  int32_t code = enter(instance, NULL);
  if (code != VITC_OK)
    return code;
  instance->callback = callback;
  instance->callback_context = context;
  leave(instance);
  return VITC_OK;
}
