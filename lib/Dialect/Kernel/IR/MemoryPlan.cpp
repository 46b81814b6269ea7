//===- MemoryPlan.cpp - verification of memory plans --------------------------===//
//
// The constraints of a function's plan (KernelDialect.td) and of the weights segment, by their numbers. They are those
// of attributes of a function, not a pass: so they hold after every pass and for every text that is read, and nobody
// can leave them out before code is made of the plan.
//
//===----------------------------------------------------------------------===//

#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Kernel/IR/KernelTarget.h"

#include "mlir/IR/Verifier.h"

#include <map>

using namespace mlir;
using namespace vitc::kernel;

static bool isPlanAttribute(StringRef name) { return name == kArenaBytesAttr || name == kScratchBytesAttr; }

namespace {
/// Checks the plan of one function whose ops are valid each by itself.
class PlanVerifier {
public:
  explicit PlanVerifier(func::FuncOp function)
      : function(function), arenaBytes(bytes(kArenaBytesAttr)), scratchBytes(bytes(kScratchBytesAttr)) {}

  LogicalResult verify();

private:
  int64_t bytes(StringRef name) { return function->getAttrOfType<IntegerAttr>(name).getInt(); }
  LogicalResult verifyArguments();
  LogicalResult verifyStep(Operation *op);
  LogicalResult verifyBuffers();

  func::FuncOp function;
  const int64_t arenaBytes, scratchBytes;
};

/// What lies in a memory, by first byte.
struct Place {
  int64_t end;
  Operation *op;
};
using Places = std::map<int64_t, Place>;
} // namespace

static int64_t sizeOf(Operation *op) {
  if (auto pack = dyn_cast<PackOp>(op))
    return getByteSize(pack.getBuffer());
  return getByteSize(cast<MemRefType>(op->getResult(0).getType()));
}

/// Adds an op's place, or returns the op that it overlaps.
static Operation *occupy(Places &places, Operation *op, int64_t offset) {
  int64_t end = offset + sizeOf(op);
  auto next = places.lower_bound(offset);
  if (next != places.end() && next->first < end)
    return next->second.op;
  if (next != places.begin() && std::prev(next)->second.end > offset)
    return std::prev(next)->second.op;
  places[offset] = {end, op};
  return nullptr;
}

/// Checks that an op has a place in a memory of `size` bytes.
static LogicalResult verifyPlace(Operation *op, std::optional<uint64_t> offset, StringRef memory, int64_t size) {
  if (!offset)
    return op->emitOpError("has no offset in a memory plan");
  if (int64_t(*offset) > size - sizeOf(op))
    return op->emitOpError("at ") << *offset << " of " << sizeOf(op) << " bytes ends beyond the " << memory << " of "
                                  << size;
  return success();
}

LogicalResult PlanVerifier::verify() {
  if (failed(verifyArguments()))
    return failure();
  for (Operation &op : function.getBody().front().without_terminator()) {
    LogicalResult result = success();
    if (auto buffer = dyn_cast<BufferOp>(op)) // 4
      result = verifyPlace(buffer, buffer.getOffset(), "arena", arenaBytes);
    else if (isa<ScratchOp>(op)) {
      // 7
      if (sizeOf(&op) > scratchBytes)
        result = op.emitOpError("of ") << sizeOf(&op) << " bytes does not fit into " << scratchBytes << " of scratch";
    } else if (isa<StepOp, LaunchOp>(op))
      result = verifyStep(&op);
    else if (auto weight = dyn_cast<WeightOp>(op)) {
      // 6. That there is such a pack is verified when all of the module is.
      auto weights = SymbolTable::lookupNearestSymbolFrom<WeightsOp>(function, weight.getPack().getRootReference());
      if (weights && !weights.getBytes())
        result = op.emitOpError("has no place in memory: kernel.weights has no bytes");
    } else if (!isa<ViewOp>(op)) // 2
      result = op.emitOpError("is no op of a function with a memory plan");
    if (failed(result))
      return failure();
  }
  return verifyBuffers();
}

LogicalResult PlanVerifier::verifyArguments() {
  // 3
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || !isBuffer(type) || !type.getLayout().isIdentity())
      return function.emitOpError("expected argument ")
             << argument.getArgNumber() << " of a function with a memory plan to be a buffer without padding, but got "
             << argument.getType();
  }
  return success();
}

LogicalResult PlanVerifier::verifyStep(Operation *op) {
  // 2
  for (Value operand : op->getOperands())
    if (Operation *source = operand.getDefiningOp(); source && !isa<BufferOp, WeightOp, ViewOp, ScratchOp>(source))
      return op->emitOpError("expected operands that have a place in memory, but one is a result of '")
             << source->getName() << "'";
  // 3
  auto step = dyn_cast<StepOp>(op);
  if (!step)
    return success();
  for (Value written : op->getOperands().drop_front(step.getInputCount()))
    if (auto argument = dyn_cast<BlockArgument>(written);
        argument && !function.getArgAttr(argument.getArgNumber(), kOutputAttr))
      return op->emitOpError("expected to write to no input, but argument ")
             << argument.getArgNumber() << " is not an output";
  return success();
}

LogicalResult PlanVerifier::verifyBuffers() {
  // 5. Steps in their order, with the buffers that are alive then.
  Places alive;
  llvm::DenseMap<Operation *, Operation *> lastUsers;
  llvm::DenseSet<Operation *> seen;
  Block &body = function.getBody().front();
  for (Operation &op : body)
    for (Value operand : op.getOperands())
      if (auto buffer = getRoot(operand).getDefiningOp<BufferOp>())
        lastUsers[buffer] = &op;
  for (Operation &op : body) {
    for (Value operand : op.getOperands()) {
      auto buffer = getRoot(operand).getDefiningOp<BufferOp>();
      if (!buffer || !seen.insert(buffer).second)
        continue;
      if (Operation *other = occupy(alive, buffer, int64_t(*buffer.getOffset())))
        return buffer.emitOpError("at ") << *buffer.getOffset() << " of " << sizeOf(buffer)
                                         << " bytes overlaps the buffer at " << *cast<BufferOp>(other).getOffset()
                                         << " of " << sizeOf(other) << " bytes, which is used at the same time";
    }
    for (Value operand : op.getOperands())
      if (auto buffer = getRoot(operand).getDefiningOp<BufferOp>(); buffer && lastUsers.lookup(buffer) == &op)
        alive.erase(int64_t(*buffer.getOffset()));
  }
  return success();
}

LogicalResult WeightsOp::verifyRegions() {
  // 5
  for (auto other : cast<ModuleOp>((*this)->getParentOp()).getOps<WeightsOp>())
    if (other->isBeforeInBlock(*this))
      return emitOpError("expected to be the only one of the module");
  Places places;
  for (Operation &op : getBody().front()) {
    auto pack = dyn_cast<PackOp>(op);
    // 1
    if (!pack && !vit::isWeightOp(&op))
      return op.emitOpError("is no weight op and no kernel.pack, as kernel.weights consists of");
    if (!pack || !getBytes())
      continue;
    // 2
    if (failed(verifyPlace(pack, pack.getOffset(), "weights segment", int64_t(*getBytes()))))
      return failure();
    // 3
    if (Operation *other = occupy(places, pack, int64_t(*pack.getOffset())))
      return pack.emitOpError("at ") << *pack.getOffset() << " of " << sizeOf(pack) << " bytes overlaps the weight at "
                                     << *cast<PackOp>(other).getOffset() << " of " << sizeOf(other) << " bytes";
  }
  return success();
}

LogicalResult KernelDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == kTargetAttr) {
    if (isa<func::FuncOp>(op) && isa<TargetAttr>(attribute.getValue()))
      return success();
    return op->emitError() << "expected '" << name << "' to be a #kernel.target of a function, but got "
                           << attribute.getValue();
  }
  if (name == kTargetsAttr) {
    auto targets = dyn_cast<ArrayAttr>(attribute.getValue());
    if (isa<ModuleOp>(op) && targets && !targets.empty() && llvm::all_of(targets, llvm::IsaPred<TargetAttr>))
      return success();
    return op->emitError() << "expected '" << name << "' to be an array of #kernel.target of a module, but got "
                           << attribute.getValue();
  }
  if (!isPlanAttribute(name))
    return op->emitError() << "'" << name << "' is not an attribute that the kernel dialect knows here";
  auto function = dyn_cast<func::FuncOp>(op);
  // Attributes are verified before the op itself and what it contains.
  if (function && failed(op->getName().verifyInvariants(op)))
    return failure();
  // 1
  if (!function || !function.getBody().hasOneBlock() || function.getNumResults() > 0)
    return op->emitError() << "expected '" << name << "' on a function of one block that returns nothing";
  auto value = dyn_cast<IntegerAttr>(attribute.getValue());
  if (!value || !value.getType().isInteger(64) || !isAligned(value.getInt()))
    return op->emitError() << "expected '" << name << "' to be a multiple of " << kAlignment
                           << " that is not negative, but got " << attribute.getValue();
  for (StringRef other : {kArenaBytesAttr, kScratchBytesAttr})
    if (!op->hasAttr(other))
      return op->emitError() << "expected '" << other << "' beside '" << name << "'";
  // The last of the two in the order of attributes is checked when the other is known to be good.
  if (name != kScratchBytesAttr)
    return success();
  for (Operation &nested : function.getBody().front())
    if (failed(verify(&nested)))
      return failure();
  return PlanVerifier(function).verify();
}

LogicalResult KernelDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  if (attribute.getName() != kOutputAttr || !isa<UnitAttr>(attribute.getValue()))
    return op->emitError() << "expected no attribute of the kernel dialect on an argument but '" << kOutputAttr
                           << "', but got '" << attribute.getName().strref() << "'";
  return success();
}

LogicalResult KernelDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  return op->emitError() << "'" << attribute.getName().strref()
                         << "' is not an attribute that the kernel dialect knows here";
}
