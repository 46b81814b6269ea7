//===- Schedule.cpp - register tiles and tasks for a target -------------------===//

#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Kernel/IR/KernelTarget.h"
#include "vitc/Dialect/Kernel/Transforms/Passes.h"

#include "llvm/ADT/TypeSwitch.h"

namespace vitc::kernel {
#define GEN_PASS_DEF_SCHEDULE
#include "vitc/Dialect/Kernel/Transforms/Passes.h.inc"
} // namespace vitc::kernel

using namespace mlir;
using namespace vitc;
using namespace vitc::kernel;

static MemRefType bufferType(Value value) { return cast<MemRefType>(value.getType()); }

namespace {
struct Schedule : vitc::kernel::impl::ScheduleBase<Schedule> {
  void runOnOperation() override;
};
} // namespace

static RowTilesAttr rowTiles(const TargetInfo &target, MLIRContext *context, int64_t rows, int64_t panels) {
  RowPartition partition = TargetInfo::partitionRows(rows, target.maxTileRows(panels));
  return RowTilesAttr::get(context, partition.count, partition.rows, partition.restCount, partition.restRows);
}

/// The schedule of a product of `rows` rows of `rowBytes` bytes with `panels` panels of depth `depth`, whose sums are
/// `block` steps long.
static ScheduleAttr scheduleProduct(const TargetInfo &target, MLIRContext *context, int64_t rows, int64_t panels,
                                    int64_t depth, int64_t rowBytes, int64_t block) {
  int64_t columnPanels = std::min(target.tilePanels(rows), panels);
  RowTilesAttr tiles = rowTiles(target, context, rows, columnPanels);
  // A task reads its weight panels once from memory and keeps them in cache for all its rows; it takes a block of rows
  // only where the rows themselves do not fit into L2 beside the panels, or where there would be too few tasks to
  // share.
  int64_t columnTasks = llvm::divideCeil(panels, columnPanels);
  int64_t blocks = llvm::divideCeil(rows * rowBytes, target.l2Bytes / 2);
  constexpr int64_t kEnoughTasks = 12;
  blocks = std::max<int64_t>(blocks, llvm::divideCeil(kEnoughTasks, columnTasks));
  blocks = std::min<int64_t>(blocks, std::max<int64_t>(tiles.getTiles() / 2, 1));
  return ScheduleAttr::get(context, tiles, columnPanels, llvm::divideCeil(tiles.getTiles(), blocks), block,
                           target.productUnroll(tiles.getRows(), columnPanels, depth));
}

static void schedule(const TargetInfo &target, LinearOp op) {
  MemRefType input = bufferType(op.getInput());
  int64_t elements = input.getShape().back(), steps = op.getSteps();
  // Sums of whole numbers are exact, and those of rounded rows have larger errors than that of a long chain. Blocks of
  // expanded weights are those of f32.
  int64_t block = op.readsWords() ? steps : TargetInfo::summationBlock(op.getDepth()) / (op.isOfBf16() ? 2 : 1);
  op.setScheduleAttr(scheduleProduct(target, op.getContext(), input.getNumElements() / elements,
                                     bufferType(op.getWeight()).getDimSize(0), steps, 4 * elements, block));
  // A step of expanded weights is two.
  ScheduleAttr schedule = op.getScheduleAttr();
  if (op.isOfBf16() && !op.readsWords() && schedule.getKUnroll() % 2 == 0)
    op.setScheduleAttr(ScheduleAttr::get(op.getContext(), schedule.getRows(), schedule.getColumnPanels(),
                                         schedule.getTilesPerTask(), schedule.getKBlock(), schedule.getKUnroll() / 2));
}

static void schedule(const TargetInfo &target, MatmulOp op) {
  MemRefType lhs = bufferType(op.getLhs());
  int64_t depth = lhs.getShape().back();
  op.setScheduleAttr(scheduleProduct(target, op.getContext(), lhs.getNumElements() / depth / op.getMatrixCount(),
                                     bufferType(op.getRhs()).getDimSize(1), depth, 4 * depth,
                                     TargetInfo::summationBlock(depth)));
}

static void schedule(const TargetInfo &target, PatchEmbeddingOp op) {
  int64_t panels = bufferType(op.getWeight()).getDimSize(0);
  int64_t columnPanels = std::min(target.tilePanels(target.maxTileRows(1)), panels);
  int64_t gridColumns = op.getImageShape()[2] / op.getPatch()[1];
  op.setScheduleAttr(ScheduleAttr::get(op.getContext(), rowTiles(target, op.getContext(), gridColumns, columnPanels),
                                       columnPanels, /*tilesPerTask=*/0, /*kBlock=*/0, /*kUnroll=*/0));
}

static void schedule(const TargetInfo &target, AttentionOp op) {
  int64_t queries = bufferType(op.getQuery()).getDimSize(2), keyPanels = bufferType(op.getKeys()).getDimSize(1);
  int64_t valuePanels = llvm::divideCeil(int64_t(op.getHeadDim()), kPanelWidth);
  int64_t columnPanels = std::min(target.tilePanels(queries), std::min(keyPanels, valuePanels));
  RowTilesAttr tiles = rowTiles(target, op.getContext(), queries, columnPanels);
  // One element of each row of scores is read at a time: rows must not share cache sets.
  int64_t scoreStride = TargetInfo::rowStride(op.getScoreColumns());
  OpBuilder builder(op);
  auto scores = MemRefType::get({tiles.getRows(), scoreStride}, bufferType(op.getQuery()).getElementType());
  op.getScoresMutable().assign(builder.create<ScratchOp>(op.getLoc(), scores));
  // Blocks of about 56 query rows: enough tasks to share among threads, and the head's keys and values stay in cache.
  constexpr int64_t kQueryBlock = 56;
  op.setScheduleAttr(ScheduleAttr::get(op.getContext(), tiles, columnPanels,
                                       std::max<int64_t>(kQueryBlock / tiles.getRows(), 1), /*kBlock=*/0,
                                       /*kUnroll=*/0));
}

static void schedule(const TargetInfo &target, Conv2dOp op) { op.setPixels(target.maxTileRows(1)); }

static void schedule(const TargetInfo &target, WinogradConv2dOp op) {
  // With 64 and 128 channels, blocks of 12 to 49 tiles take the same time within 3 %.
  constexpr int64_t kBlockTiles = 28, kEnoughTasks = 4;
  OpBuilder builder(op);
  int64_t tiles = op.getTileCount(0) * op.getTileCount(1), panels = bufferType(op.getFilters()).getDimSize(0);
  int64_t channels = bufferType(op.getInput()).getDimSize(2);
  int64_t columnPanels = std::min(target.tilePanels(tiles), panels);
  RowTilesAttr rows = rowTiles(target, op.getContext(), tiles, columnPanels);
  int64_t tilesPerTask = std::max<int64_t>(kBlockTiles / rows.getRows(), 1);
  int64_t blocks = llvm::divideCeil(rows.getTiles(), tilesPerTask);
  tilesPerTask = llvm::divideCeil(rows.getTiles(), blocks);
  op.setScheduleAttr(ScheduleAttr::get(op.getContext(), rows, columnPanels, tilesPerTask,
                                       TargetInfo::summationBlock(channels),
                                       target.productUnroll(rows.getRows(), columnPanels, channels)));
  // Where blocks alone are too few tasks, tasks share panels, and each transforms the inputs for itself.
  int64_t passes = llvm::divideCeil(panels, op.getPassPanels());
  int64_t shares = std::min<int64_t>(llvm::divideCeil(kEnoughTasks, blocks), passes);
  op.setPanelsPerTask(llvm::divideCeil(passes, shares) * op.getPassPanels());
  int64_t positions = (op.getTile() + 2) * (op.getTile() + 2);
  int64_t stride = TargetInfo::rowStride(roundUp(channels, kPanelWidth) + op.getPassPanels() * kPanelWidth);
  auto scratch = MemRefType::get({op.getBlockTiles(), positions, stride}, bufferType(op.getInput()).getElementType());
  op.getScratchMutable().assign(builder.create<ScratchOp>(op.getLoc(), scratch));
}

void Schedule::runOnOperation() {
  func::FuncOp function = getOperation();
  if (function.isExternal())
    return;
  FailureOr<TargetInfo> target = getTarget(function);
  if (failed(target))
    return signalPassFailure();
  for (auto step : llvm::make_early_inc_range(function.getOps<StepOp>()))
    if (step.lacksSchedule())
      llvm::TypeSwitch<Operation *>(step)
          .Case<LinearOp, PatchEmbeddingOp, AttentionOp, MatmulOp, Conv2dOp, WinogradConv2dOp>(
              [&](auto op) { schedule(*target, op); });
}
