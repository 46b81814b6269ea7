//===- WarnSlowSteps.h - steps that leave vectors empty ---------*- C++ -*-===//

#ifndef VITC_CONVERSION_VITTOKERNEL_WARNSLOWSTEPS_H
#define VITC_CONVERSION_VITTOKERNEL_WARNSLOWSTEPS_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace vitc {

/// Creates the pass `warn-slow-steps`: one warning if steps that fill less than half of their vectors do more than 1 %
/// of a module's operations. These are convolutions in groups of fewer than 8 outputs, but for those of one input and
/// one output each. It says which nodes they are and changes nothing.
std::unique_ptr<mlir::Pass> createWarnSlowSteps();

} // namespace vitc

#endif // VITC_CONVERSION_VITTOKERNEL_WARNSLOWSTEPS_H
