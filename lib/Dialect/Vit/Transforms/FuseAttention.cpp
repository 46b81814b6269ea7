//===- FuseAttention.cpp - projections, scores, weighted sum ----*- C++ -*-===//

#include "Fusion.h"
#include "View.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FUSEATTENTION
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {

/// A linear layer whose features are split by head.
struct Projection {
  LinearOp linear;
  /// Product of the factors between the layer and its use, or its norm if it has one.
  double scale = 1;
  /// Layer norm and rotation by head, in this order, or null.
  LayerNormOp norm;
  RotaryOp rotary;
  /// Product of the factors behind the norm.
  double scaleAfterNorm = 1;
};

/// Something added to the scores, and what it is multiplied by after that.
struct AddedBias {
  Value bias;
  double factor;
};

struct Attention {
  /// Sequences that attend to themselves each, and heads of each.
  int64_t sequences = 1, heads = 1;
  Projection query, key, value;
  /// Product of the factors of the scores.
  double scale = 1;
  /// A factor for each head, or null.
  Value factors;
  llvm::SmallVector<AddedBias> biases;
  /// What queries make of their positions, or null, and what that is multiplied by.
  DecomposedPositionsOp positions;
  double positionsFactor = 1;
  /// The result with the heads concatenated.
  Value result;
};

/// Finds the ops of one attention, backwards and forwards from its softmax.
class Matcher {
public:
  /// An error says why there is no match.
  using Reason = std::optional<std::string>;

  Reason match(SoftmaxOp softmax) {
    llvm::ArrayRef<int64_t> shape = getShape(softmax.getInput());
    if (shape.size() < 2 || shape.size() > 4)
      return "the scores are not heads x queries x keys, or sequences of such";
    leading.assign(shape.begin(), shape.end() - 2);
    if (!leading.empty())
      found.heads = leading.back();
    if (leading.size() == 2)
      found.sequences = leading.front();
    if (!softmax->hasOneUse())
      return "the probabilities have another user";
    OpOperand &use = *softmax->use_begin();
    auto context = dyn_cast<MatmulOp>(use.getOwner());
    if (!context)
      return standsBetween(use.getOwner(), "softmax", "values");
    if (use.getOperandNumber() != 0)
      return "the probabilities are the right operand of the product with values";
    MatmulOp scores;
    if (Reason reason = matchScores(softmax, scores))
      return reason;
    if (found.positions && (found.positions.getQuery() != scores.getLhs() || scores.getLhs() == scores.getRhs()))
      return "positions are multiplied with something else than the queries";
    if (Reason reason = matchProjection("query", scores.getLhs(), /*isTransposed=*/false, found.query,
                                        /*users=*/found.positions ? 2 : 1))
      return reason;
    if (Reason reason = matchProjection("key", scores.getRhs(), !scores.getTransposeRhs(), found.key))
      return reason;
    if (Reason reason = matchProjection("value", context.getRhs(), context.getTransposeRhs(), found.value))
      return reason;
    if (found.value.scaleAfterNorm != 1)
      return "values are scaled after their norm";
    return matchResult(context);
  }

  const Attention &getFound() const { return found; }

private:
  /// From the softmax up to the product of queries and keys.
  Reason matchScores(SoftmaxOp softmax, MatmulOp &scores) {
    Value current = softmax.getInput();
    while (true) {
      Operation *op = current.getDefiningOp();
      if (!op || !op->hasOneUse())
        return "the scores have another user";
      if (auto scale = dyn_cast<ScaleOp>(op)) {
        found.scale *= scale.getFactor().convertToDouble();
        current = scale.getInput();
      } else if (auto mul = dyn_cast<MulOp>(op); mul && matchFactors(mul)) {
        current = mul.getLhs();
      } else if (auto add = dyn_cast<AddOp>(op); add && !found.factors) {
        // The scores are the operand that is known best.
        std::optional<bool> isLeft;
        for (bool (*isOperand)(Value) :
             {+[](Value value) { return isScores(value); }, +[](Value value) { return bool(findProduct(value)); }})
          for (bool left : {true, false})
            if (Value operand = left ? add.getLhs() : add.getRhs();
                !isLeft && operand.getType() == add.getType() && isOperand(operand))
              isLeft = left;
        if (!isLeft)
          return "what is added to the scores changes their shape";
        Value added = *isLeft ? add.getRhs() : add.getLhs();
        if (auto positions = added.getDefiningOp<DecomposedPositionsOp>(); positions && canTake(positions)) {
          found.positions = positions;
          found.positionsFactor = found.scale;
        } else {
          found.biases.push_back({added, found.scale});
        }
        current = *isLeft ? add.getLhs() : add.getRhs();
      } else if (auto product = dyn_cast<MatmulOp>(op)) {
        scores = product;
        return std::nullopt;
      } else {
        return standsBetween(op, "scores", "softmax");
      }
    }
  }

  /// Whether positions are known, and the only ones that are looked for; what they are multiplied with is checked with
  /// the queries.
  bool canTake(DecomposedPositionsOp positions) const {
    return !found.positions && positions->hasOneUse() && isWeight(positions.getRows()) &&
           isWeight(positions.getColumns());
  }

  /// Known factors of the heads, on the right.
  bool matchFactors(MulOp mul) {
    llvm::ArrayRef<int64_t> shape = getShape(mul.getRhs());
    auto isOne = [](int64_t size) { return size == 1; };
    if (found.factors || !isWeight(mul.getRhs()) || mul.getType() != mul.getLhs().getType() || shape.size() < 3 ||
        shape[shape.size() - 3] != found.heads || llvm::count_if(shape, isOne) < int64_t(shape.size()) - 1)
      return false;
    found.factors = mul.getRhs();
    return true;
  }

  /// How elements by head lie in (sequences x) tokens x (heads * features).
  View viewByHead(int64_t tokens, int64_t features, bool isTransposed) const {
    int64_t width = found.heads * features;
    llvm::SmallVector<int64_t> sizes = {found.sequences, found.heads, tokens, features};
    llvm::SmallVector<int64_t> strides = {tokens * width, features, width, 1};
    if (isTransposed) {
      std::swap(sizes[2], sizes[3]);
      std::swap(strides[2], strides[3]);
    }
    size_t missing = 2 - leading.size();
    return View(llvm::ArrayRef(sizes).drop_front(missing), llvm::ArrayRef(strides).drop_front(missing));
  }

  /// The shape of tokens with `width` features.
  llvm::SmallVector<int64_t> tokensShape(int64_t tokens, int64_t width) const {
    llvm::SmallVector<int64_t> shape = {tokens, width};
    if (leading.size() == 2)
      shape.insert(shape.begin(), found.sequences);
    return shape;
  }

  static bool swapsLastTwo(TransposeOp op) {
    llvm::SmallVector<int64_t> permutation(op.getPermutation());
    if (permutation.size() < 2)
      return false;
    std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
    return llvm::is_sorted(permutation);
  }

  /// From `heads x tokens x features` (or with the last two swapped), which has `users` users, up to a linear layer.
  Reason matchProjection(llvm::StringRef name, Value byHead, bool isTransposed, Projection &projection,
                         unsigned users = 1) {
    auto reasonFor = [&](llvm::StringRef what) { return (name + " " + what).str(); };
    llvm::SmallVector<Operation *> chain;
    Operation *op = byHead.getDefiningOp();
    if (op && !llvm::hasNItems(byHead.getUses(), users))
      return reasonFor("by head has another user");
    auto hasNoOther = [&, last = op](Operation *step) { return step == last || step->hasOneUse(); };
    // A rotation and, before it, a layer norm of heads x tokens x features. Scales commute with the rotation.
    double scale = 1;
    for (; op && hasNoOther(op) && !projection.norm; op = op->getOperand(0).getDefiningOp()) {
      if (auto factor = dyn_cast<ScaleOp>(op)) {
        scale *= factor.getFactor().convertToDouble();
        continue;
      }
      if (auto transpose = dyn_cast<TransposeOp>(op); transpose && isTransposed && swapsLastTwo(transpose)) {
        byHead = transpose.getInput();
        isTransposed = false;
        continue;
      }
      if (!isa<RotaryOp, LayerNormOp>(op))
        break;
      if (isTransposed)
        return reasonFor("is transposed after its norm or rotation");
      projection.norm = dyn_cast<LayerNormOp>(op);
      if (projection.norm)
        continue;
      if (projection.rotary)
        return reasonFor("is rotated twice");
      projection.rotary = cast<RotaryOp>(op);
    }
    (projection.norm ? projection.scaleAfterNorm : projection.scale) = scale;
    for (; op && isa<ScaleOp, ReshapeOp, TransposeOp>(op); op = op->getOperand(0).getDefiningOp()) {
      if (!hasNoOther(op))
        return reasonFor("by head has another user");
      if (auto scale = dyn_cast<ScaleOp>(op))
        projection.scale *= scale.getFactor().convertToDouble();
      else
        chain.push_back(op);
    }
    projection.linear = dyn_cast_or_null<LinearOp>(op);
    if (!projection.linear)
      return reasonFor(op ? ("comes from '" + op->getName().getStringRef() + "', not from a linear layer").str()
                          : "does not come from a linear layer");
    if (!hasNoOther(projection.linear))
      return reasonFor("has another user");
    if (!isWeight(projection.linear.getWeight()) ||
        (projection.linear.getBias() && !isWeight(projection.linear.getBias())))
      return reasonFor("has a weight or bias that is computed at run time");

    llvm::ArrayRef<int64_t> shape = getShape(byHead).take_back(2), layerShape = getShape(projection.linear.getResult());
    int64_t tokens = shape[isTransposed ? 1 : 0], features = shape[isTransposed ? 0 : 1];
    View view(layerShape);
    bool isView = llvm::all_of(llvm::reverse(chain), [&](Operation *step) { return view.apply(step); });
    if (!isView || layerShape != llvm::ArrayRef(tokensShape(tokens, found.heads * features)) ||
        !(view == viewByHead(tokens, features, isTransposed)))
      return reasonFor("is not a linear layer with its features split by head");
    return std::nullopt;
  }

  /// From the weighted sum of values down to the concatenated heads.
  Reason matchResult(MatmulOp context) {
    llvm::ArrayRef<int64_t> shape = getShape(context.getResult()).take_back(2);
    llvm::SmallVector<int64_t> wanted = tokensShape(shape[0], found.heads * shape[1]);
    llvm::SmallVector<Operation *> chain;
    for (Value current = context.getResult();;) {
      if (getShape(current) == llvm::ArrayRef(wanted)) {
        View view(wanted);
        bool isView = llvm::all_of(llvm::reverse(chain), [&](Operation *step) { return view.applyInverse(step); });
        if (isView && view == viewByHead(shape[0], shape[1], /*isTransposed=*/false)) {
          found.result = current;
          return std::nullopt;
        }
      }
      Operation *user = current.hasOneUse() ? *current.user_begin() : nullptr;
      if (!user || !isa<ReshapeOp, TransposeOp>(user))
        return "the heads of the result are not just concatenated";
      chain.push_back(user);
      current = user->getResult(0);
    }
  }

  /// Sequences and heads, heads, or nothing: the dimensions before queries and keys.
  llvm::SmallVector<int64_t> leading;
  Attention found;
};

/// Writes the fused ops of one attention.
class Fuser {
public:
  explicit Fuser(Attention found)
      : attention(found), builder(found.result.getContext()), loc(found.query.linear.getLoc()) {
    builder.setInsertionPointAfterValue(found.result);
  }

  void fuse() {
    Projection query = attention.query, key = attention.key;
    // Everything that multiplies the scores goes into the queries, as far as no norm takes it out again.
    double scale = attention.scale * query.scaleAfterNorm * key.scaleAfterNorm;
    if (!key.norm)
      scale *= std::exchange(key.scale, 1);
    double positionsFactor = attention.positionsFactor;
    if (!query.norm && !(attention.positions && scale == 0)) {
      // Positions are for queries that are not scaled.
      positionsFactor /= scale;
      query.scale *= std::exchange(scale, 1);
    }
    Part parts[] = {Part(query), Part(key), Part(attention.value)};
    project(parts);

    Value bias = makeBias(), factors = attention.factors, positions;
    DenseI64ArrayAttr grid;
    if (DecomposedPositionsOp op = attention.positions) {
      positions = scaled(concatenated({op.getRows(), op.getColumns()}), positionsFactor);
      grid = op.getGridAttr();
    }
    if (factors)
      factors = builder.createOrFold<WeightReshapeOp>(
          loc, cast<RankedTensorType>(factors.getType()).clone(llvm::ArrayRef(attention.heads)), factors);
    // The result is written to the map that its windows become.
    Value replaced = attention.result;
    WindowsAttr windows;
    if (WindowMergeOp merge = findMerge(); merge && makeByEdge(bias, merge.getWindows())) {
      windows = merge.getWindows();
      replaced = merge.getResult();
    }
    Value result = builder.create<FusedAttentionOp>(
        attention.result.getLoc(), parts[0].projected, parts[1].projected, parts[2].projected, bias, factors, positions,
        parts[0].index, parts[1].index, parts[2].index, llvm::APFloat(scale), attention.sequences, windows, grid);
    replaced.replaceAllUsesWith(reshaped(result, getShape(replaced)));
  }

private:
  struct Part {
    explicit Part(Projection projection) : projection(projection) {}

    Projection projection;
    /// The op that computes it, and its number there.
    Value projected;
    int64_t index = 0;
  };

  /// Neighbours with the same input, size, norm and rotation are computed together.
  void project(llvm::MutableArrayRef<Part> parts) {
    while (!parts.empty()) {
      auto isTogether = [&](const Part &part) {
        LinearOp first = parts.front().projection.linear, linear = part.projection.linear;
        return linear.getInput() == first.getInput() && linear.getType() == first.getType() &&
               areNormedAlike(parts.front().projection.norm, part.projection.norm) &&
               areRotatedAlike(parts.front().projection.rotary, part.projection.rotary);
      };
      llvm::MutableArrayRef<Part> group = parts.take_while(isTogether);
      Value projected = createProjection(group);
      if (LayerNormOp norm = group.front().projection.norm) {
        auto copy = cast<LayerNormOp>(builder.clone(*norm));
        copy.getInputMutable().assign(projected);
        copy.getResult().setType(cast<RankedTensorType>(projected.getType()));
        projected = copy;
      }
      if (RotaryOp rotary = group.front().projection.rotary)
        projected = builder.create<RotaryOp>(rotary.getLoc(), projected, rotary.getTable(), rotary.getInterleaved());
      for (auto [index, part] : llvm::enumerate(group)) {
        part.projected = projected;
        part.index = index;
      }
      parts = parts.drop_front(group.size());
    }
  }

  /// What makes a map of the result, each sequence being a window, or null.
  WindowMergeOp findMerge() const {
    auto merge = onlyUser<WindowMergeOp>(attention.result);
    return merge && merge.getWindows().getSequences() == attention.sequences ? merge : WindowMergeOp();
  }

  /// Makes a bias one for each kind of window at an edge, as far as it is one for each window; false if it is more than
  /// the mask of these windows.
  bool makeByEdge(Value &bias, WindowsAttr windows) {
    if (!bias || getShape(bias).size() < 4 || getShape(bias).front() == 1)
      return true;
    if (auto mask = bias.getDefiningOp<WeightWindowMaskOp>(); mask && mask.getWindows() == windows) {
      llvm::SmallVector<int64_t> shape(getShape(bias));
      shape.front() = 4;
      bias = builder.create<WeightWindowMaskOp>(mask.getLoc(), cast<RankedTensorType>(bias.getType()).clone(shape),
                                                windows, mask.getValueAttr(), builder.getUnitAttr());
      return true;
    }
    Operation *add = bias.getDefiningOp();
    if (!isa_and_present<AddOp, WeightAddOp>(add) || !isWeight(add->getOperand(0)) || !isWeight(add->getOperand(1)))
      return false;
    Value lhs = add->getOperand(0), rhs = add->getOperand(1);
    if (!makeByEdge(lhs, windows) || !makeByEdge(rhs, windows))
      return false;
    bias = builder.create<WeightAddOp>(add->getLoc(), lhs, rhs);
    return true;
  }

  static bool areNormedAlike(LayerNormOp a, LayerNormOp b) {
    return bool(a) == bool(b) && (!a || (a.getWeight() == b.getWeight() && a.getBias() == b.getBias() &&
                                         a->getAttrDictionary() == b->getAttrDictionary()));
  }

  static bool areRotatedAlike(RotaryOp a, RotaryOp b) {
    return bool(a) == bool(b) && (!a || (a.getTable() == b.getTable() && a.getInterleaved() == b.getInterleaved()));
  }

  Value createProjection(llvm::ArrayRef<Part> group) {
    bool hasBias = llvm::any_of(group, [](const Part &part) {
      LinearOp linear = part.projection.linear;
      return bool(linear.getBias());
    });
    llvm::SmallVector<Value> weights, biases;
    for (const Part &part : group) {
      LinearOp linear = part.projection.linear;
      weights.push_back(scaled(linear.getWeight(), part.projection.scale));
      if (linear.getBias())
        biases.push_back(scaled(linear.getBias(), part.projection.scale));
      else if (hasBias)
        biases.push_back(makeZeros(linear.getWeight()));
    }
    LinearOp first = group.front().projection.linear;
    Value input = first.getInput();
    // Windows are cut while they are read.
    WindowsAttr windows;
    if (auto partition = input.getDefiningOp<WindowPartitionOp>();
        partition && partition.getWindows().getSequences() == attention.sequences) {
      windows = partition.getWindows();
      input = partition.getInput();
    }
    int64_t width = getShape(input).back();
    int64_t tokens = cast<RankedTensorType>(input.getType()).getNumElements() / width;
    return builder.create<FusedHeadProjectionOp>(first.getLoc(), reshaped(input, {tokens, width}),
                                                 concatenated(weights), hasBias ? concatenated(biases) : Value(),
                                                 group.size(), attention.heads, attention.sequences, windows);
  }

  /// Sequences are rows of one matrix, behind each other.
  Value reshaped(Value value, llvm::ArrayRef<int64_t> shape) {
    auto type = cast<RankedTensorType>(value.getType());
    return type.getShape() == shape ? value
                                    : builder.create<ReshapeOp>(value.getLoc(), type.clone(shape), value).getResult();
  }

  Value scaled(Value weight, double factor) {
    return factor == 1 ? weight : builder.create<WeightScaleOp>(loc, weight, llvm::APFloat(factor)).getResult();
  }

  Value concatenated(llvm::ArrayRef<Value> rows) { return builder.createOrFold<WeightConcatOp>(loc, rows, /*dim=*/0); }

  /// The bias that a layer with this weight does not have.
  Value makeZeros(Value weight) {
    auto type = cast<RankedTensorType>(weight.getType());
    return builder.create<WeightFillOp>(loc, RankedTensorType::get(type.getDimSize(0), type.getElementType()),
                                        builder.getF64FloatAttr(0));
  }

  /// The sum of all that is added to the scores, or null. What of it is known at compile time is folded later.
  Value makeBias() {
    Value sum;
    for (const AddedBias &added : attention.biases) {
      Value bias = added.bias;
      if (added.factor != 1)
        bias = builder.create<ScaleOp>(loc, bias, llvm::APFloat(added.factor));
      sum = sum ? builder.create<AddOp>(loc, sum, bias).getResult() : bias;
    }
    return sum;
  }

  Attention attention;
  OpBuilder builder;
  Location loc;
};

class FuseAttention : public vitc::vit::impl::FuseAttentionBase<FuseAttention> {
public:
  using FuseAttentionBase::FuseAttentionBase;

  void runOnOperation() override {
    getOperation().walk([&](SoftmaxOp softmax) {
      if (!isAttention(softmax))
        return;
      Matcher matcher;
      if (Matcher::Reason reason = matcher.match(softmax))
        refuse(softmax, *reason, emitRemarks);
      else
        Fuser(matcher.getFound()).fuse();
    });
    eraseDeadOps(getOperation());
  }
};

} // namespace
