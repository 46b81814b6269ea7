//===- PlanMemory.cpp - offsets of buffers and weights ------------------------===//

#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Kernel/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"

namespace vitc::kernel {
#define GEN_PASS_DEF_PLANMEMORY
#include "vitc/Dialect/Kernel/Transforms/Passes.h.inc"
} // namespace vitc::kernel

using namespace mlir;
using namespace vitc::kernel;

namespace {
struct PlacedBuffer {
  BufferOp op;
  /// Positions in the block of the first and last op that touches it.
  int64_t first, last;
  int64_t bytes, offset = 0;
};

struct PlanMemory : vitc::kernel::impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override;
  void placeWeights(WeightsOp weights);
};

/// Plans the memory of one function.
class FunctionPlanner {
public:
  explicit FunctionPlanner(func::FuncOp function) : function(function) {}

  void plan();

private:
  void reuseResiduals();
  int64_t placeBuffers();

  func::FuncOp function;
  llvm::DenseMap<Operation *, int64_t> positions;
};
} // namespace

/// The steps that touch a buffer, itself or a view of it.
static SmallVector<Operation *> usersOf(BufferOp buffer) {
  SmallVector<Operation *> users;
  for (Operation *user : buffer->getUsers()) {
    if (isa<ViewOp>(user))
      llvm::append_range(users, user->getUsers());
    else
      users.push_back(user);
  }
  return users;
}

/// The step that touches `buffer` last, or null.
static Operation *lastUser(BufferOp buffer, const llvm::DenseMap<Operation *, int64_t> &positions) {
  Operation *last = nullptr;
  for (Operation *user : usersOf(buffer))
    if (!last || positions.lookup(user) > positions.lookup(last))
      last = user;
  return last;
}

void FunctionPlanner::reuseResiduals() {
  for (auto linear : llvm::make_early_inc_range(function.getOps<LinearOp>())) {
    // Sums that are stored in the output would replace the residual before it is added.
    // An input or bias that lies there is read by other tasks still.
    auto liesThere = [&](Value value) { return value && getRoot(value) == linear.getResidual(); };
    if (!linear.getResidual() || liesThere(linear.getInput()) || liesThere(linear.getBias()) || linear.storesSums())
      continue;
    auto residual = linear.getResidual().getDefiningOp<BufferOp>(),
         output = linear.getOutput().getDefiningOp<BufferOp>();
    if (!residual || !output || residual == output || residual.getType() != output.getType() ||
        lastUser(residual, positions) != linear)
      continue;
    // Each element is read and written by one task, so the result may take the residual's place.
    output.getBuffer().replaceAllUsesWith(residual.getBuffer());
    output.erase();
  }
}

int64_t FunctionPlanner::placeBuffers() {
  for (auto view : llvm::make_early_inc_range(function.getOps<ViewOp>()))
    if (view->use_empty())
      view.erase();
  SmallVector<PlacedBuffer> buffers;
  for (auto op : llvm::make_early_inc_range(function.getOps<BufferOp>())) {
    if (op->use_empty()) {
      op.erase();
      continue;
    }
    PlacedBuffer buffer{op, INT64_MAX, 0, roundUp(getByteSize(cast<MemRefType>(op.getType())), kAlignment)};
    for (Operation *user : usersOf(op)) {
      buffer.first = std::min(buffer.first, positions.lookup(user));
      buffer.last = std::max(buffer.last, positions.lookup(user));
    }
    buffers.push_back(buffer);
  }
  llvm::stable_sort(buffers, [](const PlacedBuffer &a, const PlacedBuffer &b) { return a.bytes > b.bytes; });
  int64_t total = 0;
  for (size_t i = 0; i < buffers.size(); ++i) {
    PlacedBuffer &buffer = buffers[i];
    SmallVector<std::pair<int64_t, int64_t>> taken;
    for (const PlacedBuffer &other : ArrayRef(buffers).take_front(i))
      if (other.first <= buffer.last && buffer.first <= other.last)
        taken.push_back({other.offset, other.offset + other.bytes});
    llvm::sort(taken);
    for (auto [begin, end] : taken) {
      if (buffer.offset + buffer.bytes <= begin)
        break;
      buffer.offset = std::max(buffer.offset, end);
    }
    buffer.op.setOffset(buffer.offset);
    total = std::max(total, buffer.offset + buffer.bytes);
  }
  return total;
}

void FunctionPlanner::plan() {
  int64_t position = 0;
  for (Operation &op : function.getOps())
    positions[&op] = position++;
  reuseResiduals();
  int64_t arena = placeBuffers(), scratch = 0;
  for (auto op : function.getOps<ScratchOp>())
    scratch = std::max(scratch, roundUp(getByteSize(cast<MemRefType>(op.getType())), kAlignment));
  Builder builder(function.getContext());
  function->setAttr(kArenaBytesAttr, builder.getI64IntegerAttr(arena));
  function->setAttr(kScratchBytesAttr, builder.getI64IntegerAttr(scratch));
}

void PlanMemory::placeWeights(WeightsOp weights) {
  llvm::DenseSet<Attribute> used;
  getOperation().walk([&](WeightOp weight) { used.insert(weight.getPack().getLeafReference()); });
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(weights.getBody().front()))) {
    auto pack = dyn_cast<PackOp>(op);
    if (pack ? !used.contains(pack.getSymNameAttr()) : op.use_empty())
      op.erase();
  }
  int64_t bytes = 0;
  for (auto pack : weights.getOps<PackOp>()) {
    pack.setOffset(bytes);
    bytes += roundUp(getByteSize(pack.getBuffer()), kAlignment);
  }
  weights.setBytes(bytes);
}

void PlanMemory::runOnOperation() {
  for (auto weights : getOperation().getOps<WeightsOp>())
    placeWeights(weights);
  for (auto function : getOperation().getOps<func::FuncOp>())
    if (!function.isDeclaration())
      FunctionPlanner(function).plan();
}
