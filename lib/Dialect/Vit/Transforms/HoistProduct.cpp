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
  auto isOne = [](int64_t size) { return size == 1; };
  auto isZero = [](int64_t size) { return size == 0; };
  return llvm::all_of(getShape(conv.getWeight()).drop_front(2), isOne) && llvm::all_of(conv.getStride(), isOne) &&
         llvm::all_of(conv.getPadding(), isZero) && conv.getGroups() == 1 && isWeight(conv.getWeight()) &&
         (!conv.getBias() || isWeight(conv.getBias()));
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
  /// Maps side by side, and the columns of the weight that they are multiplied with.
  struct Part {
    llvm::SmallVector<Value> maps, columns;
  };

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
    llvm::SmallVector<Resize2dOp> enlargements;
    for (Value map : concat.getInputs())
      if (Resize2dOp resize = enlargementOf(map))
        enlargements.push_back(resize);
    if (enlargements.empty())
      return;
    if (!concat->hasOneUse()) {
      if (emitRemarks)
        conv.emitRemark() << "not computed before its inputs are enlarged: they have another user together";
      return;
    }
    OpBuilder builder(conv);
    Location loc = conv.getLoc();
    Part rest;
    Value sum, bias = conv.getBias();
    // What needs no enlargement comes last, as a product to which the sum of the others is added.
    bool hasRest = enlargements.size() < concat.getInputs().size();
    int64_t offset = 0;
    for (Value map : concat.getInputs()) {
      int64_t channels = getShape(map)[2];
      Value columns =
          builder.createOrFold<WeightSliceOp>(loc, conv.getWeight(), /*dim=*/1, uint64_t(offset), uint64_t(channels));
      offset += channels;
      Resize2dOp resize = enlargementOf(map);
      if (!resize) {
        rest.maps.push_back(map);
        rest.columns.push_back(columns);
        continue;
      }
      // The neighbours' factors add up to one, so that a bias stays what it is.
      Value product = multiply(builder, conv, resize.getInput(), columns, hasRest ? Value() : std::exchange(bias, {}));
      Value enlarged = builder.create<Resize2dOp>(resize.getLoc(), product, resize.getKindAttr(), resize.getSizeAttr());
      sum = sum ? builder.create<AddOp>(loc, sum, enlarged).getResult() : enlarged;
    }
    if (hasRest) {
      Value product = multiply(builder, conv, builder.createOrFold<ConcatOp>(concat.getLoc(), rest.maps, /*dim=*/2),
                               builder.createOrFold<WeightConcatOp>(loc, rest.columns, /*dim=*/1), bias);
      sum = builder.create<AddOp>(loc, product, sum);
    }
    if (emitRemarks)
      conv.emitRemark() << "computed before " << enlargements.size() << " of its " << concat.getInputs().size()
                        << " inputs are enlarged";
    conv.replaceAllUsesWith(sum);
    conv.erase();
  }

  static Value multiply(OpBuilder &builder, Conv2dOp conv, Value map, Value weight, Value bias) {
    llvm::SmallVector<int64_t> shape(getShape(map));
    shape.back() = getShape(weight).front();
    auto type = RankedTensorType::get(shape, cast<RankedTensorType>(conv.getType()).getElementType());
    return builder.create<Conv2dOp>(conv.getLoc(), type, map, weight, bias, conv.getStrideAttr(), conv.getPaddingAttr(),
                                    conv.getDilationAttr(), conv.getGroupsAttr());
  }
};

} // namespace
