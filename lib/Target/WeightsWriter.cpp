//===- WeightsWriter.cpp - packed weights, byte by byte -------------------===//

#include "vitc/Target/WeightsWriter.h"

#include "WeightEvaluator.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Support/InputErrors.h"

using namespace llvm;
using namespace vitc;
using kernel::kPanelWidth;
using kernel::PackOp;

namespace {

/// Elements that are evaluated and packed at once: small enough for a cache, large enough for files.
constexpr int64_t blockElements = 1 << 17;

/// Evaluates and packs one tensor after the other.
class SegmentWriter {
public:
  SegmentWriter(const WeightSource &source, ByteSink sink) : source(source), sink(sink) {}

  Error write(mlir::ModuleOp kernelModule, uint64_t segmentBytes);

private:
  Error writeZerosUntil(uint64_t end);
  Error writePack(PackOp op);
  template <typename T> Error writeRows(PackOp op);
  template <typename T> Error writePanels(PackOp op);
  /// Sends `packed` on, as elements of this type.
  Error writePacked(mlir::Type element);

  const WeightSource &source;
  ByteSink sink;
  uint64_t position = 0;
  std::vector<float> packed;
};

} // namespace

static Error failAt(uint64_t offset, const Twine &message) {
  return inputError("weights segment", "offset " + std::to_string(offset), message);
}

Error SegmentWriter::writeZerosUntil(uint64_t end) {
  static const char zeros[65536] = {};
  while (position < end) {
    const uint64_t bytes = std::min<uint64_t>(end - position, sizeof zeros);
    if (Error error = sink(ArrayRef<char>(zeros, bytes)))
      return error;
    position += bytes;
  }
  return Error::success();
}

Error SegmentWriter::writePacked(mlir::Type element) {
  if (element.isF32()) {
    const uint64_t bytes = packed.size() * sizeof(float);
    position += bytes;
    return sink(ArrayRef<char>(reinterpret_cast<const char *>(packed.data()), bytes));
  }
  if (element.isBF16()) {
    // What was rounded is the upper half of an f32.
    std::vector<uint16_t> halves(packed.size());
    transform(packed, halves.begin(), [](float value) { return uint16_t(bit_cast<uint32_t>(value) >> 16); });
    const uint64_t bytes = halves.size() * sizeof(uint16_t);
    position += bytes;
    return sink(ArrayRef<char>(reinterpret_cast<const char *>(halves.data()), bytes));
  }
  assert(element.isSignlessInteger(8) && "what kernel.pack has");
  std::vector<char> bytes(packed.size());
  transform(packed, bytes.begin(), [](float value) { return static_cast<char>(static_cast<int8_t>(value)); });
  position += bytes.size();
  return sink(bytes);
}

template <typename T> Error SegmentWriter::writeRows(PackOp op) {
  auto tensor = cast<mlir::RankedTensorType>(op.getSource().getType());
  auto buffer = op.getBuffer();
  const int64_t columns = tensor.getShape().back();
  const int64_t stride = buffer.getRank() == 1 ? buffer.getDimSize(0) : kernel::getStride(buffer, buffer.getRank() - 2);
  const int64_t rows = tensor.getNumElements() / std::max<int64_t>(1, columns);
  const int64_t blockRows = std::max<int64_t>(1, blockElements / std::max<int64_t>(1, stride));
  WeightEvaluator<T> evaluator(source);
  std::vector<T> values(std::min(rows, blockRows) * columns);
  for (int64_t row = 0; row < rows; row += blockRows) {
    const int64_t count = std::min(blockRows, rows - row);
    if (Error error = evaluator.evaluate(op.getSource(), row * columns, count * columns, values.data()))
      return error;
    packed.assign(count * stride, 0.0f);
    for (int64_t i = 0; i < count; ++i)
      for (int64_t k = 0; k < columns; ++k)
        packed[i * stride + k] = static_cast<float>(values[i * columns + k]);
    if (Error error = writePacked(op.getBuffer().getElementType()))
      return error;
  }
  return Error::success();
}

template <typename T> Error SegmentWriter::writePanels(PackOp op) {
  auto tensor = cast<mlir::RankedTensorType>(op.getSource().getType());
  const int64_t depth = tensor.getDimSize(1), group = *op.getGroup(), interleave = op.getPanels()->getInterleave();
  // Elements of a panel, and between a column's elements `interleave` apart.
  const int64_t step = kPanelWidth * interleave, panelElements = divideCeil(depth, interleave) * step;
  const int64_t groupPanels = divideCeil(group, kPanelWidth), panels = tensor.getDimSize(0) / group * groupPanels;
  // Panels hold rows of the tensor in order, some of them fewer than others.
  const auto firstRow = [&](int64_t panel) { return panel / groupPanels * group + panel % groupPanels * kPanelWidth; };
  const auto rowsOf = [&](int64_t panel) { return std::min(kPanelWidth, group - panel % groupPanels * kPanelWidth); };
  const int64_t blockPanels = std::max<int64_t>(1, blockElements / std::max<int64_t>(1, kPanelWidth * depth));
  WeightEvaluator<T> evaluator(source);
  std::vector<T> values(std::min(panels, blockPanels) * kPanelWidth * depth);
  for (int64_t panel = 0; panel < panels; panel += blockPanels) {
    const int64_t end = std::min(panel + blockPanels, panels), start = firstRow(panel);
    const int64_t count = firstRow(end - 1) + rowsOf(end - 1) - start;
    if (Error error = evaluator.evaluate(op.getSource(), start * depth, count * depth, values.data()))
      return error;
    packed.assign((end - panel) * panelElements, 0.0f);
    for (int64_t p = panel; p < end; ++p) {
      const T *from = values.data() + (firstRow(p) - start) * depth;
      float *to = packed.data() + (p - panel) * panelElements;
      const int64_t rows = rowsOf(p);
      for (int64_t k = 0; k < depth; ++k)
        for (int64_t c = 0; c < rows; ++c)
          to[k / interleave * step + c * interleave + k % interleave] = static_cast<float>(from[c * depth + k]);
    }
    if (Error error = writePacked(op.getBuffer().getElementType()))
      return error;
  }
  return Error::success();
}

Error SegmentWriter::writePack(PackOp op) {
  const bool isRows = !op.getPanels();
  if (movesValuesOnly(op.getSource()))
    return isRows ? writeRows<float>(op) : writePanels<float>(op);
  return isRows ? writeRows<double>(op) : writePanels<double>(op);
}

Error SegmentWriter::write(mlir::ModuleOp kernelModule, uint64_t segmentBytes) {
  std::vector<PackOp> packs;
  bool areAllPlaced = true;
  kernelModule.walk([&](PackOp op) {
    areAllPlaced &= op.getOffset().has_value();
    packs.push_back(op);
  });
  if (!areAllPlaced)
    return inputError("weights segment", "", "a weight has no place, expected kernel-plan-memory to have run");
  stable_sort(packs, [](PackOp a, PackOp b) { return *a.getOffset() < *b.getOffset(); });
  for (PackOp op : packs) {
    const uint64_t offset = *op.getOffset();
    auto type = op.getBuffer();
    if (offset < position)
      return failAt(offset, "a weight overlaps the one that ends at " + Twine(position));
    const uint64_t end = offset + kernel::getByteSize(type);
    if (end > segmentBytes)
      return failAt(offset, "a weight ends at " + Twine(end) + ", beyond the segment's " + Twine(segmentBytes));
    if (Error error = writeZerosUntil(offset))
      return error;
    if (Error error = writePack(op))
      return error;
    assert(position == end && "layouts fill the buffer");
  }
  return writeZerosUntil(segmentBytes);
}

Error vitc::writeWeights(mlir::ModuleOp kernelModule, const WeightSource &source, uint64_t segmentBytes,
                         ByteSink sink) {
  return SegmentWriter(source, sink).write(kernelModule, segmentBytes);
}
