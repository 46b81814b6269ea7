//===- VitImporter.cpp - a described model to the vit dialect ---*- C++ -*-===//

#include "vitc/Importer/VitImporter.h"

#include "ExpandNodes.h"
#include "NodeDiagnostics.h"
#include "mlir/IR/Verifier.h"
#include "vitc/Description/OpSpec.h"
#include "vitc/Weights/RandomWeights.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace vitc;

namespace {

class FunctionImporter {
public:
  FunctionImporter(ModuleOp module, llvm::StringRef name, const ModelDescription &description)
      : description(description), errors(description.file, description.text.get()),
        diagnostics(module.getContext(), description, errors), builder(module.getBodyRegion()) {
    builder.setInsertionPointToEnd(module.getBody());
    imported.function =
        builder.create<func::FuncOp>(locationOf(description.name), name, builder.getFunctionType({}, {}));
    builder.setInsertionPointToEnd(imported.function.addEntryBlock());
  }

  llvm::Expected<ImportedFunction> import() {
    addInputs();
    addNodes();
    if (!errors.any())
      addOutputs();
    if (!errors.any())
      checkLabels();
    if (!errors.any())
      checkPostprocessing();
    // Each op was checked when it was made: this is about the function.
    if (!errors.any() && failed(verify(imported.function)))
      errors.report("", "the imported function is not valid");
    if (!errors.any())
      return std::move(imported);
    imported.function.erase();
    return errors.take();
  }

private:
  Location locationOf(llvm::StringRef name) { return NameLoc::get(builder.getStringAttr(name)); }

  Block &body() { return imported.function.front(); }

  void addInputs() {
    for (const auto &[index, input] : llvm::enumerate(description.inputs)) {
      if (!countElements(input.shape))
        return errors.report("/inputs/" + std::to_string(index), "shape " + shapeText(input.shape) + " is too large");
      auto type = RankedTensorType::get(input.shape, vit::getElementType(builder.getContext(), input.dtype));
      values[input.name] = body().addArgument(type, locationOf(input.name));
    }
  }

  void addNodes() {
    VitBuilder nodes(builder, description.mapLayout, errors, imported.weights);
    for (const Node &node : description.nodes) {
      if (errors.any())
        return;
      nodes.enter(node);
      llvm::SmallVector<Value> inputs;
      bool keepsDType = findOpSpec(node.op)->keepsDType;
      for (const std::string &name : node.inputs)
        inputs.push_back(keepsDType ? values.lookup(name) : realValue(nodes, name));
      NodeExpander expander = findMapExpander(node.op);
      if (!expander)
        expander = findWindowExpander(node.op);
      if (!expander)
        expander = findBlockExpander(node.op);
      Value value = expander ? expander(nodes, inputs) : findPrimitiveExpander(node.op)(nodes, inputs);
      values[node.name] = value;
      nodes.inheritGrid(value, inputs);
      imported.nodeShapes.push_back(nodes.shapeOf(value));
    }
    errors.enterNode("");
  }

  /// The value of this name as f32, converted once for all nodes.
  Value realValue(VitBuilder &nodes, llvm::StringRef name) {
    Value &real = realValues[name];
    if (!real)
      real = nodes.cast(values.lookup(name), DType::F32);
    return real;
  }

  static llvm::StringRef nameOf(Operation &op) { return cast<NameLoc>(op.getLoc()).getName().strref(); }

  /// The value of the last op of a part of a node.
  Value findPart(llvm::StringRef part) {
    for (Operation &op : llvm::reverse(body()))
      if (nameOf(op) == part)
        return op.getResult(0);
    return {};
  }

  /// Names of the parts that ops of a node belong to, for messages.
  std::string listParts(llvm::StringRef node) {
    std::vector<std::string> parts;
    for (Operation &op : body()) {
      llvm::StringRef part = nameOf(op);
      if (part.consume_front(node) && part.consume_front("/") && !llvm::is_contained(parts, part))
        parts.push_back(part.str());
    }
    return parts.empty() ? "it has no parts" : "expected one of " + llvm::join(parts, ", ");
  }

  Value convert(Value value, DType dtype) {
    auto type = cast<RankedTensorType>(value.getType());
    Type element = vit::getElementType(builder.getContext(), dtype);
    if (type.getElementType() == element)
      return value;
    return builder.create<vit::CastOp>(value.getLoc(), RankedTensorType::get(type.getShape(), element), value);
  }

  void addOutputs() {
    func::FuncOp function = imported.function;
    llvm::SmallVector<Value> results;
    for (const auto &[index, output] : llvm::enumerate(description.outputs)) {
      auto [node, part] = llvm::StringRef(output.from).split('/');
      results.push_back(part.empty() ? values.lookup(output.from) : findPart(output.from));
      if (!results.back())
        return errors.report("/outputs/" + std::to_string(index) + "/from",
                             "node '" + node + "' has no part '" + part + "', " + listParts(node));
      if (output.dtype)
        results.back() = convert(results.back(), *output.dtype);
      imported.outputShapes.push_back(Shape(vit::getShape(results.back())));
      imported.outputDTypes.push_back(vit::getDType(cast<RankedTensorType>(results.back().getType()).getElementType()));
    }
    builder.create<func::ReturnOp>(function.getLoc(), results);
    function.setType(builder.getFunctionType(body().getArgumentTypes(), TypeRange(results)));
    for (const auto &[index, input] : llvm::enumerate(description.inputs))
      function.setArgAttr(index, "vit.name", builder.getStringAttr(input.name));
    for (const auto &[index, output] : llvm::enumerate(description.outputs))
      function.setResultAttr(index, "vit.name", builder.getStringAttr(output.name));
  }

  void checkLabels() {
    const Shape &first = imported.outputShapes.front();
    DType dtype = imported.outputDTypes.front();
    if (dtype != DType::F32 && description.scores != Scores::None)
      errors.report("/scores", "output '" + description.outputs.front().name + "' is " +
                                   llvm::StringRef(vitc::nameOf(dtype)) + ", scores are made of f32");
    const auto labels = int64_t(description.labels.size());
    // A detector has a row for each candidate, and a column more: that there is nothing.
    bool hasRows = first.size() == 2 && first[1] == labels + 1 && description.scores == Scores::None;
    // So has what tells the classes of pixels, or of candidates that are none of a class too.
    const Postprocessing::Kind kind = description.postprocessing.kind;
    bool hasMap = kind == Postprocessing::Kind::Segmentation && first.size() == 3 && first[0] == labels;
    bool hasClasses = kind == Postprocessing::Kind::Detection && first.size() == 2 && first[1] == labels;
    if (labels > 0 && first != Shape{labels} && !hasRows && !hasMap && !hasClasses)
      errors.report("/labels", "there are " + llvm::Twine(labels) + " labels, output '" +
                                   description.outputs.front().name + "' has shape " + shapeText(first));
  }

  /// What an answer is made of: f32, of the rank that it needs.
  void checkPostprocessing() {
    const Postprocessing &own = description.postprocessing;
    auto expect = [&](const char *key, const std::string &name, auto isRight, const char *what) {
      for (const auto &[index, output] : llvm::enumerate(description.outputs))
        if (output.name == name &&
            (imported.outputDTypes[index] != DType::F32 || !isRight(imported.outputShapes[index])))
          errors.report(std::string("/postprocessing/") + key,
                        "output '" + name + "' is " + llvm::StringRef(vitc::nameOf(imported.outputDTypes[index])) +
                            " of shape " + shapeText(imported.outputShapes[index]) + ", expected f32 of " + what);
    };
    switch (own.kind) {
    case Postprocessing::Kind::None:
      return;
    case Postprocessing::Kind::Segmentation:
      return expect(
          "output", own.output, [](const Shape &shape) { return shape.size() == 3; }, "classes x height x width");
    case Postprocessing::Kind::Depth:
      return expect(
          "output", own.output,
          [](const Shape &shape) { return shape.size() == 2 || (shape.size() == 3 && shape[0] == 1); },
          "height x width");
    case Postprocessing::Kind::Detection: {
      int64_t candidates = 0;
      // A class more where the last one is that nothing is there.
      int64_t fewest = own.scores == Scores::Sigmoid ? 1 : 2;
      expect(
          "logits", own.output,
          [&](const Shape &shape) {
            candidates = shape.empty() ? 0 : shape[0];
            return shape.size() == 2 && shape[1] >= fewest;
          },
          "candidates x classes");
      return expect(
          "boxes", own.boxes, [&](const Shape &shape) { return shape == Shape{candidates, 4}; },
          "as many candidates x 4");
    }
    }
  }

  const ModelDescription &description;
  InputErrors errors;
  NodeDiagnostics diagnostics;
  OpBuilder builder;
  ImportedFunction imported;
  /// Values of inputs and nodes by name; the same as f32, where they are of use so.
  llvm::StringMap<Value> values, realValues;
};

} // namespace

llvm::Expected<ImportedFunction> vitc::importFunction(ModuleOp module, llvm::StringRef name,
                                                      const ModelDescription &description) {
  module.getContext()->loadDialect<vit::VitDialect, func::FuncDialect>();
  return FunctionImporter(module, name, description).import();
}

/// Imports a model that was read, and binds the weights that it has to the function.
static llvm::Expected<ImportedFunction> importEntryPoint(ModuleOp module, llvm::StringRef name, SourceModel &model) {
  llvm::Expected<ImportedFunction> imported = importFunction(module, name, model.description);
  if (!imported)
    return imported.takeError();
  // No message is about it any more.
  model.description.text = nullptr;
  if (model.weights) {
    if (llvm::Error error = bindWeights(*imported, *model.weights, model.description.ignoredTensors))
      return error;
  } else if (model.needsWeights && !model.randomSeed) {
    return inputError(model.description.file, "",
                      "the model comes without weights: give --weights or --random-weights");
  }
  return imported;
}

/// The weights of all functions, each tensor once.
static llvm::Expected<std::vector<WeightRequirement>> uniteWeights(llvm::ArrayRef<ImportedFunction> functions,
                                                                   llvm::ArrayRef<SourceModel> entryPoints) {
  std::vector<WeightRequirement> weights;
  // Where a tensor is first needed.
  llvm::StringMap<std::pair<llvm::ArrayRef<int64_t>, llvm::StringRef>> known;
  for (const auto &[function, model] : llvm::zip_equal(functions, entryPoints))
    for (const WeightRequirement &weight : function.weights) {
      auto [place, isNew] = known.try_emplace(weight.tensor, weight.shape, model.entryPoint);
      auto [shape, first] = place->second;
      if (isNew)
        weights.push_back(weight);
      else if (shape != llvm::ArrayRef(weight.shape))
        return inputError("command line", "--image-size",
                          "the sizes cannot share weights: tensor '" + weight.tensor + "' has shape " +
                              shapeText(shape) + " for " + first + ", and " + shapeText(weight.shape) + " for " +
                              model.entryPoint);
    }
  return weights;
}

llvm::Expected<ImportedModel> vitc::importModel(MLIRContext &context, llvm::MutableArrayRef<SourceModel> entryPoints) {
  context.loadDialect<vit::VitDialect, func::FuncDialect>();
  SourceModel &first = entryPoints.front();
  auto name = StringAttr::get(&context, first.description.name);
  ImportedModel result;
  result.module = ModuleOp::create(NameLoc::get(name));
  (*result.module)->setAttr("vit.name", name);
  for (SourceModel &model : entryPoints) {
    bool isOnly = entryPoints.size() == 1;
    llvm::Expected<ImportedFunction> imported =
        importEntryPoint(*result.module, isOnly ? "forward" : "forward_" + model.entryPoint, model);
    if (!imported)
      return imported.takeError();
    if (!isOnly)
      imported->function->setAttr("vit.name", StringAttr::get(&context, model.entryPoint));
    result.functions.push_back(std::move(*imported));
  }
  llvm::Expected<std::vector<WeightRequirement>> weights = uniteWeights(result.functions, entryPoints);
  if (!weights)
    return weights.takeError();
  if (!first.weights && first.randomSeed)
    first.weights = std::make_unique<RandomWeights>(*first.randomSeed, *weights);
  return result;
}
