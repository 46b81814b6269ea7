//===- ExplainSchedules.cpp - schedules in words ------------------------------===//

#include "vitc/Conversion/VitToKernel/ExplainSchedules.h"

#include "vitc/Dialect/Kernel/IR/KernelOps.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

#include <map>

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;
using llvm::formatv;

static MemRefType bufferType(Value value) { return cast<MemRefType>(value.getType()); }

/// The register tile, and what limits it.
static std::string describeTile(const TargetInfo &target, kernel::RowTilesAttr rows, int64_t panels) {
  int64_t vectors = panels * kPanelWidth / target.lanes(4);
  std::string tiles = formatv("{0} tiles of {1} rows", rows.getCount(), rows.getRows());
  if (rows.getRestCount() > 0)
    tiles += formatv(" and {0} of {1}", rows.getRestCount(), rows.getRestRows());
  // A step of k loads each row's element and each vector once, for rows x vectors multiply-adds.
  return formatv("{0} x {1} columns: {2} accumulators in {3} registers of {4} bits, {5:F2} loads for a multiply-add",
                 tiles, panels * kPanelWidth, rows.getRows() * vectors, target.vectorRegisters, target.vectorBytes * 8,
                 double(rows.getRows() + vectors) / double(rows.getRows() * vectors));
}

static std::string describe(const TargetInfo &target, kernel::LinearOp op) {
  int64_t depth = bufferType(op.getWeight()).getDimSize(1), rows = op.getRows().getTotal();
  std::string text = formatv("{0} x {1} by {2} panels: {3}; ", rows, depth, bufferType(op.getWeight()).getDimSize(0),
                             describeTile(target, op.getRows(), op.getColumnPanels()));
  if (depth > int64_t(op.getKBlock()))
    text += formatv("sums in blocks of {0}; ", op.getKBlock());
  int64_t blocks = llvm::divideCeil(op.getRows().getTiles(), op.getTilesPerTask());
  text += formatv("the input's {0} KiB in {1}, L2 has {2} KiB; {3} tasks", rows * depth * 4 / 1024,
                  blocks == 1 ? std::string("one block") : formatv("{0} blocks", blocks).str(), target.l2Bytes / 1024,
                  op.getTaskCount());
  return text;
}

static std::string describe(const TargetInfo &target, kernel::AttentionOp op) {
  int64_t headBytes = bufferType(op.getKeys()).getNumElements() / bufferType(op.getKeys()).getDimSize(0) * 8;
  return formatv("{0} queries by {1} keys: {2}; keys and values of a head {3} KiB, L2 has {4} KiB; {5} tasks",
                 op.getRows().getTotal(), op.getKeyCount(), describeTile(target, op.getRows(), op.getColumnPanels()),
                 headBytes / 1024, target.l2Bytes / 1024, op.getTaskCount());
}

static std::string describe(const TargetInfo &target, kernel::PatchEmbeddingOp op) {
  return formatv("{0} patches in a row of the grid: {1}; {2} tasks", op.getRows().getTotal(),
                 describeTile(target, op.getRows(), op.getColumnPanels()), op.getTaskCount());
}

static std::string describe(const TargetInfo &target, kernel::MatmulOp op) {
  return formatv("{0} products of {1} x {2}: {3}; {4} tasks", op.getMatrixCount(), op.getRows().getTotal(),
                 bufferType(op.getLhs()).getShape().back(), describeTile(target, op.getRows(), op.getColumnPanels()),
                 op.getTaskCount());
}

static std::string describe(const TargetInfo &, kernel::Conv2dOp op) {
  return formatv(
      "convolution without a schedule of its own: {0} pixels x {1} outputs of one of {2} groups at a time; {3} tasks",
      op.getPixels(), kPanelWidth, op.getGroups(), op.getTaskCount());
}

/// Empty for steps that have nothing to choose.
static std::string describe(const TargetInfo &target, Operation *op) {
  return llvm::TypeSwitch<Operation *, std::string>(op)
      .Case<kernel::LinearOp, kernel::AttentionOp, kernel::PatchEmbeddingOp, kernel::MatmulOp, kernel::Conv2dOp>(
          [&](auto step) { return describe(target, step); })
      .Default([](Operation *) { return std::string(); });
}

namespace {
struct ExplainSchedules : PassWrapper<ExplainSchedules, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExplainSchedules)
  explicit ExplainSchedules(TargetInfo target) : target(std::move(target)) {}

  StringRef getArgument() const override { return "explain-schedules"; }
  StringRef getDescription() const override { return "Say in remarks what the schedules of steps are and follow from"; }
  void runOnOperation() override {
    // Layers repeat: the first step of a kind speaks for all.
    llvm::MapVector<std::string, SmallVector<Operation *>, std::map<std::string, unsigned>> steps;
    getOperation().walk([&](kernel::StepOp step) {
      if (std::string text = describe(target, step); !text.empty())
        steps[text].push_back(step);
    });
    for (const auto &[text, users] : steps) {
      InFlightDiagnostic remark = users.front()->emitRemark() << text;
      if (users.size() > 1)
        remark << " (" << users.size() << " steps)";
    }
  }

  TargetInfo target;
};
} // namespace

std::unique_ptr<Pass> vitc::createExplainSchedules(const TargetInfo &target) {
  return std::make_unique<ExplainSchedules>(target);
}
