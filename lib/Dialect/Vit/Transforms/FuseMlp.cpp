//===- FuseMlp.cpp - linear layers with epilogues ---------------*- C++ -*-===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FUSEMLP
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {

/// Collects the epilogue of one linear layer and writes the fused op.
class Fuser {
public:
  Fuser(LinearOp linear, bool emitRemarks)
      : linear(linear), emitRemarks(emitRemarks), builder(linear), loc(linear.getLoc()), weight(linear.getWeight()),
        bias(linear.getBias()), result(linear.getResult()) {}

  void fuse() {
    while (takeUser())
      ;
    // Operands of the residual are defined before the last op taken.
    builder.setInsertionPointAfterValue(result);
    auto type = cast<RankedTensorType>(result.getType());
    int64_t rows = type.getNumElements() / type.getShape().back();
    Value residualRows = residual ? reshape(residual, {rows, type.getShape().back()}) : Value();
    Value fused = builder.create<FusedLinearOp>(loc, reshape(linear.getInput(), {rows, getShape(weight)[1]}), weight,
                                                bias, residualRows, activation, residualFirst);
    result.replaceAllUsesWith(reshape(fused, type.getShape()));
  }

private:
  /// Makes the result's only user part of the fused op, if it can be.
  bool takeUser() {
    Operation *user = nullptr;
    if (result.hasOneUse()) {
      user = *result.user_begin();
      if (!takeScale(user) && !takeActivation(user) && !takeResidual(user))
        return false;
      result = user->getResult(0);
      return true;
    }
    for (Operation *other : result.getUsers())
      if (isa<ActivationOp>(other))
        refuse(other, "the linear layer has another user", emitRemarks);
    return false;
  }

  /// Factors of the result are factors of weight and bias, as long as there is no activation.
  bool takeScale(Operation *user) {
    if (activation != ActivationKind::None || residual)
      return false;
    bool hasKnownBias = bias && isWeight(bias);
    if (auto scale = dyn_cast<ScaleOp>(user)) {
      builder.setInsertionPoint(user);
      weight = builder.create<WeightScaleOp>(user->getLoc(), weight, scale.getFactorAttr());
      if (hasKnownBias)
        bias = builder.create<WeightScaleOp>(user->getLoc(), bias, scale.getFactorAttr());
      else if (bias)
        bias = builder.create<ScaleOp>(user->getLoc(), bias, scale.getFactorAttr());
      return true;
    }
    auto mul = dyn_cast<MulOp>(user);
    Value factors = mul ? matchFeatureFactors(mul, result) : Value();
    if (!factors)
      return false;
    builder.setInsertionPoint(user);
    auto type = cast<RankedTensorType>(factors.getType());
    factors = builder.createOrFold<WeightReshapeOp>(
        user->getLoc(), RankedTensorType::get(type.getShape().back(), type.getElementType()), factors);
    weight = builder.create<WeightScaleDimOp>(user->getLoc(), weight, factors, /*dim=*/0);
    if (hasKnownBias)
      bias = builder.create<WeightScaleDimOp>(user->getLoc(), bias, factors, /*dim=*/0);
    else if (bias)
      bias = builder.create<MulOp>(user->getLoc(), bias, factors);
    return true;
  }

  bool takeActivation(Operation *user) {
    auto op = dyn_cast<ActivationOp>(user);
    if (!op || activation != ActivationKind::None)
      return false;
    activation = op.getKind();
    residualFirst = bool(residual);
    return true;
  }

  bool takeResidual(Operation *user) {
    auto add = dyn_cast<AddOp>(user);
    if (!add || residual)
      return false;
    residual = matchResidual(add, result);
    return bool(residual);
  }

  Value reshape(Value value, llvm::ArrayRef<int64_t> shape) {
    Type element = cast<RankedTensorType>(value.getType()).getElementType();
    return builder.createOrFold<ReshapeOp>(loc, RankedTensorType::get(shape, element), value);
  }

  LinearOp linear;
  bool emitRemarks;
  OpBuilder builder;
  Location loc;
  Value weight, bias;
  ActivationKind activation = ActivationKind::None;
  Value residual;
  /// Whether the residual is added before the activation.
  bool residualFirst = false;
  /// The result of the last op taken.
  Value result;
};

class FuseMlp : public vitc::vit::impl::FuseMlpBase<FuseMlp> {
public:
  using FuseMlpBase::FuseMlpBase;

  void runOnOperation() override {
    getOperation().walk([&](LinearOp linear) {
      if (!isWeight(linear.getWeight()))
        refuse(linear, "its weight is computed at run time", emitRemarks);
      else
        Fuser(linear, emitRemarks).fuse();
    });
    eraseDeadOps(getOperation());
    getOperation().walk([&](ActivationOp op) {
      if (std::optional<std::string> reason = findReason(op); reason && !op->hasAttr(notFusedAttrName))
        refuse(op, *reason, emitRemarks);
    });
  }

private:
  /// Why an activation is not that of the linear layer that it follows, if it follows one through ops that keep or
  /// scale its elements.
  static std::optional<std::string> findReason(ActivationOp activation) {
    Operation *between = nullptr;
    for (Operation *op = activation.getInput().getDefiningOp(); op; op = op->getOperand(0).getDefiningOp()) {
      if (auto linear = dyn_cast<FusedLinearOp>(op)) {
        if (between)
          return standsBetween(between, "linear layer", "activation");
        return "the linear layer has an activation already";
      }
      bool isElementwise = op->hasTrait<Elementwise>() && !isa<ActivationOp>(op);
      if (!isElementwise && !isa<ReshapeOp, TransposeOp, SliceOp>(op))
        return std::nullopt;
      // Layers on other than matrices are reshaped around the fused op.
      auto reshape = dyn_cast<ReshapeOp>(op);
      if (!reshape || !reshape.getInput().getDefiningOp<FusedLinearOp>())
        between = op;
    }
    return std::nullopt;
  }
};

} // namespace
