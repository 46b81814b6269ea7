//===- NaiveWeights.cpp - expressions on weights, element by element ------===//

#include "NaiveWeights.h"

#include "llvm/ADT/TypeSwitch.h"
#include "gtest/gtest.h"

#include <functional>

using namespace vitc;
using namespace vitc::test;

using Index = std::vector<int64_t>;

void WeightsInMemory::add(const std::string &name, std::vector<int64_t> shape) {
  int64_t elements = 1;
  for (int64_t extent : shape)
    elements *= extent;
  std::vector<float> values(elements);
  uint32_t state = uint32_t(7919 * (tensors.size() + 1));
  for (float &value : values) {
    state = state * 1664525u + 1013904223u;
    value = float(int32_t(state)) / 2147483648.0f;
  }
  tensors[name] = {{DType::F32, std::move(shape)}, std::move(values)};
}

std::vector<std::string> WeightsInMemory::names() const {
  std::vector<std::string> list;
  for (const auto &[name, tensor] : tensors)
    list.push_back(name);
  return list;
}

const TensorInfo *WeightsInMemory::find(llvm::StringRef name) const {
  auto tensor = tensors.find(name.str());
  return tensor == tensors.end() ? nullptr : &tensor->second.first;
}

llvm::Error WeightsInMemory::read(llvm::StringRef name, int64_t first, int64_t count, float *out) const {
  const std::vector<float> &all = values(name);
  EXPECT_GE(first, 0);
  EXPECT_LE(first + count, int64_t(all.size()));
  std::copy_n(all.begin() + first, count, out);
  return llvm::Error::success();
}

static llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

/// The row-major position of an index.
static int64_t positionOf(const Index &index, llvm::ArrayRef<int64_t> shape) {
  int64_t position = 0;
  for (size_t dim = 0; dim < shape.size(); ++dim)
    position = position * shape[dim] + index[dim];
  return position;
}

/// A value for each index of a shape.
static std::vector<double> build(llvm::ArrayRef<int64_t> shape, const std::function<double(const Index &)> &element) {
  std::vector<double> values;
  Index index(shape.size());
  while (true) {
    values.push_back(element(index));
    size_t dim = shape.size();
    while (dim > 0 && ++index[dim - 1] == shape[dim - 1])
      index[--dim] = 0;
    if (dim == 0)
      return values;
  }
}

std::vector<double> test::evaluateNaively(mlir::Value expression, const WeightsInMemory &weights) {
  // The operands, and access to them by index.
  mlir::Operation *op = expression.getDefiningOp();
  std::vector<std::vector<double>> operands;
  for (mlir::Value operand : op->getOperands())
    operands.push_back(evaluateNaively(operand, weights));
  auto at = [&](size_t operand, const Index &index) {
    return operands[operand].at(positionOf(index, shapeOf(op->getOperand(operand))));
  };
  const llvm::ArrayRef<int64_t> shape = shapeOf(expression);
  auto broadcastAt = [&](size_t operand, Index index) {
    const llvm::ArrayRef<int64_t> own = shapeOf(op->getOperand(operand));
    index.erase(index.begin(), index.end() - own.size());
    for (size_t dim = 0; dim < own.size(); ++dim)
      index[dim] = own[dim] == 1 ? 0 : index[dim];
    return at(operand, index);
  };
  return llvm::TypeSwitch<mlir::Operation *, std::vector<double>>(op)
      .Case([&](vit::WeightOp op) {
        const std::vector<float> &values = weights.values(op.getTensor());
        return std::vector<double>(values.begin(), values.end());
      })
      .Case([&](vit::WeightFillOp op) {
        return build(shape, [&](const Index &) { return op.getValue().convertToDouble(); });
      })
      .Case([&](vit::WeightConcatOp op) {
        return build(shape, [&](Index index) {
          size_t operand = 0;
          for (; index[op.getDim()] >= shapeOf(op.getInputs()[operand])[op.getDim()]; ++operand)
            index[op.getDim()] -= shapeOf(op.getInputs()[operand])[op.getDim()];
          return at(operand, index);
        });
      })
      .Case([&](vit::WeightSliceOp op) {
        return build(shape, [&](Index index) {
          index[op.getDim()] += op.getOffset();
          return at(0, index);
        });
      })
      .Case([&](vit::WeightReshapeOp) { return operands[0]; })
      .Case([&](vit::WeightTransposeOp op) {
        return build(shape, [&](const Index &index) {
          Index source(index.size());
          for (size_t dim = 0; dim < index.size(); ++dim)
            source[op.getPermutation()[dim]] = index[dim];
          return at(0, source);
        });
      })
      .Case([&](vit::WeightReverseOp op) {
        return build(shape, [&](Index index) {
          index[op.getDim()] = shape[op.getDim()] - 1 - index[op.getDim()];
          return at(0, index);
        });
      })
      .Case([&](vit::WeightAddOp) {
        return build(shape, [&](const Index &index) { return broadcastAt(0, index) + broadcastAt(1, index); });
      })
      .Case([&](vit::WeightScaleOp op) {
        return build(shape, [&](const Index &index) { return at(0, index) * op.getFactor().convertToDouble(); });
      })
      .Case([&](vit::WeightScaleDimOp op) {
        return build(shape, [&](const Index &index) { return at(0, index) * at(1, {index[op.getDim()]}); });
      })
      .Case([&](vit::WeightMatvecOp) {
        return build(shape, [&](const Index &index) {
          double sum = 0;
          for (int64_t k = 0; k < int64_t(operands[1].size()); ++k)
            sum += at(0, {index[0], k}) * at(1, {k});
          return sum;
        });
      })
      .Case([&](vit::WeightMatmulOp op) {
        int64_t depth = llvm::cast<mlir::RankedTensorType>(op.getRhs().getType()).getDimSize(0);
        return build(shape, [&](const Index &index) {
          double sum = 0;
          for (int64_t k = 0; k < depth; ++k)
            sum += at(0, {index[0], k}) * at(1, {k, index[1]});
          return sum;
        });
      })
      .Default([&](mlir::Operation *op) {
        ADD_FAILURE() << op->getName().getStringRef().str() << " is no op on weights";
        return std::vector<double>();
      });
}

std::vector<float> test::packNaively(mlir::ModuleOp kernelModule, const WeightsInMemory &weights,
                                     uint64_t segmentBytes) {
  std::vector<float> segment(segmentBytes / sizeof(float));
  kernelModule.walk([&](kernel::PackOp op) {
    const std::vector<double> values = evaluateNaively(op.getSource(), weights);
    const llvm::ArrayRef<int64_t> shape = shapeOf(op.getSource());
    auto type = llvm::cast<mlir::MemRefType>(op.getBuffer());
    float *buffer = segment.data() + *op.getOffset() / sizeof(float);
    const int64_t columns = shape.back();
    for (int64_t i = 0; i < int64_t(values.size()); ++i) {
      int64_t row = i / columns, column = i % columns;
      if (!op.getPanels()) {
        const int64_t stride = type.getRank() == 1 ? 0 : kernel::getStride(type, type.getRank() - 2);
        buffer[row * stride + column] = float(values[i]);
        continue;
      }
      const int64_t group = *op.getGroup();
      row = row / group * kernel::roundUp(group, 16) + row % group;
      const int64_t interleave = op.getPanels()->getInterleave(), depth = (columns + interleave - 1) / interleave;
      buffer[((row / 16 * depth + column / interleave) * 16 + row % 16) * interleave + column % interleave] =
          float(values[i]);
    }
  });
  return segment;
}
