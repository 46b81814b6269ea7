//===- Lowering.cpp - buffers and layouts -------------------------------------===//

#include "Lowering.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;
using kernel::roundUp;

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

LogicalResult Lowering::lower(Operation *op) {
  if (vit::isWeightOp(op)) {
    moduleWeights.clone(op, weights);
    return success();
  }
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](vit::LinearOp linear) -> LogicalResult {
        if (!isWeight(linear.getWeight()))
          return lowerCold(op);
        lowerProduct(op->getLoc(), linear.getInput(), linear.getWeight(), linear.getBias(), Value(),
                     vit::ActivationKind::None, /*residualFirst=*/false, tensorType(linear.getWeight()).getDimSize(0),
                     linear.getResult(), vit::Precision::F32);
        return success();
      })
      .Case([&](vit::FusedLinearOp linear) -> LogicalResult {
        if (!isWeight(linear.getWeight()))
          return lowerCold(op);
        lowerProduct(op->getLoc(), linear.getInput(), linear.getWeight(), linear.getBias(), linear.getResidual(),
                     linear.getActivation(), linear.getResidualFirst(), tensorType(linear.getWeight()).getDimSize(0),
                     linear.getResult(), linear.getPrecision());
        return success();
      })
      .Case([&](vit::FusedHeadProjectionOp projection) -> LogicalResult {
        if (!areWeights({projection.getWeight(), projection.getBias()}))
          return lowerCold(op);
        lowerProduct(op->getLoc(), projection.getInput(), projection.getWeight(), projection.getBias(), Value(),
                     vit::ActivationKind::None, /*residualFirst=*/false,
                     tensorType(projection.getResult()).getShape().back(), projection.getResult(),
                     projection.getPrecision(), projection.getWindowsAttr());
        return success();
      })
      .Case([&](vit::FusedPatchEmbeddingOp embedding) -> LogicalResult {
        if (!areWeights({embedding.getWeight(), embedding.getAddend()}))
          return lowerCold(op);
        lowerPatchEmbedding(embedding);
        return success();
      })
      .Case([&](vit::FusedAttentionOp attention) -> LogicalResult {
        if (!areWeights({attention.getPositions()}))
          return lowerCold(op);
        lowerAttention(attention);
        return success();
      })
      .Case([&](vit::RotaryOp rotary) {
        lowerRotary(rotary);
        return success();
      })
      .Case([&](vit::LayerNormOp norm) {
        lowerLayerNorm(norm);
        return success();
      })
      .Case([&](vit::Conv2dOp conv) {
        lowerConv2d(conv);
        return success();
      })
      .Case([&](vit::FusedConv2dOp conv) {
        lowerConv2d(conv, conv.getResidual(), conv.getActivation());
        return success();
      })
      .Case([&](vit::TransposeOp transpose) { return isReadInPlace(transpose) ? success() : lowerCold(op); })
      .Default([&](Operation *other) { return lowerCold(other); });
}

bool Lowering::areWeights(ArrayRef<Value> values) const {
  return llvm::all_of(values, [&](Value value) { return !value || isWeight(value); });
}

bool Lowering::isWeight(Value value) const { return value.getDefiningOp() && vit::isWeightOp(value.getDefiningOp()); }

Value Lowering::bufferOf(Value value) {
  if (Value buffer = buffers.lookup(value))
    return buffer;
  assert(isWeight(value) && "an activation is lowered before its readers");
  Value buffer = packRows(value, tensorType(value).getShape().back());
  buffers[value] = buffer;
  return buffer;
}

Value Lowering::makeBuffer(Value value) {
  Value buffer = destinations.lookup(value);
  if (!buffer)
    buffer = builder.create<kernel::BufferOp>(value.getLoc(), activationType(value), IntegerAttr());
  buffers[value] = buffer;
  return buffer;
}

Value Lowering::makeTemporary(Location loc, Type element, ArrayRef<int64_t> shape) {
  return builder.create<kernel::BufferOp>(loc, MemRefType::get(shape, element), IntegerAttr());
}

Value Lowering::reshapeWeight(Value weight, ArrayRef<int64_t> shape) {
  RankedTensorType type = tensorType(weight);
  if (type.getShape() == shape)
    return weight;
  return moduleWeights.create<vit::WeightReshapeOp>(weight.getLoc(),
                                                    RankedTensorType::get(shape, type.getElementType()), weight);
}

Value Lowering::packPanels(Value matrix, int64_t group) {
  RankedTensorType type = tensorType(matrix);
  // As many neighbours lie together as an instruction takes.
  int64_t interleave = type.getElementType().isInteger(8) ? 4 : type.getElementType().isBF16() ? 2 : 1;
  auto panels = kernel::PanelsAttr::get(builder.getContext(), kPanelWidth, type.getElementType(), interleave);
  return moduleWeights.pack(builder, matrix, panels.getBufferType(type.getDimSize(0), group, type.getDimSize(1)),
                            panels, builder.getI64IntegerAttr(group));
}

Value Lowering::packRows(Value weight, int64_t columns) {
  weight = weights.lookupOrDefault(weight);
  RankedTensorType type = tensorType(weight);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = columns;
  return moduleWeights.pack(builder, weight, MemRefType::get(shape, type.getElementType()), kernel::PanelsAttr(),
                            IntegerAttr());
}

Lowering::Quantized Lowering::quantize(Value value) {
  Quantized &known = quantized[value];
  if (known.words)
    return known;
  Location loc = value.getLoc();
  Value input = bufferOf(value);
  auto type = cast<MemRefType>(input.getType());
  int64_t columns = type.getShape().back(), rows = type.getNumElements() / columns;
  Value words = builder.create<kernel::BufferOp>(
      loc, kernel::getWordsType(builder.getContext(), rows, llvm::divideCeil(columns, 4)), IntegerAttr());
  Value steps = makeTemporary(loc, builder.getF32Type(), {rows, 2});
  builder.create<kernel::QuantizeOp>(loc, input, words, steps, kernel::kRowsPerTask);
  return known = {words, steps};
}

void Lowering::lowerProduct(Location loc, Value input, Value weight, Value bias, Value residual,
                            vit::ActivationKind activation, bool residualFirst, int64_t group, Value result,
                            vit::Precision precision, vit::WindowsAttr windows) {
  Value matrix = weights.lookupOrDefault(weight);
  int64_t columns = tensorType(matrix).getDimSize(0);
  auto packColumn = [&](Value vector) { return packPanels(reshapeWeight(vector, {columns, 1}), group); };
  Value source, panels, rows, scale, sum;
  if (precision == vit::Precision::Bf16) {
    // Whether the input is rounded too is a question of the target (kernel-round-operands).
    auto rounded = tensorType(matrix).clone(builder.getBF16Type());
    source = bufferOf(input);
    panels = packPanels(moduleWeights.create<vit::WeightRoundOp>(loc, rounded, matrix), group);
  } else if (precision != vit::Precision::F32) {
    bool pairs = precision == vit::Precision::Int8Pairs;
    Quantized numbers = quantize(input);
    source = numbers.words;
    rows = numbers.rows;
    panels = packPanels(moduleWeights.create<vit::WeightQuantizeOp>(loc, matrix, pairs), group);
    scale = packColumn(moduleWeights.create<vit::WeightQuantizeScaleOp>(loc, matrix, pairs));
    sum = packColumn(moduleWeights.create<vit::WeightQuantizeSumOp>(loc, matrix, pairs));
  } else {
    source = bufferOf(input);
    panels = packPanels(matrix, group);
  }
  // A bias that is computed at run time is read as it lies.
  Value packedBias;
  if (bias)
    packedBias = isWeight(bias) ? packColumn(weights.lookupOrDefault(bias)) : bufferOf(bias);
  Value addend = residual ? bufferOf(residual) : Value();
  builder.create<kernel::LinearOp>(loc, source, panels, rows, scale, sum, packedBias, addend, makeBuffer(result),
                                   activation, residualFirst, windows, kernel::ScheduleAttr());
}

void Lowering::lowerPatchEmbedding(vit::FusedPatchEmbeddingOp op) {
  Value weight = weights.lookupOrDefault(op.getWeight());
  ArrayRef<int64_t> shape = tensorType(weight).getShape();
  Value matrix = reshapeWeight(weight, {shape[0], shape[1] * shape[2] * shape[3]});
  if (op.getPrecision() == vit::Precision::Bf16)
    matrix =
        moduleWeights.create<vit::WeightRoundOp>(op.getLoc(), tensorType(matrix).clone(builder.getBF16Type()), matrix);
  Value panels = packPanels(matrix, shape[0]);
  Value addend = packRows(op.getAddend(), roundUp(shape[0], kPanelWidth));
  builder.create<kernel::PatchEmbeddingOp>(op.getLoc(), bufferOf(op.getImage()), panels, addend,
                                           makeBuffer(op.getResult()),
                                           builder.getDenseI64ArrayAttr({shape[2], shape[3]}), kernel::ScheduleAttr());
}

void Lowering::lowerAttention(vit::FusedAttentionOp op) {
  Location loc = op.getLoc();
  ArrayRef<int64_t> query = tensorType(op.getQuery()).getShape(), key = tensorType(op.getKey()).getShape();
  Type element = tensorType(op.getQuery()).getElementType();
  int64_t heads = query[1], keys = key[2], headDim = tensorType(op.getValue()).getShape()[3];
  int64_t keyPanels = llvm::divideCeil(keys, kPanelWidth);

  Value packedKeys = makeTemporary(loc, element, {heads, keyPanels, key[3], kPanelWidth});
  builder.create<kernel::PackKeysOp>(loc, headsOf(op.getKey()), packedKeys, op.getKeyPart());

  Value bias;
  if (op.getBias()) {
    // One column is repeated by the kernel.
    bool isPadded = isWeight(op.getBias()) && vit::getShape(op.getBias()).back() > 1;
    bias = isPadded ? packRows(op.getBias(), keyPanels * kPanelWidth) : bufferOf(op.getBias());
  }
  Value factors = op.getFactors() ? bufferOf(op.getFactors()) : Value(), positions;
  if (op.getPositions()) {
    Value table = weights.lookupOrDefault(op.getPositions());
    positions = packPanels(table, tensorType(table).getDimSize(0));
  }
  builder.create<kernel::AttentionOp>(loc, headsOf(op.getQuery()), packedKeys, headsOf(op.getValue()), bias, factors,
                                      positions, makeBuffer(op.getResult()), /*scores=*/Value(), op.getQueryPart(),
                                      op.getValuePart(), headDim, keys, op.getScale(), op.getWindowsAttr(),
                                      op.getGridAttr(), op.getPrecision(), kernel::ScheduleAttr());
}

Value Lowering::headsOf(Value value) {
  Value buffer = bufferOf(value);
  if (kernel::getStride(cast<MemRefType>(buffer.getType()), 2) % kPanelWidth == 0)
    return buffer;
  // The caller's memory, or a weight: its rows have no room for whole vectors.
  Value padded = builder.create<kernel::BufferOp>(value.getLoc(), activationType(value), IntegerAttr());
  copyResult(value, padded);
  return padded;
}

void Lowering::lowerLayerNorm(vit::LayerNormOp op) {
  constexpr int64_t kRowsPerTask = 16;
  Value weight = op.getWeight() ? bufferOf(op.getWeight()) : Value(),
        bias = op.getBias() ? bufferOf(op.getBias()) : Value();
  builder.create<kernel::LayerNormOp>(op.getLoc(), bufferOf(op.getInput()), weight, bias, makeBuffer(op.getResult()),
                                      op.getEpsilon(), kRowsPerTask, op.getRms());
}

void Lowering::lowerRotary(vit::RotaryOp op) {
  Location loc = op.getLoc();
  if (tensorType(op.getInput()).getRank() != 4 || !isWeight(op.getTable())) {
    Value input = bufferOf(op.getInput()), table = bufferOf(op.getTable());
    builder.create<kernel::RotaryOp>(loc, input, table, makeBuffer(op.getResult()), op.getInterleaved());
    return;
  }
  Value table = weights.lookupOrDefault(op.getTable());
  ArrayRef<int64_t> shape = tensorType(table).getShape();
  int64_t positions = shape[1], pairs = shape[2], columns = pairs;
  if (op.getInterleaved()) {
    // An entry for every feature, so that the kernel multiplies whole vectors: (c, c), (-s, s).
    auto part = [&](int64_t index, double sign) {
      Value angles = moduleWeights.create<vit::WeightSliceOp>(loc, table, /*dim=*/0, index, /*size=*/1);
      if (sign != 1)
        angles = moduleWeights.create<vit::WeightScaleOp>(loc, angles, APFloat(sign));
      return reshapeWeight(angles, {1, positions, pairs, 1});
    };
    auto concat = [&](ValueRange inputs, int64_t dim) -> Value {
      return moduleWeights.create<vit::WeightConcatOp>(loc, inputs, dim);
    };
    Value cosines = concat({part(0, 1), part(0, 1)}, 3), sines = concat({part(1, -1), part(1, 1)}, 3);
    table = reshapeWeight(concat({cosines, sines}, 0), {2, positions, 2 * pairs});
    columns = roundUp(2 * pairs, kPanelWidth);
  }
  Value packed = packRows(table, columns);
  builder.create<kernel::RotaryOp>(loc, headsOf(op.getInput()), packed, makeBuffer(op.getResult()),
                                   op.getInterleaved());
}
