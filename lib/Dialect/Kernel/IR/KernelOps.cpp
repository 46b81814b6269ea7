//===- KernelOps.cpp - ops of the kernel dialect ------------------------------===//

#include "vitc/Dialect/Kernel/IR/KernelOps.h"

#include "mlir/IR/DialectImplementation.h"
#include "vitc/TargetInfo/TargetInfo.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace vitc::kernel;

#include "vitc/Dialect/Kernel/IR/KernelDialect.cpp.inc"
#include "vitc/Dialect/Kernel/IR/KernelEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "vitc/Dialect/Kernel/IR/KernelAttrs.cpp.inc"
#include "vitc/Dialect/Kernel/IR/KernelInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "vitc/Dialect/Kernel/IR/KernelOps.cpp.inc"

void KernelDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "vitc/Dialect/Kernel/IR/KernelAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "vitc/Dialect/Kernel/IR/KernelOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

bool vitc::kernel::isBuffer(MemRefType type) {
  Type element = type.getElementType();
  bool isElement = element.isF32() || element.isSignlessInteger(32) || element.isSignlessInteger(64) ||
                   element.isUnsignedInteger(8) || element.isSignlessInteger(1) || element.isSignlessInteger(8) ||
                   element.isBF16();
  if (!isElement)
    return false;
  const int64_t mostElements = (int64_t(1) << 40) / std::max<int64_t>(getElementBytes(type), 4);
  auto strided = dyn_cast<StridedLayoutAttr>(type.getLayout());
  if (!type.hasStaticShape() || type.getMemorySpace() ||
      (strided ? strided.getOffset() != 0 : !type.getLayout().isIdentity()))
    return false;
  // From the last dimension: the elements that one index of a dimension takes up.
  int64_t elements = 1;
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
    if (strided) {
      int64_t stride = strided.getStrides()[dim];
      bool isRow = dim + 2 == type.getRank();
      if (isRow ? stride < elements || stride > mostElements : stride != elements)
        return false;
      elements = stride;
    }
    int64_t size = type.getDimSize(dim);
    if (size < 1 || size > mostElements / elements)
      return false;
    elements *= size;
  }
  return true;
}

MemRefType PanelsAttr::getBufferType(int64_t rows, int64_t group, int64_t depth) {
  SmallVector<int64_t> shape = {rows / group * int64_t(llvm::divideCeil(group, getWidth())),
                                int64_t(llvm::divideCeil(depth, getInterleave())), getWidth()};
  if (getInterleave() > 1)
    shape.push_back(getInterleave());
  return MemRefType::get(shape, getElement());
}

bool vitc::kernel::isKind(StringRef name) {
  return !name.empty() && llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

int64_t vitc::kernel::getStride(MemRefType type, unsigned dim) {
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  LogicalResult known = getStridesAndOffset(type, strides, offset);
  assert(succeeded(known) && "buffers have strided layouts");
  (void)known;
  return strides[dim];
}

Value vitc::kernel::getRoot(Value buffer) {
  auto view = buffer.getDefiningOp<ViewOp>();
  return view ? view.getBuffer() : buffer;
}

MemRefType vitc::kernel::getRowsType(ArrayRef<int64_t> shape, Type element, int64_t rowStride) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = dim + 1 == shape.size() ? rowStride : strides[dim] * shape[dim];
  return MemRefType::get(shape, element, StridedLayoutAttr::get(element.getContext(), 0, strides));
}

bool vitc::kernel::hasRoomForPanels(MemRefType type) {
  return getStride(type, type.getRank() - 2) >= roundUp(type.getShape().back(), kPanelWidth);
}

MemRefType vitc::kernel::getWordsType(MLIRContext *context, int64_t rows, int64_t words) {
  return getRowsType({rows, words}, IntegerType::get(context, 32), TargetInfo::rowStride(words));
}

int64_t vitc::kernel::getElementBytes(MemRefType type) { return llvm::divideCeil(type.getElementTypeBitWidth(), 8); }

MemRefType vitc::kernel::getStorageType(MemRefType type) {
  Type element = type.getElementType();
  if (!element.isInteger(1) && !element.isUnsignedInteger())
    return type;
  return MemRefType::Builder(type).setElementType(IntegerType::get(type.getContext(), 8));
}

int64_t vitc::kernel::getByteSize(MemRefType type) {
  int64_t elementBytes = getElementBytes(type);
  if (type.getRank() == 0)
    return elementBytes;
  return type.getDimSize(0) * getStride(type, 0) * elementBytes;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// A product of counts, or the largest number.
static int64_t multiply(ArrayRef<int64_t> counts) {
  uint64_t product = 1;
  for (int64_t count : counts)
    product = llvm::SaturatingMultiply(product, uint64_t(count));
  return int64_t(std::min<uint64_t>(product, INT64_MAX));
}

int64_t LinearOp::getTaskCount() {
  int64_t panels = cast<MemRefType>(getWeight().getType()).getDimSize(0);
  ScheduleAttr schedule = getScheduleAttr();
  return llvm::divideCeil(panels, schedule.getColumnPanels()) *
         llvm::divideCeil(schedule.getRows().getTiles(), schedule.getTilesPerTask());
}
int64_t LinearOp::getFlopCount() {
  // Every element of the output, without padding, is a sum of K products.
  auto output = cast<MemRefType>(getOutput().getType());
  return multiply({2, getDepth(), output.getNumElements()});
}
unsigned LinearOp::getInputCount() { return getNumOperands() - 1; }
bool LinearOp::lacksSchedule() { return !getScheduleAttr(); }

int64_t PatchEmbeddingOp::getTaskCount() {
  int64_t panels = getWeight().getType().getDimSize(0);
  return llvm::divideCeil(panels, getScheduleAttr().getColumnPanels()) * (getImageShape()[1] / getPatch()[0]);
}
int64_t PatchEmbeddingOp::getFlopCount() {
  const auto [channels, height, width] = getImageShape();
  int64_t patches = (height / getPatch()[0]) * (width / getPatch()[1]);
  return multiply({2, patches, getDepth(), cast<MemRefType>(getOutput().getType()).getDimSize(1)});
}
unsigned PatchEmbeddingOp::getInputCount() { return 3; }
bool PatchEmbeddingOp::lacksSchedule() { return !getScheduleAttr(); }

/// Number of rows of a buffer.
static int64_t getRowCount(MemRefType type) { return type.getNumElements() / type.getShape().back(); }

int64_t QuantizeOp::getTaskCount() { return llvm::divideCeil(getRows().getType().getDimSize(0), getRowsPerTask()); }
// Two comparisons, a subtraction, a multiplication and a rounding.
int64_t QuantizeOp::getFlopCount() { return 5 * getInput().getType().getNumElements(); }
unsigned QuantizeOp::getInputCount() { return 1; }

int64_t RoundOp::getTaskCount() {
  return llvm::divideCeil(cast<MemRefType>(getWords().getType()).getDimSize(0), getRowsPerTask());
}
int64_t RoundOp::getFlopCount() { return getInput().getType().getNumElements(); }
unsigned RoundOp::getInputCount() { return 1; }

int64_t LayerNormOp::getTaskCount() {
  return llvm::divideCeil(getRowCount(cast<MemRefType>(getInput().getType())), getRowsPerTask());
}
int64_t LayerNormOp::getFlopCount() {
  return (getRms() ? 4 : 8) * cast<MemRefType>(getInput().getType()).getNumElements();
}
unsigned LayerNormOp::getInputCount() { return getNumOperands() - 1; }

int64_t RotaryOp::getTaskCount() {
  auto input = cast<MemRefType>(getInput().getType());
  return getRowCount(input) / input.getDimSize(input.getRank() - 2);
}
int64_t RotaryOp::getFlopCount() {
  auto input = cast<MemRefType>(getInput().getType());
  return multiply({3, getTaskCount(), cast<MemRefType>(getTable().getType()).getDimSize(1), input.getShape().back()});
}
unsigned RotaryOp::getInputCount() { return 2; }
bool RotaryOp::hasEntryForFeature() {
  int64_t features = cast<MemRefType>(getInput().getType()).getShape().back();
  return getInterleaved() && cast<MemRefType>(getTable().getType()).getShape().back() == roundUp(features, kPanelWidth);
}

int64_t PackKeysOp::getTaskCount() {
  auto output = cast<MemRefType>(getOutput().getType());
  return output.getDimSize(0) * output.getDimSize(1);
}
int64_t PackKeysOp::getFlopCount() { return 0; }
unsigned PackKeysOp::getInputCount() { return 1; }

int64_t PackValuesOp::getTaskCount() {
  auto output = cast<MemRefType>(getOutput().getType());
  return output.getDimSize(0) * output.getDimSize(1);
}
int64_t PackValuesOp::getFlopCount() { return 0; }
unsigned PackValuesOp::getInputCount() { return 1; }

int64_t AttentionOp::getTaskCount() {
  return cast<MemRefType>(getQuery().getType()).getDimSize(1) *
         llvm::divideCeil(getScheduleAttr().getRows().getTiles(), getScheduleAttr().getTilesPerTask());
}
int64_t AttentionOp::getFlopCount() {
  auto query = cast<MemRefType>(getQuery().getType());
  return multiply({4, query.getDimSize(1), query.getDimSize(2), int64_t(getKeyCount()), int64_t(getHeadDim())});
}
unsigned AttentionOp::getInputCount() {
  return 3 + (getBias() ? 1 : 0) + (getFactors() ? 1 : 0) + (getPositions() ? 1 : 0);
}
int64_t AttentionOp::getScoreColumns() {
  int64_t panels = cast<MemRefType>(getKeys().getType()).getDimSize(1);
  if (getPositions())
    panels += cast<MemRefType>(getPositions().getType()).getDimSize(0) + 1;
  return panels * kPanelWidth;
}
bool AttentionOp::lacksSchedule() { return !getScheduleAttr(); }

int64_t MapOp::getTaskCount() {
  SmallVector<int64_t> counts;
  for (auto [size, tile] : llvm::zip_equal(getShape(), getTile()))
    counts.push_back(llvm::divideCeil(size, tile));
  return multiply(counts);
}
int64_t MapOp::getFlopCount() {
  // Ops of the body; what is moved only costs none.
  int64_t ops = llvm::count_if(getBody().front().without_terminator(),
                               [](Operation &op) { return !op.hasTrait<OpTrait::ConstantLike>(); });
  return ops * multiply(getShape());
}
unsigned MapOp::getInputCount() { return getInputs().size(); }
bool MapOp::isContiguous() {
  auto isAtMostOne = [](Attribute access) { return cast<AccessAttr>(access).getStrides().back() <= 1; };
  return llvm::all_of(getAccesses(), isAtMostOne) && getAccess(getInputCount()).getStrides().back() == 1;
}
bool MapOp::isTransposed() {
  size_t rank = getShape().size();
  return !isContiguous() && rank >= 2 && getInputCount() == 1 && getAccess(1).getStrides().back() == 1 &&
         getAccess(0).getStrides()[rank - 2] == 1;
}

int64_t SoftmaxOp::getTaskCount() {
  return llvm::divideCeil(getRowCount(cast<MemRefType>(getInput().getType())), getRowsPerTask());
}
// A maximum, a subtraction, an exponential, an addition and a multiplication.
int64_t SoftmaxOp::getFlopCount() { return 5 * cast<MemRefType>(getInput().getType()).getNumElements(); }
unsigned SoftmaxOp::getInputCount() { return 1; }

int64_t ReduceOp::getTaskCount() {
  auto output = cast<MemRefType>(getOutput().getType());
  return llvm::divideCeil(getRowCount(output), getRowsPerTask()) *
         llvm::divideCeil(output.getShape().back(), getColumnsPerTask());
}
int64_t ReduceOp::getFlopCount() { return cast<MemRefType>(getInput().getType()).getNumElements(); }
unsigned ReduceOp::getInputCount() { return 1; }

int64_t GatherOp::getTaskCount() {
  auto output = cast<MemRefType>(getOutput().getType());
  int64_t moved = movesElements() ? output.getNumElements() : getRowCount(output);
  return llvm::divideCeil(moved, getRowsPerTask());
}
int64_t GatherOp::getFlopCount() { return 0; }
unsigned GatherOp::getInputCount() { return 2; }

int64_t CheckIndicesOp::getTaskCount() { return 1; }
int64_t CheckIndicesOp::getFlopCount() { return 0; }
unsigned CheckIndicesOp::getInputCount() { return 1; }

int64_t MatmulOp::getTaskCount() {
  ScheduleAttr schedule = getScheduleAttr();
  int64_t panels = cast<MemRefType>(getRhs().getType()).getDimSize(1);
  return multiply({getMatrixCount(), int64_t(llvm::divideCeil(panels, schedule.getColumnPanels())),
                   int64_t(llvm::divideCeil(schedule.getRows().getTiles(), schedule.getTilesPerTask()))});
}
int64_t MatmulOp::getFlopCount() {
  auto lhs = cast<MemRefType>(getLhs().getType()), output = cast<MemRefType>(getOutput().getType());
  return multiply({2, lhs.getShape().back(), output.getNumElements()});
}
unsigned MatmulOp::getInputCount() { return getNumOperands() - 1; }
bool MatmulOp::lacksSchedule() { return !getScheduleAttr(); }

int64_t Conv2dOp::getFilterSize(unsigned axis) {
  return getWindow() ? (*getWindow())[axis] : cast<MemRefType>(getFilters().getType()).getDimSize(axis);
}
int64_t Conv2dOp::getFilterChannels() { return getInputChannels() / int64_t(getGroups()); }
int64_t Conv2dOp::getRowsPerTask() {
  if (!getWindow())
    return 1;
  constexpr int64_t kEnoughTasks = 12;
  int64_t rows = cast<MemRefType>(getOutput().getType()).getDimSize(0);
  int64_t panels = cast<MemRefType>(getFilters().getType()).getDimSize(0);
  return llvm::divideCeil(rows, std::min<int64_t>(rows, llvm::divideCeil(kEnoughTasks, panels)));
}
int64_t Conv2dOp::getTaskCount() {
  int64_t blocks = llvm::divideCeil(cast<MemRefType>(getOutput().getType()).getDimSize(0), getRowsPerTask());
  return getWindow() ? blocks * cast<MemRefType>(getFilters().getType()).getDimSize(0) : blocks;
}
int64_t Conv2dOp::getFlopCount() {
  return multiply({2, getFilterSize(0), getFilterSize(1), getFilterChannels(),
                   cast<MemRefType>(getOutput().getType()).getNumElements()});
}
unsigned Conv2dOp::getInputCount() { return getNumOperands() - 1; }
bool Conv2dOp::lacksSchedule() { return !getPixels(); }

int64_t WinogradConv2dOp::getTileCount(unsigned axis) {
  return llvm::divideCeil(cast<MemRefType>(getOutput().getType()).getDimSize(axis), int64_t(getTile()));
}
int64_t WinogradConv2dOp::getPassPanels() { return std::max<int64_t>(getScheduleAttr().getColumnPanels(), 2); }
int64_t WinogradConv2dOp::getBlockTiles() {
  RowTilesAttr rows = getScheduleAttr().getRows();
  return std::min(multiply({getScheduleAttr().getTilesPerTask(), rows.getMostRows()}), rows.getTotal());
}
int64_t WinogradConv2dOp::getTaskCount() {
  return llvm::divideCeil(getScheduleAttr().getRows().getTiles(), getScheduleAttr().getTilesPerTask()) *
         llvm::divideCeil(cast<MemRefType>(getFilters().getType()).getDimSize(0), *getPanelsPerTask());
}
int64_t WinogradConv2dOp::getFlopCount() {
  return multiply({2, 9, cast<MemRefType>(getInput().getType()).getDimSize(2),
                   cast<MemRefType>(getOutput().getType()).getNumElements()});
}
unsigned WinogradConv2dOp::getInputCount() { return 2 + (getBias() ? 1 : 0) + (getResidual() ? 1 : 0); }
bool WinogradConv2dOp::lacksSchedule() { return !getScheduleAttr(); }

int64_t Pool2dOp::getTaskCount() { return cast<MemRefType>(getOutput().getType()).getDimSize(0); }
int64_t Pool2dOp::getFlopCount() {
  return multiply({getWindow()[0], getWindow()[1], cast<MemRefType>(getOutput().getType()).getNumElements()});
}
unsigned Pool2dOp::getInputCount() { return 1; }

int64_t WindowsOp::getTaskCount() { return cast<MemRefType>(getOutput().getType()).getDimSize(0); }
int64_t WindowsOp::getFlopCount() { return 0; }
unsigned WindowsOp::getInputCount() { return 1; }

int64_t Resize2dOp::getTaskCount() { return cast<MemRefType>(getOutput().getType()).getDimSize(0); }
int64_t Resize2dOp::getFlopCount() {
  auto taps = [](Value table) { return cast<MemRefType>(table.getType()).getDimSize(1) - 1; };
  return multiply({2, taps(getRows()), taps(getColumns()), cast<MemRefType>(getOutput().getType()).getNumElements()});
}
unsigned Resize2dOp::getInputCount() { return getResidual() ? 4 : 3; }
