//===- FmaPeak.cpp - what the processor could do at best ------------------===//

#include "FmaPeak.h"

#include <algorithm>
#include <chrono>
#include <immintrin.h>
#include <system_error>
#include <thread>
#include <vector>

namespace {

constexpr int roundsPerCall = 20000;
constexpr auto duration = std::chrono::milliseconds(100);

// A loop of twelve independent multiply-adds, more than latency times throughput of any CPU. In assembly, because what
// is measured is the processor, not how a compiler treats an array of vectors.
#define FOR_TWELVE_REGISTERS(instruction) ".irp r,0,1,2,3,4,5,6,7,8,9,10,11\n" instruction ".endr\n"
#define CLOBBERED_REGISTERS                                                                                            \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "cc"

/// What a loop over vectors of `lanes` floats computes.
constexpr double operations(int lanes) { return 2.0 * 12 * lanes * roundsPerCall; }

__attribute__((target("avx512f"))) double fmaAvx512() {
  long rounds = roundsPerCall;
  __m512 factor = _mm512_set1_ps(0.5f);
  __asm__ volatile(FOR_TWELVE_REGISTERS("vpxord %%zmm\\r, %%zmm\\r, %%zmm\\r\n") "1:\n" FOR_TWELVE_REGISTERS(
                       "vfmadd213ps %[factor], %[factor], %%zmm\\r\n") "sub $1, %[rounds]\njnz 1b\n"
                   : [rounds] "+r"(rounds)
                   : [factor] "v"(factor)
                   : CLOBBERED_REGISTERS);
  return operations(16);
}

__attribute__((target("avx2,fma"))) double fmaAvx2() {
  long rounds = roundsPerCall;
  __m256 factor = _mm256_set1_ps(0.5f);
  __asm__ volatile(FOR_TWELVE_REGISTERS("vxorps %%ymm\\r, %%ymm\\r, %%ymm\\r\n") "1:\n" FOR_TWELVE_REGISTERS(
                       "vfmadd213ps %[factor], %[factor], %%ymm\\r\n") "sub $1, %[rounds]\njnz 1b\n"
                   : [rounds] "+r"(rounds)
                   : [factor] "x"(factor)
                   : CLOBBERED_REGISTERS);
  return operations(8);
}

/// Without fused multiply-add a product and a sum are two instructions; half of the registers do each.
double multiplyAddSse2() {
  long rounds = roundsPerCall;
  __m128 factor = _mm_set1_ps(1.0f);
  __asm__ volatile(
      FOR_TWELVE_REGISTERS("xorps %%xmm\\r, %%xmm\\r\n") "1:\n"
                                                         ".irp r,0,1,2,3,4,5\nmulps %[factor], %%xmm\\r\n.endr\n"
                                                         ".irp r,6,7,8,9,10,11\naddps %[factor], %%xmm\\r\n.endr\n"
                                                         "sub $1, %[rounds]\njnz 1b\n"
      : [rounds] "+r"(rounds)
      : [factor] "x"(factor)
      : CLOBBERED_REGISTERS);
  return operations(4) / 2;
}

/// The best rate of one thread within `duration`.
double bestRate(double (*kernel)()) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (Clock::time_point end = Clock::now() + duration, start; (start = Clock::now()) < end;) {
    double done = kernel();
    best = std::max(best, done / std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

} // namespace

double vitc::measureFmaPeak(unsigned threads) {
  double (*kernel)() = multiplyAddSse2;
  if (__builtin_cpu_supports("avx512f"))
    kernel = fmaAvx512;
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    kernel = fmaAvx2;
  std::vector<double> rates(threads);
  std::vector<std::thread> others;
  others.reserve(threads);
  try {
    for (unsigned i = 1; i < threads; ++i)
      others.emplace_back([&rates, kernel, i] { rates[i] = bestRate(kernel); });
  } catch (const std::system_error &) { // NOLINT(bugprone-empty-catch)
    // The system gives no more threads: the peak is that of those it gave.
  }
  rates[0] = bestRate(kernel);
  for (std::thread &other : others)
    other.join();
  double sum = 0;
  for (double rate : rates)
    sum += rate;
  return sum / 1e9;
}
