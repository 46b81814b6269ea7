//===- FuseResize.cpp - resized maps with epilogues -------------*- C++ -*-===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FUSERESIZE
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

/// The op that alone uses a value, if it is of this kind.
template <typename Op> static Op onlyUser(Value value) {
  return value.hasOneUse() ? dyn_cast<Op>(*value.user_begin()) : Op();
}

/// Whether another op takes what is added to its result: a linear layer, whose sums are in registers then.
static bool takesResidual(Value value) { return value.hasOneUse() && value.getDefiningOp<LinearOp>(); }

namespace {

class FuseResize : public vitc::vit::impl::FuseResizeBase<FuseResize> {
public:
  void runOnOperation() override {
    getOperation().walk([](Resize2dOp resize) { fuse(resize); });
    eraseDeadOps(getOperation());
  }

private:
  static void fuse(Resize2dOp resize) {
    Value result = resize.getResult(), residual;
    if (auto add = onlyUser<AddOp>(result)) {
      residual = matchResidual(add, result);
      if (residual && takesResidual(residual))
        return;
      if (residual)
        result = add.getResult();
    }
    ActivationKind activation = ActivationKind::None;
    if (auto op = onlyUser<ActivationOp>(result)) {
      activation = op.getKind();
      result = op.getResult();
    }
    if (!residual && activation == ActivationKind::None)
      return;
    OpBuilder builder(resize);
    builder.setInsertionPointAfterValue(result);
    result.replaceAllUsesWith(builder.create<FusedResize2dOp>(resize.getLoc(), resize.getInput(), residual,
                                                              resize.getKind(), resize.getSize(), activation));
  }
};

} // namespace
