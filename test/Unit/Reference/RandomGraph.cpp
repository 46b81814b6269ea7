//===- RandomGraph.cpp - small models of every arrangement ------*- C++ -*-===//

#include "RandomGraph.h"

using namespace mlir;
using namespace vitc;
using namespace vitc::vit;

RandomGraph::RandomGraph(MLIRContext &context, uint64_t seed)
    : builder(UnknownLoc::get(&context), &context), random(seed) {
  context.loadDialect<VitDialect, func::FuncDialect>();
}

int64_t RandomGraph::pick(int64_t first, int64_t last) {
  return first + int64_t(random() % uint64_t(last - first + 1));
}

RankedTensorType RandomGraph::typeOf(llvm::ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, builder.getF32Type());
}

Value RandomGraph::weight(llvm::ArrayRef<int64_t> shape) {
  return builder.create<WeightOp>(typeOf(shape), "w" + std::to_string(weights++));
}

Value RandomGraph::reshape(Value input, llvm::ArrayRef<int64_t> shape) {
  return builder.create<ReshapeOp>(typeOf(shape), input);
}

Value RandomGraph::transpose(Value input, llvm::ArrayRef<int64_t> permutation) {
  return builder.create<TransposeOp>(input, permutation);
}

Value RandomGraph::linear(Value input, int64_t features) {
  Value matrix = weight({features, getShape(input).back()});
  return builder.create<LinearOp>(input, matrix, flip() ? weight({features}) : Value());
}

Value RandomGraph::norm(Value input) {
  int64_t features = getShape(input).back();
  Value bias = flip() ? weight({features})
                      : builder.create<WeightFillOp>(typeOf({features}), builder.getF64FloatAttr(0)).getResult();
  return builder.create<LayerNormOp>(input, weight({features}), bias, llvm::APFloat(1e-3), /*rms=*/flip());
}

Value RandomGraph::activation(Value input) {
  return builder.create<ActivationOp>(input, *symbolizeActivationKind(uint32_t(pick(1, 7))));
}

Value RandomGraph::maybeScale(Value input) {
  return flip() ? builder.create<ScaleOp>(input, llvm::APFloat(0.25 * double(pick(1, 5)))).getResult() : input;
}

Value RandomGraph::patches(Value image) {
  llvm::ArrayRef<int64_t> shape = getShape(image);
  int64_t patch[] = {shape[1] / pick(1, 2), shape[2] / pick(1, 3)};
  Value matrix = weight({width, shape[0], patch[0], patch[1]});
  Value map = builder.create<Conv2dOp>(transpose(image, {1, 2, 0}), matrix, flip() ? weight({width}) : Value(), patch,
                                       llvm::ArrayRef<int64_t>{0, 0, 0, 0}, llvm::ArrayRef<int64_t>{1, 1}, 1);
  int64_t count = getShape(map)[0] * getShape(map)[1];
  if (flip())
    return reshape(map, {count, width});
  return transpose(reshape(transpose(map, {2, 0, 1}), {width, count}), {1, 0});
}

Value RandomGraph::embed(Value image) {
  Value tokens = patches(image);
  auto addPositions = [&] {
    Value positions = weight(flip() ? llvm::ArrayRef<int64_t>{1, width} : getShape(tokens));
    tokens = flip() ? builder.create<AddOp>(tokens, positions) : builder.create<AddOp>(positions, tokens);
  };
  for (int64_t step = pick(0, 3); step > 0; --step) {
    if (flip()) {
      addPositions();
      continue;
    }
    llvm::SmallVector<Value> rows;
    for (int64_t token = pick(1, 2); token > 0; --token)
      rows.push_back(weight({pick(1, 2), width}));
    rows.push_back(tokens);
    tokens = builder.create<ConcatOp>(rows, 0);
  }
  return tokens;
}

Value RandomGraph::byHead(Value projected, int64_t heads) {
  int64_t tokens = getShape(projected)[0], features = getShape(projected)[1] / heads;
  return maybeScale(transpose(reshape(maybeScale(projected), {tokens, heads, features}), {1, 0, 2}));
}

void RandomGraph::projectJointly(Value input, int64_t heads, int64_t features, Value (&parts)[3]) {
  int64_t tokens = getShape(input)[0];
  Value joint = linear(input, 3 * heads * features);
  if (flip()) {
    for (int64_t part : {0, 1, 2})
      parts[part] = byHead(builder.create<SliceOp>(joint, 1, part * heads * features, heads * features), heads);
    return;
  }
  joint = transpose(reshape(joint, {tokens, 3, heads, features}), {1, 2, 0, 3});
  for (int64_t part : {0, 1, 2})
    parts[part] = reshape(builder.create<SliceOp>(joint, 0, part, 1), {heads, tokens, features});
}

Value RandomGraph::attention(Value queries, Value keys) {
  int64_t heads = pick(1, 3), features = pick(1, 4), valueFeatures = flip() ? features : pick(1, 4);
  Value parts[3];
  if (queries == keys && flip()) {
    projectJointly(queries, heads, features, parts);
    valueFeatures = features;
  } else {
    parts[0] = byHead(linear(queries, heads * features), heads);
    parts[1] = byHead(linear(keys, heads * features), heads);
    parts[2] = byHead(linear(keys, heads * valueFeatures), heads);
  }
  for (Value *part : {&parts[0], &parts[1], &parts[2]})
    if (pick(0, 4) == 0)
      *part = norm(*part);
  if (features % 2 == 0 && flip()) {
    // Queries and keys by the same table or by tables of their own, or one of them only.
    auto table = [&](Value byHead) { return weight({2, pick(1, getShape(byHead)[1]), features / 2}); };
    Value shared = table(getShape(parts[0])[1] < getShape(parts[1])[1] ? parts[0] : parts[1]);
    bool isShared = flip(), isInterleaved = flip();
    for (Value *part : {&parts[0], &parts[1]})
      if (isShared || flip())
        *part = maybeScale(builder.create<RotaryOp>(*part, isShared ? shared : table(*part), isInterleaved));
  }
  Value scores = flip() ? builder.create<MatmulOp>(parts[0], parts[1], true)
                        : builder.create<MatmulOp>(parts[0], transpose(parts[1], {0, 2, 1}), false);
  scores = maybeScale(scores);
  for (int64_t step = pick(0, 2); step > 0; --step) {
    llvm::SmallVector<int64_t> shape(getShape(scores));
    shape[pick(0, 2)] = 1;
    Value bias = weight(llvm::ArrayRef(shape).drop_front(shape[0] == 1 && flip()));
    scores = maybeScale(flip() ? builder.create<AddOp>(scores, bias) : builder.create<AddOp>(bias, scores));
  }
  Value context = builder.create<MatmulOp>(builder.create<SoftmaxOp>(scores), parts[2], false);
  context = reshape(transpose(context, {1, 0, 2}), {getShape(queries)[0], heads * valueFeatures});
  return linear(context, width);
}

Value RandomGraph::mlp(Value input) {
  int64_t hidden = pick(1, 9);
  Value features = activation(linear(input, hidden));
  if (flip())
    features = builder.create<MulOp>(features, linear(input, hidden));
  return linear(features, width);
}

Value RandomGraph::residual(Value input, llvm::function_ref<Value(Value)> layer) {
  Value branch = maybeScale(layer(hasPreNorm ? norm(input) : input));
  if (flip())
    branch = builder.create<MulOp>(branch,
                                   weight(flip() ? llvm::ArrayRef<int64_t>{1, width} : llvm::ArrayRef<int64_t>{width}));
  Value sum = flip() ? builder.create<AddOp>(input, branch) : builder.create<AddOp>(branch, input);
  return hasPreNorm ? sum : norm(sum);
}

Value RandomGraph::pool(Value tokens) {
  int64_t count = getShape(tokens)[0];
  if (flip())
    tokens = norm(tokens);
  switch (pick(0, 3)) {
  case 0: // all tokens
    return linear(tokens, pick(1, 4));
  case 1: // their mean
    return linear(reshape(builder.create<ReduceMeanOp>(tokens, 0), {width}), pick(1, 4));
  case 2: // one token
    return linear(reshape(builder.create<SliceOp>(tokens, 0, pick(0, count - 1), 1), {width}), pick(1, 4));
  default: { // the average over heads of the first and the last token
    Value first = linear(builder.create<SliceOp>(tokens, 0, 0, 1), 3);
    Value last = linear(builder.create<SliceOp>(tokens, 0, count - 1, 1), 3);
    return builder.create<ScaleOp>(builder.create<AddOp>(first, last), llvm::APFloat(0.5));
  }
  }
}

Value RandomGraph::resize(Value map, int64_t height, int64_t width) {
  static constexpr ResampleKind kinds[] = {ResampleKind::Nearest, ResampleKind::Bilinear, ResampleKind::BilinearCorners,
                                           ResampleKind::BilinearAntialias, ResampleKind::Bicubic};
  return builder.create<Resize2dOp>(map, kinds[pick(0, 4)], llvm::ArrayRef<int64_t>{height, width});
}

/// What a description with channels first becomes: an op between two transpositions.
Value RandomGraph::channelsFirst(Value map) {
  Value first = transpose(map, {2, 0, 1});
  llvm::SmallVector<int64_t> shape(getShape(first));
  switch (pick(0, 4)) {
  case 0:
    first = activation(first);
    break;
  case 1:
    first = builder.create<MulOp>(weight({shape[0], 1, 1}), first);
    break;
  case 2:
    first = builder.create<AddOp>(first, builder.create<ReduceMeanOp>(builder.create<ReduceMeanOp>(first, 1), 2));
    break;
  case 3: {
    Value tokens = transpose(reshape(first, {shape[0], shape[1] * shape[2]}), {1, 0});
    return reshape(transpose(transpose(norm(tokens), {1, 0}), {1, 0}), getShape(map));
  }
  default:
    // Of all rows, the first is taken twice.
    first = builder.create<SliceOp>(
        builder.create<ConcatOp>(llvm::SmallVector<Value>{builder.create<SliceOp>(first, 1, 0, 1), first}, 1), 1, 1,
        shape[1]);
  }
  return transpose(first, {1, 2, 0});
}

/// A product of each pixel's channels, as a linear layer or as the convolution that a description has.
Value RandomGraph::pointwise(Value map, int64_t features) {
  if (flip())
    return linear(map, features);
  Value filters = weight({features, getShape(map)[2], 1, 1});
  Value bias = flip() ? weight({features}) : Value();
  return builder.create<Conv2dOp>(map, filters, bias, llvm::ArrayRef<int64_t>{1, 1},
                                  llvm::ArrayRef<int64_t>{0, 0, 0, 0}, llvm::ArrayRef<int64_t>{1, 1}, 1);
}

Value RandomGraph::denseHead(Value image) {
  Value map = transpose(image, {1, 2, 0});
  const int64_t height = getShape(map)[0], width = getShape(map)[1];
  llvm::SmallVector<Value> maps;
  for (int64_t level = pick(1, 3); level > 0; --level) {
    // Down to one pixel, as pooled branches are.
    Value small = flip() ? resize(map, 1, 1) : resize(map, pick(1, height), pick(1, width));
    small = pointwise(small, pick(1, 4));
    if (flip())
      small = activation(small);
    if (flip())
      small = channelsFirst(small);
    maps.push_back(resize(small, height, width));
  }
  if (flip())
    maps.push_back(flip() ? norm(map) : pointwise(map, pick(1, 4)));
  Value result = pointwise(builder.create<ConcatOp>(maps, 2), 3);
  if (flip())
    result = builder.create<AddOp>(resize(linear(resize(map, pick(1, height), 2), 3), height, width), result);
  return flip() ? activation(result) : channelsFirst(result);
}

OwningOpRef<ModuleOp> RandomGraph::build() {
  OwningOpRef<ModuleOp> module = builder.create<ModuleOp>();
  builder.setInsertionPointToEnd(module->getBody());
  int64_t channels = pick(1, 3);
  RankedTensorType image = typeOf({channels, 4, 6});
  auto function = builder.create<func::FuncOp>("forward", builder.getFunctionType({image, image}, {}));
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToEnd(body);

  width = pick(2, 7);
  hasPreNorm = flip();
  Value tokens = embed(body->getArgument(0)), memory;
  if (flip())
    memory = embed(body->getArgument(1));
  for (int64_t block = pick(1, 3); block > 0; --block) {
    tokens = residual(tokens, [&](Value input) { return attention(input, input); });
    if (memory)
      tokens = residual(tokens, [&](Value input) { return attention(input, memory); });
    tokens = residual(tokens, [&](Value input) { return mlp(input); });
  }
  llvm::SmallVector<Value> results = {pool(tokens)};
  if (pick(0, 3) == 0)
    results.push_back(tokens);
  if (flip())
    results.push_back(denseHead(body->getArgument(1)));
  builder.create<func::ReturnOp>(results);
  function.setType(builder.getFunctionType({image, image}, TypeRange(results)));
  return module;
}
