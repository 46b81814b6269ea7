//===- WarnSlowSteps.cpp - steps that leave vectors empty ---------------------===//

#include "vitc/Conversion/VitToKernel/WarnSlowSteps.h"

#include "vitc/Codegen/Program.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace vitc;
using llvm::formatv;

/// A share of all operations that is worth a warning.
static constexpr double kWarnShare = 0.01;

/// Whether a convolution's vectors, which hold outputs of one group, are mostly empty.
static bool isSlow(kernel::Conv2dOp conv) {
  int64_t groupOutputs = cast<MemRefType>(conv.getOutput().getType()).getDimSize(2) / int64_t(conv.getGroups());
  int64_t groupInputs = conv.getFilterChannels();
  bool isDepthwise = groupOutputs == 1 && groupInputs == 1;
  return conv.getGroups() > 1 && !isDepthwise && groupOutputs < kernel::kPanelWidth / 2;
}

namespace {
struct WarnSlowSteps : PassWrapper<WarnSlowSteps, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(WarnSlowSteps)

  StringRef getArgument() const override { return "warn-slow-steps"; }
  StringRef getDescription() const override {
    return "Warn of steps that leave vectors empty and do more than 1 % of the operations";
  }
  void runOnOperation() override;
};
} // namespace

void WarnSlowSteps::runOnOperation() {
  markAllAnalysesPreserved();
  double total = 0, slow = 0;
  int64_t steps = 0;
  // The one with the most operations, the first of several.
  kernel::Conv2dOp largest;
  getOperation().walk([&](kernel::StepOp step) {
    total += double(step.getFlopCount());
    auto conv = dyn_cast<kernel::Conv2dOp>(*step);
    if (!conv || !isSlow(conv))
      return;
    slow += double(conv.getFlopCount());
    ++steps;
    if (!largest || conv.getFlopCount() > largest.getFlopCount())
      largest = conv;
  });
  if (!(slow > kWarnShare * total))
    return;
  std::string name = nodeName(largest.getLoc());
  std::string where = name.empty() ? formatv("{0} steps", steps).str()
                      : steps > 1  ? formatv("{0} and {1} more", name, steps - 1).str()
                                   : name;
  getOperation().emitWarning()
      << formatv("convolutions in groups of few outputs, which leave vectors empty, do {0:F1} % of the operations: {1}",
                 100 * slow / total, where)
             .str();
}

std::unique_ptr<Pass> vitc::createWarnSlowSteps() { return std::make_unique<WarnSlowSteps>(); }
