//===- BindWeights.cpp - the tensors of a function ---------------*- C++ -*-===//

#include "vitc/Importer/VitImporter.h"

#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace vitc;

static llvm::ArrayRef<int64_t> withoutLeadingOnes(llvm::ArrayRef<int64_t> shape) {
  return shape.drop_while([](int64_t size) { return size == 1; });
}

/// Gives a weight the shape that its tensor has in the file, which may differ in leading ones. What reads it is
/// reshaped, or needs no reshaping any more.
static void setShape(vit::WeightOp weight, llvm::ArrayRef<int64_t> shape) {
  RankedTensorType needed = weight.getType(), type = RankedTensorType::get(shape, needed.getElementType());
  if (type == needed)
    return;
  llvm::SmallVector<OpOperand *> uses;
  for (OpOperand &use : weight->getUses())
    uses.push_back(&use);
  weight.getResult().setType(type);
  OpBuilder builder(weight->getContext());
  builder.setInsertionPointAfter(weight);
  for (OpOperand *use : uses) {
    auto reshape = dyn_cast<vit::WeightReshapeOp>(use->getOwner());
    if (!reshape) {
      use->set(builder.create<vit::WeightReshapeOp>(weight.getLoc(), needed, weight.getResult()));
    } else if (reshape.getType() == type) {
      reshape.replaceAllUsesWith(weight.getResult());
      reshape.erase();
    }
  }
}

llvm::Error vitc::bindWeights(ImportedFunction &imported, const WeightSource &weights,
                              llvm::ArrayRef<std::string> ignored) {
  llvm::StringMap<vit::WeightOp> ops;
  for (auto op : imported.function.getOps<vit::WeightOp>())
    ops[op.getTensor()] = op;
  llvm::StringSet<> used, needed;
  for (const WeightRequirement &requirement : imported.weights)
    needed.insert(weights.wholeOf(requirement.tensor));
  for (WeightRequirement &requirement : imported.weights) {
    std::string file = weights.fileOf(requirement.tensor);
    std::string where = "tensor " + requirement.tensor;
    const TensorInfo *info = weights.find(requirement.tensor);
    if (!info) {
      std::string nearest =
          nearestTensor(weights, requirement.tensor, [&](llvm::StringRef name) { return needed.contains(name); });
      return inputError(file, where,
                        "is missing, node '" + requirement.node + "' needs it with shape " +
                            shapeText(requirement.shape) +
                            (nearest.empty() ? "" : "; the nearest name in the file is '" + nearest + "'"));
    }
    bool fits = requirement.leadingOnes ? withoutLeadingOnes(info->shape) == withoutLeadingOnes(requirement.shape)
                                        : llvm::ArrayRef(info->shape) == llvm::ArrayRef(requirement.shape);
    if (!fits)
      return inputError(file, where,
                        "has shape " + shapeText(info->shape) +
                            (info->original.empty() ? "" : " (" + info->original + ")") + ", expected " +
                            shapeText(requirement.shape));
    if (!isFloatingPoint(info->dtype))
      return inputError(file, where, notFloatingPoint(info->dtype));
    requirement.shape = info->shape;
    setShape(ops.lookup(requirement.tensor), info->shape);
    used.insert(weights.wholeOf(requirement.tensor));
  }
  // Most patterns are names: there may be thousands.
  llvm::StringSet<> ignoredNames;
  std::vector<std::string> patterns;
  for (const std::string &pattern : ignored) {
    ignoredNames.insert(weights.wholeOf(pattern));
    if (llvm::StringRef(pattern).contains('*'))
      patterns.push_back(pattern);
  }
  for (const std::string &name : weights.names())
    if (!used.contains(name) && !ignoredNames.contains(name) &&
        llvm::none_of(patterns, [&](const std::string &pattern) { return matchesPattern(pattern, name); }))
      return inputError(weights.fileOf(name), "tensor " + name,
                        "is not used by the model; --ignore-tensors=" + name + " leaves it out");
  return llvm::Error::success();
}
