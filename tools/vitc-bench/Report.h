//===- Report.h - prints measurements ---------------------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITC_BENCH_REPORT_H
#define VITC_TOOLS_VITC_BENCH_REPORT_H

#include "Measurement.h"

namespace vitc {

/// Steps that differ in their layer's number alone, summed up over a run and averaged over the runs.
struct StepGroup {
  std::string name; // with "*" for the layer's number
  std::string kind;
  size_t count = 0;
  double ms = 0;
  double flops = 0;
};

/// Groups the measured steps; those that take longest first.
std::vector<StepGroup> groupSteps(const Measurement &measurement);

/// The measurement as one line of JSON; with the groups under "profile" if `profile`.
std::string toJson(const Measurement &measurement, bool profile);

/// The measurement as text for people; with a table of groups if `profile`.
std::string toText(const Measurement &measurement, bool profile);

/// Writes the steps of one run to a file that Chrome's and Perfetto's trace viewers read. The file appears when it is
/// complete. Returns nothing when it went well.
std::optional<HostError> writeTrace(const Measurement &measurement, const std::string &path);

} // namespace vitc

#endif // VITC_TOOLS_VITC_BENCH_REPORT_H
