//===- FuseConvolution.cpp - convolutions with epilogues --------*- C++ -*-===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FUSECONVOLUTION
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {

class FuseConvolution : public vitc::vit::impl::FuseConvolutionBase<FuseConvolution> {
public:
  using FuseConvolutionBase::FuseConvolutionBase;

  void runOnOperation() override {
    getOperation().walk([&](Conv2dOp conv) {
      if (isPointwise(conv) && isWeight(conv.getWeight()))
        makeLinear(conv);
      else
        fuse(conv);
    });
    eraseDeadOps(getOperation());
    getOperation().walk([&](ActivationOp op) {
      auto conv = op.getInput().getDefiningOp<FusedConv2dOp>();
      if (conv && !op->hasAttr(notFusedAttrName))
        refuse(op,
               conv.getActivation() == ActivationKind::None ? "the convolution has another user"
                                                            : "the convolution has an activation already",
               emitRemarks);
    });
  }

private:
  static void makeLinear(Conv2dOp conv) {
    OpBuilder builder(conv);
    llvm::ArrayRef<int64_t> shape = getShape(conv.getWeight());
    auto type = cast<RankedTensorType>(conv.getWeight().getType()).clone(shape.take_front(2));
    Value matrix = builder.createOrFold<WeightReshapeOp>(conv.getLoc(), type, conv.getWeight());
    Value input = conv.getInput();
    // The pixels that a stride takes are few: in a map of their own they are rows of a matrix.
    if (conv.getStride()[0] != 1 || conv.getStride()[1] != 1) {
      auto sizes = [](int64_t height, int64_t width) { return llvm::SmallVector<int64_t>{height, width}; };
      input = builder.create<Pool2dOp>(conv.getLoc(), input, PoolKind::Max, sizes(1, 1), conv.getStride(),
                                       llvm::SmallVector<int64_t>(4, 0), sizes(1, 1), /*ceil_mode=*/false,
                                       /*count_include_pad=*/false);
    }
    conv.replaceAllUsesWith(builder.create<LinearOp>(conv.getLoc(), input, matrix, conv.getBias()).getResult());
  }

  static void fuse(Conv2dOp conv) {
    Epilogue epilogue = matchEpilogue(conv.getResult());
    OpBuilder builder(conv);
    builder.setInsertionPointAfterValue(epilogue.result);
    auto fused = builder.create<FusedConv2dOp>(conv.getLoc(), conv.getInput(), conv.getWeight(), conv.getBias(),
                                               epilogue.residual, conv.getStride(), conv.getPadding(),
                                               conv.getDilation(), conv.getGroups(), epilogue.activation);
    epilogue.result.replaceAllUsesWith(fused.getResult());
  }
};

} // namespace
