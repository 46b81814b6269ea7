//===- ExpandPrimitives.cpp - primitive nodes to ops ------------*- C++ -*-===//

#include "ExpandNodes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace vitc;

namespace {

Value linear(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return linearModule(b, inputs[0], "", b.integer("out_features"));
}

/// A function over the last dimension, over the one that the node says instead.
Value overDimension(VitBuilder &b, Value input, llvm::function_ref<Value(Value)> function) {
  const int64_t rank = int64_t(b.rankOf(input)), dim = b.hasAttribute("dim") ? b.dimension(input) : rank - 1;
  if (dim < 0 || dim >= rank)
    return b.failed() ? Value() : b.fail("dim", "is no dimension of the input of shape " + shapeText(b.shapeOf(input)));
  if (dim == rank - 1)
    return function(input);
  llvm::SmallVector<int64_t> toEnd, back;
  for (int64_t other = 0; other < rank; ++other) {
    if (other != dim)
      toEnd.push_back(other);
    back.push_back(other == dim ? rank - 1 : other < dim ? other : other - 1);
  }
  toEnd.push_back(dim);
  return b.transpose(function(b.transpose(input, toEnd)), back);
}

Value norm(VitBuilder &b, Value input, bool rms) {
  return overDimension(b, input, [&](Value rows) {
    if (!b.hasParameter("weight"))
      return b.layerNorm(rows, Value(), Value(), b.real("epsilon"), rms);
    return normModule(b, rows, "", b.real("epsilon"), rms);
  });
}

Value layerNorm(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return norm(b, inputs[0], /*rms=*/false); }
Value rmsNorm(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return norm(b, inputs[0], /*rms=*/true); }

Value softmax(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return overDimension(b, inputs[0], [&](Value rows) { return b.softmax(rows); });
}

/// One reduction after another, of each of the node's dimensions.
Value reduce(VitBuilder &b, Value input, llvm::function_ref<Value(Value, int64_t)> reduceOne) {
  std::vector<int64_t> dims = b.dimensions(input);
  for (auto [index, dim] : llvm::enumerate(dims)) {
    if (llvm::is_contained(llvm::ArrayRef(dims).take_front(index), dim))
      return b.fail("dim", "has dimension " + llvm::Twine(dim) + " twice");
    input = reduceOne(input, dim);
  }
  return input;
}

Value reduceMean(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return reduce(b, inputs[0], [&](Value value, int64_t dim) { return b.reduceMean(value, dim); });
}

Value reduceMax(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return reduce(b, inputs[0], [&](Value value, int64_t dim) { return b.reduceMax(value, dim); });
}

Value reduceNorm(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return reduce(b, inputs[0], [&](Value value, int64_t dim) { return b.reduceNorm(value, dim); });
}

Value reduceSum(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  double count = 1;
  Value mean = reduce(b, inputs[0], [&](Value value, int64_t dim) {
    count *= double(b.dimOf(value, size_t(dim)));
    return b.reduceMean(value, dim);
  });
  return b.scale(mean, count);
}

Value gather(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return b.gather(b.cast(inputs[0], DType::F32), inputs[1], b.dimension(inputs[0]));
}

Value concat(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return b.concat(inputs, b.dimension(inputs[0])); }

Value exponential(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return b.activation(inputs[0], "exp"); }
Value squareRoot(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return b.activation(inputs[0], "sqrt"); }

Value activation(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return b.activation(inputs[0], b.text("kind")); }

Value reshape(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Shape shape = b.list("shape");
  int64_t open = llvm::count(shape, -1);
  if (open > 1 || llvm::is_contained(shape, 0))
    return b.fail("shape", "expected sizes greater than 0, and -1 at most once");
  if (open == 1) {
    int64_t &size = *llvm::find(shape, -1);
    size = 1;
    std::optional<int64_t> rest = countElements(shape), all = countElements(b.shapeOf(inputs[0]));
    if (!rest || !all || *all % *rest != 0)
      return b.fail("shape", "does not divide the " + shapeText(b.shapeOf(inputs[0])) + " elements of the input");
    size = *all / *rest;
  }
  return b.reshape(inputs[0], shape);
}

Value slice(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  int64_t dim = b.dimension(inputs[0]), offset = b.integer("offset"), size = b.integer("size");
  if (size == 0)
    return b.fail("size", "expected a size greater than 0, or -1 for all up to the end");
  if (offset < 0)
    offset += b.dimOf(inputs[0], size_t(dim));
  if (size < 0)
    size += b.dimOf(inputs[0], size_t(dim)) - offset + 1;
  return b.slice(inputs[0], dim, offset, size);
}

Value cast(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return b.cast(inputs[0], *dtypeNamed(b.text("dtype"))); }

Value parameter(VitBuilder &b, llvm::ArrayRef<Value>) {
  return b.weight("value", b.list("shape"), WeightRole::Embedding, /*leadingOnes=*/true);
}

} // namespace

std::string vitc::roleOf(const std::string &module, llvm::StringRef tensor) {
  return module.empty() ? tensor.str() : module + "." + tensor.str();
}

Value vitc::linearModule(VitBuilder &builder, Value input, const std::string &module, int64_t outFeatures) {
  Value weight = builder.weight(roleOf(module, "weight"), {outFeatures, builder.lastDimOf(input)}, WeightRole::Matrix);
  Value bias;
  if (builder.hasParameter(roleOf(module, "bias")))
    bias = builder.weight(roleOf(module, "bias"), {outFeatures}, WeightRole::Bias);
  return builder.linear(input, weight, bias);
}

Value vitc::normModule(VitBuilder &builder, Value input, const std::string &module, double epsilon, bool rms) {
  Shape shape = {builder.lastDimOf(input)};
  Value weight = builder.weight(roleOf(module, "weight"), shape, WeightRole::NormWeight);
  Value bias = builder.hasParameter(roleOf(module, "bias"))
                   ? builder.weight(roleOf(module, "bias"), shape, WeightRole::NormBias)
                   : builder.weightFill(0, shape);
  return builder.layerNorm(input, weight, bias, epsilon, rms);
}

NodeExpander vitc::findPrimitiveExpander(llvm::StringRef op) {
  return llvm::StringSwitch<NodeExpander>(op)
      .Case("linear", linear)
      .Case("layer_norm", layerNorm)
      .Case("rms_norm", rmsNorm)
      .Case("softmax", softmax)
      .Case("reduce_mean", reduceMean)
      .Case("reduce_max", reduceMax)
      .Case("reduce_norm", reduceNorm)
      .Case("reduce_sum", reduceSum)
      .Case("exp", exponential)
      .Case("sqrt", squareRoot)
      .Case("gather", gather)
      .Case("concat", concat)
      .Case("activation", activation)
      .Case("reshape", reshape)
      .Case("slice", slice)
      .Case("cast", cast)
      .Case("parameter", parameter)
      .Default([](VitBuilder &b, llvm::ArrayRef<Value> inputs) { return b.sameOp(inputs); });
}
