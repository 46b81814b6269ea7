//===- WarnPlainLoops.cpp - what has no schedule of its own -------------------===//

#include "vitc/Conversion/VitToKernel/WarnPlainLoops.h"

#include "vitc/Codegen/Program.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <map>

using namespace mlir;
using namespace vitc;
using llvm::formatv;

/// A share of all operations that is worth a warning, and one that is worth being told in it.
static constexpr double kWarnShare = 0.01, kTellShare = 0.001;

namespace {
/// Steps of one kind.
struct PlainLoops {
  std::string kind;
  /// The step with the most operations, the first of several.
  kernel::ComputeOp largest;
  double flops = 0;
  int64_t steps = 0;
};

struct WarnPlainLoops : PassWrapper<WarnPlainLoops, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(WarnPlainLoops)

  StringRef getArgument() const override { return "warn-plain-loops"; }
  StringRef getDescription() const override {
    return "Warn of steps without a schedule that do more than 1 % of the operations";
  }
  void runOnOperation() override;
};
} // namespace

/// "softmax 2.5 % (layer.0.probabilities and 11 more)".
static std::string describe(PlainLoops loops, double total) {
  std::string text = formatv("{0} {1:F1} %", loops.kind, 100 * loops.flops / total);
  std::string name = nodeName(loops.largest.getLoc());
  if (name.empty())
    return text + formatv(" ({0} steps)", loops.steps).str();
  text += " (" + name;
  if (loops.steps > 1)
    text += formatv(" and {0} more", loops.steps - 1);
  return text + ")";
}

void WarnPlainLoops::runOnOperation() {
  markAllAnalysesPreserved();
  double total = 0, plain = 0;
  llvm::MapVector<StringRef, PlainLoops, std::map<StringRef, unsigned>> kinds;
  getOperation().walk([&](kernel::StepOp step) {
    double flops = double(step.getFlopCount());
    total += flops;
    auto compute = dyn_cast<kernel::ComputeOp>(*step);
    if (!compute)
      return;
    plain += flops;
    PlainLoops &loops = kinds[compute.getKind()];
    loops.kind = compute.getKind().str();
    if (!loops.largest || compute.getFlops() > loops.largest.getFlops())
      loops.largest = compute;
    loops.flops += flops;
    ++loops.steps;
  });
  if (!(plain > kWarnShare * total))
    return;
  SmallVector<PlainLoops> told;
  for (const auto &[kind, loops] : kinds)
    if (loops.flops >= kTellShare * total)
      told.push_back(loops);
  llvm::stable_sort(told, [](const PlainLoops &a, const PlainLoops &b) { return a.flops > b.flops; });
  InFlightDiagnostic warning =
      getOperation().emitWarning()
      << formatv("plain loops do {0:F1} % of the operations, slowly: ", 100 * plain / total).str();
  llvm::interleave(told, [&](const PlainLoops &loops) { warning << describe(loops, total); }, [&] { warning << ", "; });
}

std::unique_ptr<Pass> vitc::createWarnPlainLoops() { return std::make_unique<WarnPlainLoops>(); }
