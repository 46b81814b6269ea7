//===- WarnPlainLoops.h - what has no schedule of its own -------*- C++ -*-===//

#ifndef VITC_CONVERSION_VITTOKERNEL_WARNPLAINLOOPS_H
#define VITC_CONVERSION_VITTOKERNEL_WARNPLAINLOOPS_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace vitc {

/// Creates the pass `warn-plain-loops`: one warning if `kernel.compute` steps, which use neither vectors nor threads,
/// do more than 1 % of a module's operations; it says which kinds of ops of which nodes do how much. It changes
/// nothing.
std::unique_ptr<mlir::Pass> createWarnPlainLoops();

} // namespace vitc

#endif // VITC_CONVERSION_VITTOKERNEL_WARNPLAINLOOPS_H
