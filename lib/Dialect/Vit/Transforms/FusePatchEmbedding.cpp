//===- FusePatchEmbedding.cpp - patches, prefixes, positions ----*- C++ -*-===//

#include "Fusion.h"
#include "View.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FUSEPATCHEMBEDDING
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

/// The tokens that a map of `HxWxD` is flattened to, in row-major order, or null; then `reason` says why.
static Value findTokens(Value map, std::string &reason) {
  llvm::ArrayRef<int64_t> shape = getShape(map);
  int64_t tokens[] = {shape[0] * shape[1], shape[2]};
  View view(shape), wanted{llvm::ArrayRef(tokens)};
  Value current = map;
  while (!(view == wanted)) {
    Operation *user = current.hasOneUse() ? *current.user_begin() : nullptr;
    if (!user || !view.apply(user)) {
      bool isForeign = user && isa<VitDialect>(user->getDialect()) && !isa<ReshapeOp, TransposeOp>(user);
      reason = isForeign ? standsBetween(user, "the convolution", "tokens")
                         : "the convolution's result is not just reshaped to tokens";
      return {};
    }
    current = user->getResult(0);
  }
  return current;
}

/// The weight that `add` adds to all of `tokens`, or null.
static Value matchAddedWeight(AddOp add, Value tokens) {
  Value other = add.getLhs() == tokens ? add.getRhs() : add.getLhs();
  return add.getType() == tokens.getType() && isWeight(other) ? other : Value();
}

/// Whether `concat` puts rows of weights in front of `tokens`.
static bool addsPrefixRows(ConcatOp concat, Value tokens) {
  return concat.getDim() == 0 && concat.getInputs().back() == tokens &&
         llvm::all_of(concat.getInputs().drop_back(), isWeight);
}

namespace {

class FusePatchEmbedding : public vitc::vit::impl::FusePatchEmbeddingBase<FusePatchEmbedding> {
public:
  using FusePatchEmbeddingBase::FusePatchEmbeddingBase;

  void runOnOperation() override {
    getOperation().walk([&](Conv2dOp convolution) {
      if (std::optional<std::string> reason = fuse(convolution))
        refuse(convolution, *reason, emitRemarks);
    });
    eraseDeadOps(getOperation());
  }

private:
  /// Fuses, or returns why not.
  static std::optional<std::string> fuse(Conv2dOp convolution) {
    if (!cutsPatches(convolution))
      return "the convolution has padding, dilation or groups, or a stride other than its kernel";
    Operation *source = convolution.getInput().getDefiningOp();
    auto transpose = dyn_cast_or_null<TransposeOp>(source);
    if (source && !transpose)
      return standsBetween(source, "an image", "the convolution");
    if (!transpose || transpose.getPermutation() != llvm::ArrayRef<int64_t>{1, 2, 0})
      return "the convolution's input is no image with channels first";
    llvm::ArrayRef<int64_t> map = getShape(convolution.getInput()), kernel = getShape(convolution.getWeight());
    if (map[0] % kernel[2] != 0 || map[1] % kernel[3] != 0)
      return "the patches do not cover the image";
    if (!isWeight(convolution.getWeight()) || (convolution.getBias() && !isWeight(convolution.getBias())))
      return "the convolution's weight or bias is computed at run time";
    std::string reason;
    Value tokens = findTokens(convolution.getResult(), reason);
    if (!tokens)
      return reason;

    OpBuilder builder(convolution);
    Location loc = convolution.getLoc();
    Value addend = builder.create<WeightFillOp>(loc, tokens.getType(), builder.getF64FloatAttr(0));
    if (Value bias = convolution.getBias())
      addend = builder.create<WeightAddOp>(loc, addend, bias);
    // What is added at compile time, as long as it goes on.
    while (tokens.hasOneUse()) {
      Operation *user = *tokens.user_begin();
      builder.setInsertionPoint(user);
      if (auto add = dyn_cast<AddOp>(user); add && matchAddedWeight(add, tokens)) {
        addend = builder.create<WeightAddOp>(user->getLoc(), addend, matchAddedWeight(add, tokens));
      } else if (auto concat = dyn_cast<ConcatOp>(user); concat && addsPrefixRows(concat, tokens)) {
        llvm::SmallVector<Value> rows(concat.getInputs().drop_back());
        rows.push_back(addend);
        addend = builder.create<WeightConcatOp>(user->getLoc(), rows, /*dim=*/0);
      } else {
        break;
      }
      tokens = user->getResult(0);
    }
    builder.setInsertionPointAfterValue(tokens);
    tokens.replaceAllUsesWith(
        builder.create<FusedPatchEmbeddingOp>(loc, transpose.getInput(), convolution.getWeight(), addend));
    return std::nullopt;
  }
};

} // namespace
