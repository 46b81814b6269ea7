//===- HoistProduct.cpp - products before enlargements ----------*- C++ -*-===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_HOISTPRODUCT
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

/// Whether a convolution is a product of each pixel's channels with a matrix that is known.
static bool isProductOfPixels(Conv2dOp conv) {
  return isPointwise(conv) && llvm::all_of(conv.getStride(), [](int64_t step) { return step == 1; }) &&
         isWeight(conv.getWeight()) && (!conv.getBias() || isWeight(conv.getBias()));
}

/// The op that enlarges a map for one user only, or null.
static Resize2dOp enlargementOf(Value map) {
  auto resize = map.getDefiningOp<Resize2dOp>();
  if (!resize || !resize->hasOneUse())
    return {};
  llvm::ArrayRef<int64_t> from = getShape(resize.getInput()), to = getShape(resize.getResult());
  return from[0] * from[1] < to[0] * to[1] ? resize : Resize2dOp();
}

namespace {

/// One of the maps that lie side by side in the input of a product.
struct Part {
  Value map;
  int64_t firstChannel;
  /// What enlarges the map, or null.
  Resize2dOp enlargement;

  /// Whether it is one pixel, repeated: a pooled branch.
  bool isPixel() {
    return enlargement && getShape(enlargement.getInput())[0] == 1 && getShape(enlargement.getInput())[1] == 1;
  }
};

llvm::SmallVector<Part> partsOf(ConcatOp concat) {
  llvm::SmallVector<Part> parts;
  int64_t channel = 0;
  for (Value map : concat.getInputs()) {
    parts.push_back({map, channel, enlargementOf(map)});
    channel += getShape(map)[2];
  }
  return parts;
}

class HoistProduct : public vitc::vit::impl::HoistProductBase<HoistProduct> {
public:
  using HoistProductBase::HoistProductBase;

  void runOnOperation() override {
    llvm::SmallVector<Conv2dOp> convolutions;
    getOperation().walk([&](Conv2dOp conv) { convolutions.push_back(conv); });
    for (Conv2dOp conv : convolutions)
      if (isProductOfPixels(conv))
        hoist(conv);
    eraseDeadOps(getOperation());
  }

private:
  void hoist(Conv2dOp conv) {
    if (Resize2dOp resize = enlargementOf(conv.getInput())) {
      OpBuilder builder(conv);
      if (emitRemarks)
        conv.emitRemark() << "computed before its input is enlarged";
      Value product = multiply(builder, conv, resize.getInput(), conv.getWeight(), conv.getBias());
      conv.replaceAllUsesWith(
          builder.create<Resize2dOp>(resize.getLoc(), product, resize.getKindAttr(), resize.getSizeAttr()).getResult());
      conv.erase();
      return;
    }
    if (auto concat = conv.getInput().getDefiningOp<ConcatOp>(); concat && concat.getDim() == 2)
      hoist(conv, concat);
  }

  void hoist(Conv2dOp conv, ConcatOp concat) {
    llvm::SmallVector<Part> parts = partsOf(concat);
    const auto enlarged = llvm::count_if(parts, [](Part &part) { return bool(part.enlargement); });
    if (enlarged == 0)
      return;
    if (!concat->hasOneUse()) {
      if (emitRemarks)
        conv.emitRemark() << "not computed before its inputs are enlarged: they have another user together";
      return;
    }
    OpBuilder builder(conv);
    Location loc = conv.getLoc();
    auto columnsOf = [&](Part &part) -> Value {
      return builder.createOrFold<WeightSliceOp>(loc, conv.getWeight(), /*dim=*/1, uint64_t(part.firstChannel),
                                                 uint64_t(getShape(part.map)[2]));
    };
    Value bias = conv.getBias();
    // One pixel is the same everywhere: what it adds to the products of the others is a part of their bias.
    auto others = std::stable_partition(parts.begin(), parts.end(), [](Part &part) { return part.isPixel(); });
    if (others == parts.end())
      others = parts.begin();
    const auto pixels = others - parts.begin();
    for (Part &part : llvm::make_range(parts.begin(), others)) {
      Value product = multiply(builder, conv, part.enlargement.getInput(), columnsOf(part), bias);
      auto type = cast<RankedTensorType>(product.getType());
      bias = builder.create<ReshapeOp>(loc, type.clone(type.getShape().take_back()), product);
    }
    // Maps side by side, and the columns of the weight that they are multiplied with.
    llvm::SmallVector<Value> restMaps, restColumns;
    Value sum;
    // What needs no enlargement comes last, as a product to which the sum of the others is added.
    bool hasRest = size_t(enlarged) < parts.size();
    for (Part &part : llvm::make_range(others, parts.end())) {
      if (!part.enlargement) {
        restMaps.push_back(part.map);
        restColumns.push_back(columnsOf(part));
        continue;
      }
      // The neighbours' factors add up to one, so that a bias stays what it is.
      Value product = multiply(builder, conv, part.enlargement.getInput(), columnsOf(part),
                               hasRest ? Value() : std::exchange(bias, {}));
      Value enlargedProduct = builder.create<Resize2dOp>(
          part.enlargement.getLoc(), product, part.enlargement.getKindAttr(), part.enlargement.getSizeAttr());
      sum = sum ? builder.create<AddOp>(loc, sum, enlargedProduct).getResult() : enlargedProduct;
    }
    if (hasRest) {
      Value product = multiply(builder, conv, builder.createOrFold<ConcatOp>(concat.getLoc(), restMaps, /*dim=*/2),
                               builder.createOrFold<WeightConcatOp>(loc, restColumns, /*dim=*/1), bias);
      sum = sum ? builder.create<AddOp>(loc, product, sum).getResult() : product;
    }
    if (emitRemarks) {
      InFlightDiagnostic remark = conv.emitRemark() << "computed before " << enlarged << " of its " << parts.size()
                                                    << " inputs are enlarged";
      if (pixels)
        remark << "; " << pixels << " of one pixel is a bias of the others";
    }
    conv.replaceAllUsesWith(sum);
    conv.erase();
  }

  static Value multiply(OpBuilder &builder, Conv2dOp conv, Value map, Value weight, Value bias) {
    return builder.create<Conv2dOp>(conv.getLoc(), map, weight, bias, conv.getStrideAttr(), conv.getPaddingAttr(),
                                    conv.getDilationAttr(), conv.getGroupsAttr());
  }
};

} // namespace
