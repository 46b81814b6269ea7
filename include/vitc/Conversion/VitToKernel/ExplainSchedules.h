//===- ExplainSchedules.h - schedules in words ------------------*- C++ -*-===//

#ifndef VITC_CONVERSION_VITTOKERNEL_EXPLAINSCHEDULES_H
#define VITC_CONVERSION_VITTOKERNEL_EXPLAINSCHEDULES_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace vitc {

/// Creates the pass `explain-schedules`: a remark for every kind of `kernel` step with the numbers that its schedule
/// follows from (registers, loads for a multiply-add, cache, tasks). It changes nothing.
std::unique_ptr<mlir::Pass> createExplainSchedules();

} // namespace vitc

#endif // VITC_CONVERSION_VITTOKERNEL_EXPLAINSCHEDULES_H
