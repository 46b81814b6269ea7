//===- Evaluator.cpp - what a vit function means ----------------*- C++ -*-===//

#include "vitc/Reference/Evaluator.h"

#include "Operations.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <limits>
#include <random>

using namespace mlir;
using namespace vitc;

static llvm::Error makeError(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

static llvm::Expected<Tensor64> readWeight(vit::WeightOp op, const WeightSource &weights) {
  const TensorInfo *info = weights.find(op.getTensor());
  if (!info)
    return makeError("no tensor '" + op.getTensor() + "' in the weights");
  if (llvm::ArrayRef(info->shape) != vit::getShape(op.getResult()))
    return makeError("tensor '" + op.getTensor() + "' has another shape in the weights");
  Tensor64 tensor(info->shape);
  std::vector<float> values(tensor.values.size());
  if (llvm::Error error = weights.read(op.getTensor(), 0, tensor.size(), values.data()))
    return error;
  tensor.values.assign(values.begin(), values.end());
  return tensor;
}

namespace {

/// The tensors of one run of a function.
class Evaluation {
public:
  explicit Evaluation(const WeightSource &weights) : weights(weights) {}

  void define(Value value, Tensor64 tensor) {
    if (!value.use_empty())
      tensors[value] = {std::move(tensor), int64_t(llvm::range_size(value.getUses()))};
  }

  const Tensor64 &get(Value value) const { return tensors.find(value)->second.tensor; }
  const Tensor64 *getOptional(Value value) const { return value ? &get(value) : nullptr; }

  /// Frees operands that are not used again.
  void release(Operation *op) {
    for (Value operand : op->getOperands())
      if (auto entry = tensors.find(operand); --entry->second.usesLeft == 0)
        tensors.erase(entry);
  }

  llvm::Expected<Tensor64> compute(Operation *op) const;

  /// The same as f32 might compute it: terms of a sum are rounded, and its result.
  llvm::Expected<Tensor64> computeWithNoise(Operation *op, std::mt19937_64 &random);

private:
  struct Entry {
    Tensor64 tensor;
    int64_t usesLeft;
  };

  /// `function` of the elements of both operands.
  llvm::Expected<Tensor64> combine(Operation *op, llvm::function_ref<double(double, double)> function) const {
    return reference::combine(get(op->getOperand(0)), get(op->getOperand(1)), function);
  }

  Tensor64 concat(OperandRange inputs, int64_t dim) const {
    llvm::SmallVector<const Tensor64 *> operands;
    for (Value input : inputs)
      operands.push_back(&get(input));
    return reference::concat(operands, dim);
  }

  /// The same elements under the result's shape.
  Tensor64 reshape(Value input, Value result) const { return {vit::getShape(result), get(input).values}; }

  Tensor64 computeProjection(vit::FusedHeadProjectionOp projection) const;
  Tensor64 computeAttention(vit::FusedAttentionOp attention) const;

  const WeightSource &weights;
  llvm::DenseMap<Value, Entry> tensors;
};

} // namespace

Tensor64 Evaluation::computeProjection(vit::FusedHeadProjectionOp projection) const {
  Tensor64 input = get(projection.getInput());
  if (vit::WindowsAttr windows = projection.getWindowsAttr()) {
    int64_t features = input.shape[1];
    input.shape = {windows.getMap()[0], windows.getMap()[1], features};
    input = reference::windowPartition(input, windows);
    input.shape = {windows.getSequences() * windows.getTokens(), features};
  }
  return reference::fusedHeadProjection(input, get(projection.getWeight()), getOptional(projection.getBias()),
                                        projection.getParts(), projection.getNumHeads(), projection.getSequences(),
                                        projection.getPrecision());
}

Tensor64 Evaluation::computeAttention(vit::FusedAttentionOp attention) const {
  vit::WindowsAttr windows = attention.getWindowsAttr();
  std::optional<Tensor64> ofWindows;
  const Tensor64 *added = getOptional(attention.getBias());
  if (added && windows) {
    ofWindows = reference::biasOfWindows(*added, windows);
    added = &*ofWindows;
  }
  Tensor64 result = reference::fusedAttention(
      {get(attention.getQuery()), int64_t(attention.getQueryPart())},
      {get(attention.getKey()), int64_t(attention.getKeyPart())},
      {get(attention.getValue()), int64_t(attention.getValuePart())},
      {added, getOptional(attention.getPositions()), attention.getGrid().value_or(llvm::ArrayRef<int64_t>())},
      getOptional(attention.getFactors()), attention.getScale().convertToDouble(), attention.getSequences(),
      attention.getPrecision());
  if (!windows)
    return result;
  result.shape = {windows.getSequences(), windows.getTokens(), result.shape[1]};
  result = reference::windowMerge(result, windows);
  result.shape = {result.shape[0] * result.shape[1], result.shape[2]};
  return result;
}

llvm::Expected<Tensor64> Evaluation::compute(Operation *op) const {
  using namespace vit;
  using Result = llvm::Expected<Tensor64>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](Conv2dOp conv) -> Result {
        return reference::conv2d(get(conv.getInput()), get(conv.getWeight()), getOptional(conv.getBias()),
                                 {conv.getStride(), conv.getPadding(), conv.getDilation(), int64_t(conv.getGroups())});
      })
      .Case([&](FusedConv2dOp conv) -> Result {
        Tensor64 result =
            reference::conv2d(get(conv.getInput()), get(conv.getWeight()), getOptional(conv.getBias()),
                              {conv.getStride(), conv.getPadding(), conv.getDilation(), int64_t(conv.getGroups())});
        if (conv.getResidual())
          result = reference::add(result, get(conv.getResidual()));
        return reference::activation(result, conv.getActivation());
      })
      .Case([&](Pool2dOp pool) -> Result {
        return reference::pool2d(get(pool.getInput()),
                                 {pool.getKind(), pool.getWindow(), pool.getStride(), pool.getPadding(),
                                  pool.getDilation(), pool.getCountIncludePad()},
                                 getShape(pool.getResult()));
      })
      .Case([&](BatchNormOp norm) -> Result {
        return reference::batchNorm(get(norm.getInput()), get(norm.getMean()), get(norm.getVariance()),
                                    get(norm.getWeight()), get(norm.getBias()), norm.getEpsilon().convertToDouble());
      })
      .Case([&](WeightRsqrtOp op) -> Result {
        return reference::rsqrt(get(op.getInput()), op.getEpsilon().convertToDouble());
      })
      .Case([&](WeightStandardizeOp op) -> Result {
        // A filter is what a token is to a layer norm.
        Tensor64 filters = get(op.getInput());
        filters.shape = {filters.shape[0], filters.size() / filters.shape[0]};
        Tensor64 result =
            reference::layerNorm(filters, nullptr, nullptr, op.getEpsilon().convertToDouble(), /*rms=*/false);
        result.shape = get(op.getInput()).shape;
        return result;
      })
      .Case([&](LinearOp linear) -> Result {
        return reference::linear(get(linear.getInput()), get(linear.getWeight()), getOptional(linear.getBias()));
      })
      .Case([&](MatmulOp matmul) -> Result {
        return reference::matmul(get(matmul.getLhs()), get(matmul.getRhs()), matmul.getTransposeRhs());
      })
      .Case([&](LayerNormOp norm) -> Result {
        return reference::layerNorm(get(norm.getInput()), getOptional(norm.getWeight()), getOptional(norm.getBias()),
                                    norm.getEpsilon().convertToDouble(), norm.getRms());
      })
      .Case([&](SoftmaxOp softmax) -> Result { return reference::softmax(get(softmax.getInput())); })
      .Case([&](ActivationOp activation) -> Result {
        return reference::activation(get(activation.getInput()), activation.getKind());
      })
      .Case<AddOp, WeightAddOp>([&](auto) { return combine(op, std::plus<>()); })
      .Case([&](MulOp) { return combine(op, std::multiplies<>()); })
      .Case([&](SubOp) { return combine(op, std::minus<>()); })
      .Case([&](DivOp) { return combine(op, std::divides<>()); })
      .Case<ScaleOp, WeightScaleOp>([&](auto scale) -> Result {
        return reference::scale(get(scale.getInput()), scale.getFactor().convertToDouble());
      })
      .Case<ReshapeOp, WeightReshapeOp>([&](auto op) -> Result { return reshape(op.getInput(), op.getResult()); })
      .Case<TransposeOp, WeightTransposeOp>([&](auto transpose) -> Result {
        return reference::transpose(get(transpose.getInput()), transpose.getPermutation());
      })
      .Case<ConcatOp, WeightConcatOp>([&](auto op) -> Result { return concat(op.getInputs(), op.getDim()); })
      .Case<SliceOp, WeightSliceOp>([&](auto slice) -> Result {
        return reference::slice(get(slice.getInput()), slice.getDim(), slice.getOffset(), slice.getSize());
      })
      .Case([&](PadOp op) -> Result {
        return reference::pad(get(op.getInput()), op.getLow(), op.getHigh(), op.getValue().convertToDouble());
      })
      .Case([&](GatherOp op) -> Result {
        const Tensor64 &input = get(op.getInput()), &indices = get(op.getIndices());
        const double size = double(input.shape[op.getDim()]);
        for (auto [place, index] : llvm::enumerate(indices.values))
          if (!(index >= -size && index < size))
            return makeError("index number " + llvm::Twine(place) + " is none of the " + llvm::Twine(int64_t(size)) +
                             " elements of dimension " + llvm::Twine(op.getDim()));
        return reference::gather(input, indices, op.getDim());
      })
      .Case([&](Unfold2dOp op) -> Result {
        return reference::unfold2d(get(op.getInput()), op.getStride(), op.getDilation(), getShape(op.getResult()));
      })
      .Case([&](CastOp cast) -> Result {
        auto dtypeOf = [](Value value) {
          return getDType(mlir::cast<RankedTensorType>(value.getType()).getElementType());
        };
        return reference::cast(get(cast.getInput()), dtypeOf(cast.getInput()), dtypeOf(cast.getResult()));
      })
      .Case([&](ReduceMeanOp mean) -> Result { return reference::reduceMean(get(mean.getInput()), mean.getDim()); })
      .Case([&](ReduceMaxOp max) -> Result { return reference::reduceMax(get(max.getInput()), max.getDim()); })
      .Case([&](ReduceNormOp norm) -> Result { return reference::reduceNorm(get(norm.getInput()), norm.getDim()); })
      .Case([&](WeightOp weight) { return readWeight(weight, weights); })
      .Case([&](WeightFillOp fill) -> Result {
        return reference::fill(getShape(fill.getResult()), fill.getValue().convertToDouble());
      })
      .Case([&](WeightScaleDimOp scale) -> Result {
        return reference::scaleDim(get(scale.getInput()), get(scale.getFactors()), scale.getDim());
      })
      .Case([&](WeightQuantizeOp op) -> Result { return reference::quantizeWeight(get(op.getInput()), op.getPairs()); })
      .Case([&](WeightQuantizeScaleOp op) -> Result {
        return reference::quantizationScale(get(op.getInput()), op.getPairs());
      })
      .Case([&](WeightQuantizeSumOp op) -> Result {
        return reference::quantizationSum(get(op.getInput()), op.getPairs());
      })
      .Case([&](WeightRoundOp op) -> Result { return reference::roundToBf16(get(op.getInput())); })
      .Case([&](WeightWinogradOp op) -> Result { return reference::winograd(get(op.getInput()), op.getTile()); })
      .Case([&](WeightMatmulOp op) -> Result {
        return reference::matmul(get(op.getLhs()), get(op.getRhs()), /*transposeRhs=*/false);
      })
      .Case([&](FusedResize2dOp op) -> Result {
        Tensor64 result = reference::resize2d(get(op.getInput()), op.getKind(), op.getSize());
        if (op.getResidual())
          result = reference::add(result, get(op.getResidual()));
        return reference::activation(result, op.getActivation());
      })
      .Case([&](WeightMatvecOp matvec) -> Result {
        // The vector times the transposed matrix: what a linear layer does.
        return reference::linear(get(matvec.getVector()), get(matvec.getMatrix()), nullptr);
      })
      .Case([&](WeightResampleOp op) -> Result {
        return reference::resample(get(op.getInput()), op.getKind(), op.getFrom(), op.getTo(), op.getLeading(),
                                   op.getTrailing());
      })
      .Case([&](WeightResampleKernelOp op) -> Result {
        return reference::resampleKernel(get(op.getInput()), op.getKind(), op.getTo());
      })
      .Case(
          [&](Resize2dOp op) -> Result { return reference::resize2d(get(op.getInput()), op.getKind(), op.getSize()); })
      .Case([&](WeightResampleTapsOp op) -> Result {
        return reference::resampleTaps(op.getKind(), op.getFrom(), op.getTo());
      })
      .Case([&](WeightRelativePositionBiasOp op) -> Result {
        return reference::relativePositionBias(get(op.getTable()), op.getWindow(), op.getClassToken());
      })
      .Case([&](WeightSinusoidsOp op) -> Result {
        return reference::sinusoids(getShape(op.getResult()), {op.getGrid(), op.getOrigin(), op.getStep(),
                                                               op.getTheta().convertToDouble(), op.getLastAxisFirst()});
      })
      .Case([&](RotaryOp op) -> Result {
        return reference::rotary(get(op.getInput()), get(op.getTable()), op.getInterleaved());
      })
      .Case([&](FusedPatchEmbeddingOp embedding) -> Result {
        return reference::fusedPatchEmbedding(get(embedding.getImage()), get(embedding.getWeight()),
                                              get(embedding.getAddend()), embedding.getPrecision());
      })
      .Case([&](WindowPartitionOp op) -> Result {
        return reference::windowPartition(get(op.getInput()), op.getWindows());
      })
      .Case([&](DecomposedPositionsOp op) -> Result {
        return reference::decomposedPositions(get(op.getQuery()), get(op.getRows()), get(op.getColumns()),
                                              op.getGrid());
      })
      .Case([&](WeightReverseOp op) -> Result { return reference::reverse(get(op.getInput()), op.getDim()); })
      .Case([&](WindowMergeOp op) -> Result { return reference::windowMerge(get(op.getInput()), op.getWindows()); })
      .Case([&](WeightWindowMaskOp op) -> Result {
        return reference::windowMask(op.getWindows(), op.getValue().convertToDouble(), op.getByEdge());
      })
      .Case([&](WeightContinuousPositionsOp op) -> Result {
        return reference::continuousPositions(get(op.getFirst()), get(op.getBias()), get(op.getSecond()),
                                              op.getWindow(), op.getTrained());
      })
      .Case([&](WeightExpOp op) -> Result {
        return reference::exponential(get(op.getInput()), op.getMost().convertToDouble());
      })
      .Case([&](FusedHeadProjectionOp projection) { return computeProjection(projection); })
      .Case([&](FusedAttentionOp attention) { return computeAttention(attention); })
      .Case([&](FusedLinearOp linear) -> Result {
        Tensor64 result = reference::product(get(linear.getInput()), get(linear.getWeight()),
                                             getOptional(linear.getBias()), linear.getPrecision());
        auto addResidual = [&] {
          if (linear.getResidual())
            result = reference::add(result, get(linear.getResidual()));
        };
        if (linear.getResidualFirst())
          addResidual();
        result = reference::activation(result, linear.getActivation());
        if (!linear.getResidualFirst())
          addResidual();
        return result;
      })
      .Default([](Operation *other) -> Result {
        return makeError("the evaluator does not know '" + other->getName().getStringRef() + "'");
      });
}

/// Rounds as f32 might, in another direction for each element.
static void addNoise(Tensor64 &tensor, std::mt19937_64 &random) {
  for (double &value : tensor.values) {
    // In [-1, 1).
    double unit = double(int64_t(random() >> 10)) / double(int64_t(1) << 53) - 1;
    value *= 1 + std::ldexp(unit, -24);
    if (std::abs(value) > std::numeric_limits<float>::max())
      value = std::copysign(std::numeric_limits<double>::infinity(), value);
  }
}

/// Whether an op sums many terms, which may cancel out: their rounding is then larger than that of the result.
static bool sumsTerms(Operation *op) {
  using namespace vit;
  return isa<BatchNormOp, Conv2dOp, DecomposedPositionsOp, FusedAttentionOp, FusedConv2dOp, FusedHeadProjectionOp,
             FusedLinearOp, FusedPatchEmbeddingOp, LayerNormOp, LinearOp, MatmulOp, Pool2dOp, ReduceMeanOp,
             ReduceNormOp, Resize2dOp, WeightContinuousPositionsOp, WeightMatvecOp, WeightMatmulOp, FusedResize2dOp>(
      op);
}

llvm::Expected<Tensor64> Evaluation::computeWithNoise(Operation *op, std::mt19937_64 &random) {
  // Terms are moved as their factors are.
  llvm::SmallVector<std::pair<Value, std::vector<double>>> exact;
  if (sumsTerms(op))
    for (Value operand : llvm::SmallSetVector<Value, 4>(op->operand_begin(), op->operand_end())) {
      Tensor64 &tensor = tensors.find(operand)->second.tensor;
      exact.push_back({operand, tensor.values});
      addNoise(tensor, random);
    }
  llvm::Expected<Tensor64> result = compute(op);
  for (auto &[operand, values] : exact)
    tensors.find(operand)->second.tensor.values = std::move(values);
  // Whole numbers have no rounding.
  if (result && !isa<vit::WeightOp>(op) &&
      isa<FloatType>(cast<RankedTensorType>(op->getResult(0).getType()).getElementType()))
    addNoise(*result, random);
  return result;
}

llvm::Expected<std::vector<Tensor64>> vitc::evaluate(func::FuncOp function, llvm::ArrayRef<Tensor64> inputs,
                                                     const WeightSource &weights, std::optional<uint64_t> noiseSeed) {
  if (function.isExternal() || !function.getBody().hasOneBlock())
    return makeError("function '" + function.getName() + "' does not consist of one block");
  if (inputs.size() != function.getNumArguments())
    return makeError("function '" + function.getName() + "' has " + llvm::Twine(function.getNumArguments()) +
                     " arguments, but got " + llvm::Twine(inputs.size()));
  Evaluation evaluation(weights);
  for (auto [index, argument] : llvm::enumerate(function.getArguments())) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || type.getShape() != llvm::ArrayRef(inputs[index].shape))
      return makeError("input " + llvm::Twine(index) + " has another shape than the argument");
    evaluation.define(argument, inputs[index]);
  }
  std::mt19937_64 random(noiseSeed.value_or(0));
  std::vector<Tensor64> results;
  // What no result needs is computed by no model either, so that its mistakes are none.
  llvm::DenseSet<Operation *> needed;
  for (Operation &op : llvm::reverse(function.getBody().front()))
    if (isa<func::ReturnOp>(op) || llvm::any_of(op.getUsers(), [&](Operation *user) { return needed.contains(user); }))
      needed.insert(&op);
  for (Operation &op : function.getBody().front()) {
    if (!needed.contains(&op))
      continue;
    if (isa<func::ReturnOp>(op)) {
      for (Value result : op.getOperands())
        results.push_back(evaluation.get(result));
      break;
    }
    llvm::Expected<Tensor64> result = noiseSeed ? evaluation.computeWithNoise(&op, random) : evaluation.compute(&op);
    if (!result)
      return result.takeError();
    evaluation.release(&op);
    evaluation.define(op.getResult(0), std::move(*result));
  }
  return results;
}
