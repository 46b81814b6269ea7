/*===- cpu_x86_64.c - features and control state of x86-64 processors -*- C -*-===
 *
 * Asks the processor itself, not the compiler's support library, whose list of features ends with that compiler.
 *===----------------------------------------------------------------------===*/

#define _GNU_SOURCE
#include "cpu.h"

#include <cpuid.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EAX, EBX, ECX, EDX };

/* Register state that the operating system must save, as bits of XCR0. */
enum {
  STATE_NONE = 0,
  STATE_AVX = 0x6,      /* xmm, upper halves of ymm */
  STATE_AVX512 = 0xe6,  /* and mask registers, upper halves of zmm, zmm16-31 */
  STATE_AMX = 0x60000,  /* tile configuration and data */
  STATE_AMX_TILES = 18, /* number of the state component of tile data */
};

typedef struct feature {
  const char *name;
  uint32_t leaf, subleaf;
  uint32_t reg, bit;
  uint32_t state;
} feature;

static const feature features[] = {
    {"x87", 1, 0, EDX, 0, STATE_NONE},
    {"cx8", 1, 0, EDX, 8, STATE_NONE},
    {"cmov", 1, 0, EDX, 15, STATE_NONE},
    {"mmx", 1, 0, EDX, 23, STATE_NONE},
    {"fxsr", 1, 0, EDX, 24, STATE_NONE},
    {"sse", 1, 0, EDX, 25, STATE_NONE},
    {"sse2", 1, 0, EDX, 26, STATE_NONE},
    {"sse3", 1, 0, ECX, 0, STATE_NONE},
    {"pclmul", 1, 0, ECX, 1, STATE_NONE},
    {"ssse3", 1, 0, ECX, 9, STATE_NONE},
    {"fma", 1, 0, ECX, 12, STATE_AVX},
    {"cx16", 1, 0, ECX, 13, STATE_NONE},
    {"sse4.1", 1, 0, ECX, 19, STATE_NONE},
    {"sse4.2", 1, 0, ECX, 20, STATE_NONE},
    {"crc32", 1, 0, ECX, 20, STATE_NONE},
    {"movbe", 1, 0, ECX, 22, STATE_NONE},
    {"popcnt", 1, 0, ECX, 23, STATE_NONE},
    {"aes", 1, 0, ECX, 25, STATE_NONE},
    {"xsave", 1, 0, ECX, 26, STATE_NONE},
    {"avx", 1, 0, ECX, 28, STATE_AVX},
    {"f16c", 1, 0, ECX, 29, STATE_AVX},
    {"bmi", 7, 0, EBX, 3, STATE_NONE},
    {"avx2", 7, 0, EBX, 5, STATE_AVX},
    {"bmi2", 7, 0, EBX, 8, STATE_NONE},
    {"avx512f", 7, 0, EBX, 16, STATE_AVX512},
    {"evex512", 7, 0, EBX, 16, STATE_AVX512},
    {"avx512dq", 7, 0, EBX, 17, STATE_AVX512},
    {"adx", 7, 0, EBX, 19, STATE_NONE},
    {"avx512ifma", 7, 0, EBX, 21, STATE_AVX512},
    {"clflushopt", 7, 0, EBX, 23, STATE_NONE},
    {"clwb", 7, 0, EBX, 24, STATE_NONE},
    {"avx512cd", 7, 0, EBX, 28, STATE_AVX512},
    {"sha", 7, 0, EBX, 29, STATE_NONE},
    {"avx512bw", 7, 0, EBX, 30, STATE_AVX512},
    {"avx512vl", 7, 0, EBX, 31, STATE_AVX512},
    {"avx512vbmi", 7, 0, ECX, 1, STATE_AVX512},
    {"avx512vbmi2", 7, 0, ECX, 6, STATE_AVX512},
    {"gfni", 7, 0, ECX, 8, STATE_NONE},
    {"vaes", 7, 0, ECX, 9, STATE_AVX},
    {"vpclmulqdq", 7, 0, ECX, 10, STATE_AVX},
    {"avx512vnni", 7, 0, ECX, 11, STATE_AVX512},
    {"avx512bitalg", 7, 0, ECX, 12, STATE_AVX512},
    {"avx512vpopcntdq", 7, 0, ECX, 14, STATE_AVX512},
    {"avx512vp2intersect", 7, 0, EDX, 8, STATE_AVX512},
    {"amx-bf16", 7, 0, EDX, 22, STATE_AMX},
    {"avx512fp16", 7, 0, EDX, 23, STATE_AVX512},
    {"amx-tile", 7, 0, EDX, 24, STATE_AMX},
    {"amx-int8", 7, 0, EDX, 25, STATE_AMX},
    {"avxvnni", 7, 1, EAX, 4, STATE_AVX},
    {"avx512bf16", 7, 1, EAX, 5, STATE_AVX512},
    {"amx-fp16", 7, 1, EAX, 21, STATE_AMX},
    {"avxifma", 7, 1, EAX, 23, STATE_AVX},
    {"avxvnniint8", 7, 1, EDX, 4, STATE_AVX},
    {"avxneconvert", 7, 1, EDX, 5, STATE_AVX},
    {"amx-complex", 7, 1, EDX, 8, STATE_AMX},
    {"avxvnniint16", 7, 1, EDX, 10, STATE_AVX},
    {"sahf", 0x80000001u, 0, ECX, 0, STATE_NONE},
    {"lzcnt", 0x80000001u, 0, ECX, 5, STATE_NONE},
    {"sse4a", 0x80000001u, 0, ECX, 6, STATE_NONE},
    {"prfchw", 0x80000001u, 0, ECX, 8, STATE_NONE},
    {"xop", 0x80000001u, 0, ECX, 11, STATE_AVX},
    {"fma4", 0x80000001u, 0, ECX, 16, STATE_AVX},
    {"64bit", 0x80000001u, 0, EDX, 29, STATE_NONE},
};

static int has_bit(const feature *wanted) {
  uint32_t r[4] = {0, 0, 0, 0};
  if (!__get_cpuid_count(wanted->leaf, wanted->subleaf, &r[EAX], &r[EBX], &r[ECX], &r[EDX]))
    return 0;
  return (r[wanted->reg] >> wanted->bit) & 1;
}

static int os_saves(uint32_t state) {
  static const feature osxsave = {"osxsave", 1, 0, ECX, 27, STATE_NONE};
  uint32_t low, high;
  if (state == STATE_NONE)
    return 1;
  if (!has_bit(&osxsave))
    return 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & state) != state)
    return 0;
  /* Linux hands out the tile registers to processes that ask for them. */
  enum { REQUEST_PERMISSION = 0x1023 };
  return state != STATE_AMX || syscall(SYS_arch_prctl, REQUEST_PERMISSION, STATE_AMX_TILES) == 0;
}

vitc_cpu_support vitc_cpu_supports(const char *name) {
  for (unsigned i = 0; i < sizeof features / sizeof features[0]; ++i) {
    if (strcmp(features[i].name, name) != 0)
      continue;
    if (!has_bit(&features[i]))
      return VITC_CPU_LACKS;
    return os_saves(features[i].state) ? VITC_CPU_SUPPORTED : VITC_CPU_OS_DISABLED;
  }
  return VITC_CPU_UNKNOWN_NAME;
}

void vitc_cpu_relax(void) { __asm__ volatile("pause" ::: "memory"); }

uint32_t vitc_cpu_enter_fp(void) {
  const uint32_t power_on = 0x1f80;
  uint32_t before;
  __asm__ volatile("stmxcsr %0" : "=m"(before));
  __asm__ volatile("ldmxcsr %0" ::"m"(power_on));
  return before;
}

void vitc_cpu_leave_fp(uint32_t state) { __asm__ volatile("ldmxcsr %0" ::"m"(state)); }
