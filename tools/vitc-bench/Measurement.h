//===- Measurement.h - runs a model and takes the time ----------*- C++ -*-===//

#ifndef VITC_TOOLS_VITC_BENCH_MEASUREMENT_H
#define VITC_TOOLS_VITC_BENCH_MEASUREMENT_H

#include "vitc/RuntimeHost/LoadedModel.h"

#include <string>
#include <vector>

namespace vitc {

/// What to measure.
struct BenchOptions {
  std::string model;
  std::string entryPoint; // empty: the first
  std::string variant;    // the CPU of a code variant; empty: the best that runs
  unsigned threads = 0;   // 0: the runtime's choice
  unsigned runs = 0;      // 0: as many as fit in two seconds, 5 to 1000
  int64_t batch = 1;
  bool steps = false; // measure single steps too
};

/// One executed step.
struct StepTime {
  std::string name, kind;
  int64_t layer = -1, firstImage = 0, images = 0;
  double flops = 0;
  uint64_t startNs = 0, durationNs = 0;
};

/// What was measured. Times in milliseconds, memory in 10^6 bytes, rates in 10^9 floating-point operations per second.
struct Measurement {
  std::string model;
  std::string entryPoint, variant; // empty when the model has one alone
  unsigned threads = 0;
  int64_t batch = 0;
  size_t runs = 0;
  double loadMs = 0; // open, check, map, make an instance
  double firstMs = 0;
  double minMs = 0, medianMs = 0, p90Ms = 0; // of the runs after the first
  double flops = 0;                          // of one run
  double gflops = 0;                         // flops / median
  double peakGflops = 0;                     // multiply-adds alone, on as many threads, in this process
  double rssMb = 0, privateMb = 0;           // resident; of these, pages that no other process can share
  std::vector<std::vector<StepTime>> steps;  // of each run that was measured step by step
};

/// Loads the model and runs it on made-up inputs.
HostExpected<Measurement> measure(const BenchOptions &options);

} // namespace vitc

#endif // VITC_TOOLS_VITC_BENCH_MEASUREMENT_H
