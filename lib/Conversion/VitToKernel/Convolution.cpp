//===- Convolution.cpp - convolutions: direct or by minimal filtering ---------===//

#include "Lowering.h"

#include "vitc/Dialect/Vit/IR/Winograd.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace vitc;

/// What Winograd's minimal filtering in tiles of m x m costs where it computes the output of this shape from C
/// channels, in multiply-adds; compared with others only. The costs of transforms are those of Zen 3's vectors.
static double costOf(int64_t tile, ArrayRef<int64_t> output, int64_t channels) {
  int64_t tiles = llvm::divideCeil(output[0], tile) * llvm::divideCeil(output[1], tile);
  double positions = double((tile + 2) * (tile + 2)), outputs = double(output[2]), inputs = double(channels);
  // For each tile, of a channel of the input and of the output.
  double transformInput = tile == 4 ? 300 : 100, transformOutput = tile == 4 ? 250 : 80;
  // While filters come from memory, as many multiply-adds as for each element could be done.
  constexpr double kElementOfFilter = 12;
  double products = positions * inputs * outputs * std::max(double(tiles), kElementOfFilter);
  return products + double(tiles) * (transformInput * inputs + transformOutput * outputs);
}

/// The tile of Winograd's minimal filtering by which a convolution is computed, or none.
template <typename Op> static std::optional<int64_t> chooseTile(Op op) {
  auto areAll = [](ArrayRef<int64_t> values, int64_t value) {
    return llvm::all_of(values, [&](int64_t other) { return other == value; });
  };
  ArrayRef<int64_t> filter = vit::getShape(op.getWeight()), output = vit::getShape(op.getResult());
  if (!areAll(filter.drop_front(2), 3) || !areAll(op.getStride(), 1) || !areAll(op.getDilation(), 1) ||
      op.getGroups() != 1 || llvm::any_of(op.getPadding(), [](int64_t padding) { return padding > 2; }))
    return std::nullopt;
  // Filters grow to 16/9 or 4 times their size: not for a few percent.
  constexpr double kWorthwhile = 0.8;
  double least = kWorthwhile * 9 * double(output[0] * output[1]) * double(filter[0]) * double(filter[1]);
  std::optional<int64_t> chosen;
  for (int64_t tile : {2, 4}) {
    double cost = costOf(tile, output, filter[1]);
    if (cost < least) {
      least = cost;
      chosen = tile;
    }
  }
  return chosen;
}

template <typename Op> bool Lowering::hasPanels(Op conv) const {
  return isWeight(conv.getWeight()) && conv.getGroups() == 1;
}

template <typename Op> std::optional<int64_t> Lowering::tileOf(Op conv) const {
  return useWinograd && hasPanels(conv) ? chooseTile(conv) : std::nullopt;
}

template <typename Op> Value Lowering::pictureOf(Op conv) const {
  // Each element is one read. Of many channels, those of a pixel would be as many cache lines.
  constexpr int64_t kFewChannels = 4;
  auto transpose = conv.getInput().template getDefiningOp<vit::TransposeOp>();
  const int64_t toChannelsLast[] = {1, 2, 0};
  bool isPicture = transpose && transpose.getPermutation() == ArrayRef(toChannelsLast) &&
                   vit::getShape(conv.getInput())[2] <= kFewChannels && hasPanels(conv) && !tileOf(conv);
  return isPicture ? transpose.getInput() : Value();
}

bool Lowering::isReadInPlace(vit::TransposeOp op) const {
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    return llvm::TypeSwitch<Operation *, bool>(user)
        .Case<vit::Conv2dOp, vit::FusedConv2dOp>(
            [&](auto conv) { return conv.getInput() == op.getResult() && pictureOf(conv); })
        .Default(false);
  });
}

template <typename Op> void Lowering::lowerConv2d(Op op, Value residual, vit::ActivationKind activation) {
  Location loc = op.getLoc();
  std::optional<int64_t> tile = tileOf(op);
  Value picture = pictureOf(op);
  Value input = bufferOf(picture ? picture : op.getInput());
  Value bias = op.getBias() ? bufferOf(op.getBias()) : Value(), addend = residual ? bufferOf(residual) : Value();
  Value weight = weights.lookupOrDefault(op.getWeight());
  ArrayRef<int64_t> shape = vit::getShape(op.getWeight());
  auto createDirect = [&](Value filters, DenseI64ArrayAttr window) {
    builder.create<kernel::Conv2dOp>(loc, input, filters, bias, addend, makeBuffer(op.getResult()), op.getStride(),
                                     op.getPadding(), op.getDilation(), op.getGroups(), activation, window,
                                     /*channels_first=*/bool(picture), /*pixels=*/IntegerAttr());
  };
  if (!hasPanels(op)) {
    createDirect(packFilters(op.getWeight()), DenseI64ArrayAttr());
  } else if (!tile) {
    Value rows = moduleWeights.create<vit::WeightTransposeOp>(loc, weight, builder.getDenseI64ArrayAttr({0, 2, 3, 1}));
    createDirect(packPanels(reshapeWeight(rows, {shape[0], shape[1] * shape[2] * shape[3]}), shape[0]),
                 builder.getDenseI64ArrayAttr(shape.drop_front(2)));
  } else {
    int64_t size = vit::Winograd(*tile).size;
    Value transformed = moduleWeights.create<vit::WeightWinogradOp>(loc, weight, *tile);
    Value filters = packPanels(reshapeWeight(transformed, {shape[0], size * size * shape[1]}), shape[0]);
    builder.create<kernel::WinogradConv2dOp>(loc, input, filters, bias, addend, makeBuffer(op.getResult()),
                                             /*scratch=*/Value(), op.getPadding(), *tile, activation,
                                             kernel::ScheduleAttr(), /*panels_per_task=*/IntegerAttr());
  }
}

template void Lowering::lowerConv2d(vit::Conv2dOp, Value, vit::ActivationKind);
template void Lowering::lowerConv2d(vit::FusedConv2dOp, Value, vit::ActivationKind);
