//===- FuseResize.cpp - resized maps with epilogues -------------*- C++ -*-===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FUSERESIZE
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

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
    Epilogue epilogue = matchEpilogue(resize.getResult());
    if (epilogue.result == resize.getResult() || (epilogue.residual && takesResidual(epilogue.residual)))
      return;
    OpBuilder builder(resize);
    builder.setInsertionPointAfterValue(epilogue.result);
    epilogue.result.replaceAllUsesWith(builder.create<FusedResize2dOp>(resize.getLoc(), resize.getInput(),
                                                                       epilogue.residual, resize.getKind(),
                                                                       resize.getSize(), epilogue.activation));
  }
};

} // namespace
