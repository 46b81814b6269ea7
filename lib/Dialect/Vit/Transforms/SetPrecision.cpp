//===- SetPrecision.cpp - what products are computed with ---------===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/IR/Precision.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/GlobPattern.h"

namespace vitc::vit {
#define GEN_PASS_DEF_SETPRECISION
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

/// Beyond this depth the sums of products, of 255 and 127 at most, would not fit into 32 bits.
static constexpr int64_t kDeepest = 65536;
/// Shallower products are small, and stay exact.
static constexpr int64_t kShallowest = 32;

/// Why what the function returns stays f32.
static constexpr const char *kLastOne = "it is the last one, whose error nothing hides";

/// Whether a value is what the function returns, if under another shape.
static bool isReturned(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    return isa<func::ReturnOp>(user) || (isa<ReshapeOp>(user) && isReturned(user->getResult(0)));
  });
}

/// Why a product has to stay f32, or nothing.
static std::optional<std::string> reasonForF32(Precision precision, Value weight, Value bias, Value result) {
  if (!isWeight(weight))
    return "its weight is computed at run time";
  // By head a bias lies in panels.
  if (isa<FusedHeadProjectionOp>(result.getDefiningOp()) && bias && !isWeight(bias))
    return "its bias is computed at run time";
  int64_t depth = getShape(weight)[1];
  if (depth < kShallowest || depth > kDeepest)
    return "its sums have " + std::to_string(depth) + " terms, and not " + std::to_string(kShallowest) + " to " +
           std::to_string(kDeepest);
  // Weights of bf16 are in pairs.
  if (precision == Precision::Bf16 && depth % 2 != 0)
    return "its sums have an odd number of terms";
  if (isReturned(result))
    return kLastOne;
  return std::nullopt;
}

/// The same of a patch embedding with bf16.
static std::optional<std::string> reasonForF32(FusedPatchEmbeddingOp op) {
  if (!isWeight(op.getWeight()))
    return "its weight is computed at run time";
  int64_t columns = getShape(op.getWeight()).back();
  if (columns % 2 != 0)
    return "its patches have " + std::to_string(columns) + " columns, an odd number";
  if (isReturned(op.getResult()))
    return kLastOne;
  return std::nullopt;
}

/// The same of attention with bf16.
static std::optional<std::string> reasonForF32(FusedAttentionOp op) {
  int64_t features = getShape(op.getQuery()).back();
  if (features % 2 != 0)
    return "its heads have " + std::to_string(features) + " features, an odd number";
  return std::nullopt;
}

/// Whether a pattern names an op's node.
static bool isKept(Operation *op, llvm::ArrayRef<llvm::GlobPattern> patterns) {
  auto name = op->getLoc()->findInstanceOf<NameLoc>();
  return name && llvm::any_of(patterns,
                              [&](const llvm::GlobPattern &pattern) { return pattern.match(name.getName().strref()); });
}

namespace {

class SetPrecision : public vitc::vit::impl::SetPrecisionBase<SetPrecision> {
public:
  using SetPrecisionBase::SetPrecisionBase;

  void runOnOperation() override {
    auto module = getOperation()->getParentOfType<ModuleOp>();
    Precision precision = module ? getPrecision(module) : Precision::F32;
    Precision attention = module ? getAttentionPrecision(module) : Precision::F32;
    if (precision == Precision::F32 && attention == Precision::F32)
      return;
    // With 8 bits for linear layers, patch embeddings go with attention.
    Precision embedding = precision == Precision::Int8 || precision == Precision::Int8Pairs ? attention : precision;
    // Patterns refer to their texts.
    const std::vector<std::string> texts = getKeepF32(module);
    std::vector<llvm::GlobPattern> patterns;
    for (const std::string &text : texts)
      patterns.push_back(llvm::cantFail(llvm::GlobPattern::create(text)));
    const auto set = [&](auto op, Precision wanted, std::optional<std::string> reason) {
      if (wanted == Precision::F32)
        return;
      if (!reason && isKept(op, patterns))
        reason = "its name is among those to keep";
      if (!reason)
        op.setPrecision(wanted);
      else if (emitRemarks)
        op.emitRemark() << "stays f32: " << *reason;
    };
    getOperation().walk([&](Operation *op) {
      llvm::TypeSwitch<Operation *>(op)
          .Case<FusedLinearOp, FusedHeadProjectionOp>([&](auto product) {
            set(product, precision,
                reasonForF32(precision, product.getWeight(), product.getBias(), product.getResult()));
          })
          .Case([&](FusedPatchEmbeddingOp op) { set(op, embedding, reasonForF32(op)); })
          .Case([&](FusedAttentionOp op) { set(op, attention, reasonForF32(op)); });
    });
  }
};

} // namespace
