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
    auto concat = conv.getInput().getDefiningOp<ConcatOp>();
    if (!concat || concat.getDim() != 2)
      return;
    const auto enlarged = llvm::count_if(concat.getInputs(), [](Value map) { return bool(enlargementOf(map)); });
    if (enlarged == 0)
      return;
    if (!concat->hasOneUse()) {
      if (emitRemarks)
        conv.emitRemark() << "not computed before its inputs are enlarged: they have another user together";
      return;
    }
    OpBuilder builder(conv);
    Location loc = conv.getLoc();
    // Maps side by side, and the columns of the weight that they are multiplied with.
    llvm::SmallVector<Value> restMaps, restColumns;
    Value sum, bias = conv.getBias();
    // What needs no enlargement comes last, as a product to which the sum of the others is added.
    bool hasRest = size_t(enlarged) < concat.getInputs().size();
    int64_t offset = 0;
    for (Value map : concat.getInputs()) {
      int64_t channels = getShape(map)[2];
      Value columns =
          builder.createOrFold<WeightSliceOp>(loc, conv.getWeight(), /*dim=*/1, uint64_t(offset), uint64_t(channels));
      offset += channels;
      Resize2dOp resize = enlargementOf(map);
      if (!resize) {
        restMaps.push_back(map);
        restColumns.push_back(columns);
        continue;
      }
      // The neighbours' factors add up to one, so that a bias stays what it is.
      Value product = multiply(builder, conv, resize.getInput(), columns, hasRest ? Value() : std::exchange(bias, {}));
      Value part = builder.create<Resize2dOp>(resize.getLoc(), product, resize.getKindAttr(), resize.getSizeAttr());
      sum = sum ? builder.create<AddOp>(loc, sum, part).getResult() : part;
    }
    if (hasRest) {
      Value product = multiply(builder, conv, builder.createOrFold<ConcatOp>(concat.getLoc(), restMaps, /*dim=*/2),
                               builder.createOrFold<WeightConcatOp>(loc, restColumns, /*dim=*/1), bias);
      sum = builder.create<AddOp>(loc, product, sum);
    }
    if (emitRemarks)
      conv.emitRemark() << "computed before " << enlarged << " of its " << concat.getInputs().size()
                        << " inputs are enlarged";
    conv.replaceAllUsesWith(sum);
    conv.erase();
  }

  static Value multiply(OpBuilder &builder, Conv2dOp conv, Value map, Value weight, Value bias) {
    return builder.create<Conv2dOp>(conv.getLoc(), map, weight, bias, conv.getStrideAttr(), conv.getPaddingAttr(),
                                    conv.getDilationAttr(), conv.getGroupsAttr());
  }
};

} // namespace
