//===- ExplainSchedules.cpp - schedules in words ------------------------------===//

#include "vitc/Conversion/VitToKernel/ExplainSchedules.h"

#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Kernel/IR/KernelTarget.h"

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
static std::string describeTile(const TargetInfo &target, kernel::ScheduleAttr schedule) {
  kernel::RowTilesAttr rows = schedule.getRows();
  int64_t panels = schedule.getColumnPanels();
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
  int64_t depth = bufferType(op.getWeight()).getDimSize(1), rows = op.getScheduleAttr().getRows().getTotal();
  std::string text = formatv("{0} x {1} by {2} panels: {3}; ", rows, depth, bufferType(op.getWeight()).getDimSize(0),
                             describeTile(target, op.getScheduleAttr()));
  if (depth > op.getScheduleAttr().getKBlock())
    text += formatv("sums in blocks of {0}; ", op.getScheduleAttr().getKBlock());
  int64_t blocks = llvm::divideCeil(op.getScheduleAttr().getRows().getTiles(), op.getScheduleAttr().getTilesPerTask());
  text += formatv("the input's {0} KiB in {1}, L2 has {2} KiB; {3} tasks", rows * depth * 4 / 1024,
                  blocks == 1 ? std::string("one block") : formatv("{0} blocks", blocks).str(), target.l2Bytes / 1024,
                  op.getTaskCount());
  return text;
}

static std::string describe(const TargetInfo &target, kernel::AttentionOp op) {
  int64_t headBytes =
      bufferType(op.getKeys()).getNumElements() / bufferType(op.getKeys()).getDimSize(0) * (op.isOfBf16() ? 4 : 8);
  return formatv("{0} queries by {1} keys: {2}; keys and values of a head {3} KiB, L2 has {4} KiB; {5} tasks",
                 op.getScheduleAttr().getRows().getTotal(), op.getKeyCount(),
                 describeTile(target, op.getScheduleAttr()), headBytes / 1024, target.l2Bytes / 1024,
                 op.getTaskCount());
}

static std::string describe(const TargetInfo &target, kernel::PatchEmbeddingOp op) {
  return formatv("{0} patches in a row of the grid: {1}; {2} tasks", op.getScheduleAttr().getRows().getTotal(),
                 describeTile(target, op.getScheduleAttr()), op.getTaskCount());
}

static std::string describe(const TargetInfo &target, kernel::MatmulOp op) {
  return formatv("{0} products of {1} x {2}: {3}; {4} tasks", op.getMatrixCount(),
                 op.getScheduleAttr().getRows().getTotal(), bufferType(op.getLhs()).getShape().back(),
                 describeTile(target, op.getScheduleAttr()), op.getTaskCount());
}

static std::string describe(const TargetInfo &, kernel::Conv2dOp op) {
  return formatv("convolution: {0} pixels x {1} outputs of one of {2} groups at a time; {3} tasks", *op.getPixels(),
                 kPanelWidth, op.getGroups(), op.getTaskCount());
}

static std::string describe(const TargetInfo &target, kernel::WinogradConv2dOp op) {
  int64_t tile = op.getTile();
  return formatv(
      "3x3 convolution by Winograd's F({0}x{0}, 3x3), {1:F2} multiplications instead of 9 for an output, which rounds "
      "more (--winograd=off): {2} tiles x {3} by {4} panels: {5}; {6} tiles and {7} panels in each of {8} tasks",
      tile, double((tile + 2) * (tile + 2)) / double(tile * tile), op.getScheduleAttr().getRows().getTotal(),
      bufferType(op.getInput()).getDimSize(2), bufferType(op.getFilters()).getDimSize(0),
      describeTile(target, op.getScheduleAttr()), op.getBlockTiles(), int64_t(*op.getPanelsPerTask()),
      op.getTaskCount());
}

/// Empty for steps that have nothing to choose.
static std::string describe(const TargetInfo &target, kernel::StepOp step) {
  if (step.lacksSchedule())
    return {};
  return llvm::TypeSwitch<Operation *, std::string>(step)
      .Case<kernel::LinearOp, kernel::AttentionOp, kernel::PatchEmbeddingOp, kernel::MatmulOp, kernel::Conv2dOp,
            kernel::WinogradConv2dOp>([&](auto op) { return describe(target, op); })
      .Default([](Operation *) { return std::string(); });
}

namespace {
struct ExplainSchedules : PassWrapper<ExplainSchedules, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExplainSchedules)
  StringRef getArgument() const override { return "explain-schedules"; }
  StringRef getDescription() const override { return "Say in remarks what the schedules of steps are and follow from"; }
  void runOnOperation() override {
    // Layers repeat: the first step of a kind speaks for all.
    llvm::MapVector<std::string, SmallVector<Operation *>, std::map<std::string, unsigned>> steps;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.getOps<kernel::StepOp>().empty())
        continue;
      FailureOr<TargetInfo> target = kernel::getTarget(function);
      if (failed(target))
        return signalPassFailure();
      for (auto step : function.getOps<kernel::StepOp>())
        if (std::string text = describe(*target, step); !text.empty())
          steps[text].push_back(step);
    }
    for (const auto &[text, users] : steps) {
      InFlightDiagnostic remark = users.front()->emitRemark() << text;
      if (users.size() > 1)
        remark << " (" << users.size() << " steps)";
    }
  }
};
} // namespace

std::unique_ptr<Pass> vitc::createExplainSchedules() { return std::make_unique<ExplainSchedules>(); }
