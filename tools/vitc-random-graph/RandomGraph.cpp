//===- RandomGraph.cpp - random valid descriptions --------------*- C++ -*-===//

#include "RandomGraph.h"

#include "vitc/Description/DescriptionParser.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;

/// Small enough that the evaluator is quick.
static constexpr int64_t kMaximumElements = 1 << 15;

/// To make a node of one op. Blocks with attention need most: one in a few hundred fits together.
static constexpr unsigned kAttempts = 1500;

RandomGraph::RandomGraph(uint64_t seed) : random(seed) { description.name = "random_" + std::to_string(seed); }

ModelDescription RandomGraph::make() {
  if (random.chance(50))
    description.mapLayout = MapLayout::ChannelsFirst;
  addStartingInputs();
  // Many things are for the patches of an image.
  if (last().shape.size() == 3 && random.chance(60))
    addNodeOf(*findOpSpec("patch_embedding"));
  const uint64_t nodes = 1 + random.below(16);
  for (unsigned attempts = 0; description.nodes.size() < nodes && attempts < 100; ++attempts) {
    if (random.chance(40))
      addArrangement();
    else
      addRandomNode();
  }
  // Any value has an activation.
  if (description.nodes.empty())
    add("activation", {last().name}, {{"kind", std::string("gelu")}});
  addOutputs();
  return description;
}

void RandomGraph::restore(const State &state) {
  description.inputs.resize(state.inputs);
  description.nodes.resize(state.nodes);
  values.resize(state.values);
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

Node RandomGraph::newNode(const std::string &op, std::vector<std::string> inputs) {
  Node node;
  node.op = op;
  node.name = op + "_" + std::to_string(nodeNumber++);
  node.inputs = std::move(inputs);
  for (const AttributeSpec &spec : findOpSpec(op)->attributes)
    if (spec.defaultValue)
      node.attributes[spec.name] = *spec.defaultValue;
  return node;
}

bool RandomGraph::add(const Node &node) {
  description.nodes.push_back(node);
  description.outputs = {{"y", node.name}};
  llvm::Error error = validateDescription(description);
  if (!error) {
    mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
    llvm::Expected<ImportedFunction> imported = importFunction(*module, "forward", description);
    if (imported) {
      const auto isLarge = [](mlir::Value value) { return *countElements(vit::getShape(value)) > kMaximumElements; };
      bool hasLarge = llvm::any_of(imported->function.getArguments(), isLarge);
      for (mlir::Operation &op : imported->function.front())
        hasLarge |= llvm::any_of(op.getResults(), isLarge);
      if (!hasLarge) {
        values.push_back({node.name, imported->outputShapes.front()});
        return true;
      }
    }
    error = imported.takeError();
  }
  llvm::consumeError(std::move(error));
  description.nodes.pop_back();
  return false;
}

bool RandomGraph::add(const std::string &op, std::vector<std::string> inputs,
                      std::map<std::string, AttributeValue> attributes, std::vector<std::string> modules) {
  Node node = newNode(op, std::move(inputs));
  for (auto &[name, value] : attributes)
    node.attributes[name] = value;
  for (const std::string &module : modules)
    addModule(node, module, random.chance(75));
  return add(node);
}

std::string RandomGraph::tensorName() {
  // Now and then a tensor has two users.
  if (tensorNumber > 0 && random.chance(4))
    return "tensor_" + std::to_string(random.below(tensorNumber));
  return "tensor_" + std::to_string(tensorNumber++);
}

void RandomGraph::addModule(Node &node, const std::string &module, bool hasBias) {
  const std::string prefix = module.empty() ? "" : module + ".";
  node.parameters[prefix + "weight"] = tensorName();
  if (hasBias)
    node.parameters[prefix + "bias"] = tensorName();
}

void RandomGraph::drawParameters(const OpSpec &spec, Node &node) {
  // Many parameters exclude or need each other: most nodes begin with few of them.
  static const std::vector<unsigned> percents = {8, 8, 25, 60};
  const unsigned percent = random.pick(percents);
  for (const ParameterSpec &parameter : spec.parameters) {
    if (!parameter.required && !random.chance(percent))
      continue;
    if (parameter.kind == ParameterKind::Tensor)
      node.parameters[parameter.name] = tensorName();
    else
      addModule(node, parameter.name, random.chance(75));
  }
}

int64_t RandomGraph::drawSize() {
  static const std::vector<int64_t> sizes = {1,  1,  2,  3,  4,  5,  6,  7,  8,  9,  12, 15,
                                             16, 17, 20, 24, 31, 32, 33, 40, 48, 64, 65};
  return random.pick(sizes);
}

int64_t RandomGraph::relatedSize(const Shape &shape) {
  if (random.chance(35))
    return drawSize();
  // A dimension of this shape or of any value, or a divisor of it.
  const Shape &source = random.chance(70) ? shape : random.pick(values).shape;
  const int64_t size = random.pick(source);
  if (random.chance(60))
    return size;
  std::vector<int64_t> divisors;
  for (int64_t divisor = 1; divisor <= size; ++divisor)
    if (size % divisor == 0)
      divisors.push_back(divisor);
  return random.pick(divisors);
}

AttributeValue RandomGraph::drawAttribute(const AttributeSpec &spec, const Shape &shape) {
  switch (spec.type) {
  case AttributeType::Bool:
    return random.chance(50);
  case AttributeType::Integer: {
    if (random.chance(40)) // Dimensions, offsets, counts of a few, negative ones where they may be.
      return std::max<int64_t>(spec.minimum, spec.minimum < 0 ? -3 : 0) + int64_t(random.below(7));
    return std::clamp(relatedSize(shape), spec.minimum, spec.maximum);
  }
  case AttributeType::Real: {
    static const std::vector<double> small = {1e-6, 1e-5, 1e-3, 0.1, 1.0};
    static const std::vector<double> any = {0.125, 0.3, 0.7, 1.0, 1.5, 2.0, -0.5, 0.0};
    static const std::vector<double> large = {1.0, 10.0, 100.0, 10000.0};
    const bool isLarge = spec.defaultValue && std::get<double>(*spec.defaultValue) >= 10;
    return random.pick(isLarge ? large : spec.minimum == 0 ? small : any);
  }
  case AttributeType::Choice:
    return std::string(random.pick(spec.choices));
  case AttributeType::Size: {
    const int64_t height = relatedSize(shape);
    return std::vector<int64_t>{height, random.chance(50) ? height : relatedSize(shape)};
  }
  case AttributeType::Dims: {
    const int64_t rank = int64_t(shape.size()), dim = int64_t(random.below(shape.size()));
    if (rank == 1 || random.chance(60))
      return random.chance(70) ? dim : dim - rank;
    // Another one that lies behind it, in a circle.
    return std::vector<int64_t>{dim, (dim + 1 + int64_t(random.below(rank - 1))) % rank};
  }
  case AttributeType::Integers:
    break;
  }
  std::vector<int64_t> list;
  if (spec.count > 0) {
    for (unsigned i = 0; i < spec.count; ++i)
      list.push_back(std::max<int64_t>(spec.minimum, 0) + int64_t(random.below(3)));
    return list;
  }
  if (spec.minimum == 0 && random.chance(40)) { // A few for each dimension.
    for (size_t dim = 0; dim < shape.size(); ++dim)
      list.push_back(int64_t(random.below(3)));
    return list;
  }
  if (random.chance(40)) { // A permutation of the dimensions.
    list.resize(shape.size());
    std::iota(list.begin(), list.end(), 0);
    for (size_t i = list.size(); i > 1; --i)
      std::swap(list[i - 1], list[random.below(i)]);
    return list;
  }
  if (random.chance(20)) { // Any list.
    for (uint64_t i = 0, size = 1 + random.below(4); i < size; ++i)
      list.push_back(std::max(drawSize(), spec.minimum));
    return list;
  }
  // The same number of elements: dimensions are split and merged.
  list = shape;
  for (uint64_t step = 0, steps = 1 + random.below(3); step < steps; ++step) {
    const size_t at = random.below(list.size());
    if (random.chance(50) && at + 1 < list.size()) {
      list[at] *= list[at + 1];
      list.erase(list.begin() + int64_t(at) + 1);
    } else if (list.size() < 5) {
      const int64_t divisor = relatedSize({list[at]});
      if (list[at] % divisor == 0) {
        list[at] /= divisor;
        list.insert(list.begin() + int64_t(at), divisor);
      }
    }
  }
  if (spec.minimum < 0 && random.chance(20))
    list[random.below(list.size())] = -1;
  return list;
}

void RandomGraph::drawAttributes(const OpSpec &spec, Node &node, const Shape &shape) {
  for (const AttributeSpec &attribute : spec.attributes)
    if ((!attribute.defaultValue && !attribute.optional) || random.chance(5))
      node.attributes[attribute.name] = drawAttribute(attribute, shape);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

const Shape &RandomGraph::shapeOf(const std::string &name) const {
  return llvm::find_if(values, [&](const KnownValue &value) { return value.name == name; })->shape;
}

static const std::vector<DType> &valueDTypesToDraw() {
  static const std::vector<DType> dtypes(valueDTypes.begin(), valueDTypes.end());
  return dtypes;
}

std::string RandomGraph::addInput(const Shape &shape) {
  ModelInput input;
  input.name = "input_" + std::to_string(nodeNumber++);
  input.shape = shape;
  input.isImage = shape.size() == 3 && shape[0] <= 4 && random.chance(70);
  if (random.chance(12))
    input.dtype = input.isImage ? DType::U8 : random.pick(valueDTypesToDraw());
  description.inputs.push_back(input);
  values.push_back({input.name, shape});
  return input.name;
}

const RandomGraph::KnownValue *RandomGraph::drawValue(size_t rank) {
  std::vector<const KnownValue *> found;
  for (const KnownValue &value : values)
    if (value.shape.size() == rank)
      found.push_back(&value);
  if (found.empty())
    return nullptr;
  return random.chance(60) ? found.back() : random.pick(found);
}

std::string RandomGraph::operandOf(const Shape &shape) {
  std::vector<std::string> same;
  for (const KnownValue &value : values)
    if (value.shape == shape)
      same.push_back(value.name);
  if (!same.empty() && random.chance(70))
    return random.pick(same);
  if (description.inputs.size() < 6 && random.chance(40))
    return addInput(shape);
  Node node = newNode("parameter", {});
  node.attributes["shape"] = shape;
  node.parameters["value"] = tensorName();
  if (add(node))
    return node.name;
  return last().name;
}

Shape RandomGraph::relativeOf(const Shape &shape) {
  Shape result = shape;
  if (random.chance(40))
    return result;
  if (random.chance(50))
    for (int64_t &size : result)
      if (random.chance(40))
        size = 1;
  if (result.size() > 1 && random.chance(35))
    result.erase(result.begin(), result.begin() + int64_t(1 + random.below(result.size() - 1)));
  if (result.size() > 1 && random.chance(25))
    std::swap(result[result.size() - 1], result[result.size() - 2]);
  if (random.chance(30))
    result[random.below(result.size())] = relatedSize(shape);
  if (result.size() < 4 && random.chance(15))
    result.insert(result.begin(), relatedSize(shape));
  return result;
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

void RandomGraph::addStartingInputs() {
  for (uint64_t i = 0, count = random.chance(75) ? 1 : 2; i < count; ++i) {
    if (random.chance(50)) {
      addInput({int64_t(1 + random.below(4)), std::max<int64_t>(drawSize(), 4), std::max<int64_t>(drawSize(), 4)});
    } else if (random.chance(75)) {
      addInput({drawSize(), drawSize()});
    } else {
      Shape shape;
      for (uint64_t dim = 0, rank = 1 + random.below(4); dim < rank; ++dim)
        shape.push_back(1 + int64_t(random.below(12)));
      addInput(shape);
    }
  }
}

bool RandomGraph::tryNodeOf(const OpSpec &spec) {
  // As many as it needs or may have. Very many have one shape: others would hardly ever fit together.
  const uint64_t most = spec.maxInputs - spec.minInputs;
  const bool areMany = most > 8 && random.chance(35);
  const uint64_t count = spec.minInputs + random.below(std::min<uint64_t>(most, areMany ? 40 : 3) + 1);
  std::vector<std::string> inputs;
  if (count > 0)
    inputs.push_back(random.chance(65) ? last().name : random.pick(values).name);
  const Shape shape = inputs.empty() ? last().shape : shapeOf(inputs.front());
  while (inputs.size() < count)
    inputs.push_back(random.chance(15) ? inputs.front() : operandOf(areMany ? shape : relativeOf(shape)));
  Node node = newNode(spec.name, std::move(inputs));
  drawAttributes(spec, node, shape);
  drawParameters(spec, node);
  if (!add(node))
    return false;
  vary(spec, shape);
  return true;
}

void RandomGraph::vary(const OpSpec &spec, const Shape &shape) {
  for (uint64_t step = 0, steps = random.below(15); step < steps; ++step) {
    const Node plain = description.nodes.back();
    description.nodes.pop_back();
    values.pop_back();
    bool isAccepted = false;
    for (unsigned attempt = 0; attempt < 4 && !isAccepted; ++attempt) {
      Node node = plain;
      change(spec, node, shape);
      isAccepted = add(node);
      // What is refused alone may need a second change beside it.
      for (unsigned repair = 0; repair < 40 && !isAccepted; ++repair) {
        const State state = save();
        Node repaired = node;
        if (random.chance(25))
          changeInputs(spec, repaired);
        else
          change(spec, repaired, shape);
        isAccepted = add(repaired);
        if (!isAccepted)
          restore(state);
      }
    }
    if (!isAccepted)
      add(plain);
  }
}

void RandomGraph::changeInputs(const OpSpec &spec, Node &node) {
  if (node.inputs.size() >= spec.maxInputs || (node.inputs.size() > spec.minInputs && random.chance(30))) {
    if (node.inputs.size() > spec.minInputs)
      node.inputs.pop_back();
    return;
  }
  // Any of the sizes that the node has to do with, or one: what it adds or masks broadcasts to them.
  std::vector<int64_t> sizes = {1};
  for (const auto &[name, value] : node.attributes)
    if (const int64_t *size = std::get_if<int64_t>(&value); size && *size > 0 && *size <= 128)
      sizes.push_back(*size);
  for (const std::string &input : node.inputs)
    sizes.push_back(shapeOf(input).front());
  Shape operand;
  for (uint64_t dim = 0, rank = 1 + random.below(3); dim < rank; ++dim)
    operand.push_back(random.pick(sizes));
  node.inputs.push_back(operandOf(operand));
}

void RandomGraph::change(const OpSpec &spec, Node &node, const Shape &shape) {
  const uint64_t attributes = spec.attributes.size(), parameters = spec.parameters.size();
  if (attributes + parameters == 0)
    return;
  const uint64_t which = random.below(attributes + parameters);
  if (which < attributes) {
    const AttributeSpec &attribute = spec.attributes[which];
    if (attribute.optional && random.chance(25))
      node.attributes.erase(attribute.name);
    else
      node.attributes[attribute.name] = drawAttribute(attribute, shape);
    return;
  }
  const ParameterSpec &parameter = spec.parameters[which - attributes];
  if (parameter.kind == ParameterKind::Tensor) {
    if (node.parameters.erase(parameter.name) == 0)
      node.parameters[parameter.name] = tensorName();
    return;
  }
  const std::string prefix = parameter.name.empty() ? "" : parameter.name + ".";
  node.parameters.erase(prefix + "bias");
  if (node.parameters.erase(prefix + "weight") == 0 || random.chance(50))
    addModule(node, parameter.name, random.chance(50));
}

bool RandomGraph::addRandomNode() {
  // Primitive ops come first in the table, and there are more of them; arrangements have many, too.
  llvm::ArrayRef<OpSpec> specs = opSpecs();
  if (random.chance(50))
    specs = specs.drop_until([](const OpSpec &spec) { return spec.isBlock; });
  return addNodeOf(specs[random.below(specs.size())]);
}

bool RandomGraph::addNodeOf(const OpSpec &spec) {
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    const State state = save();
    if (tryNodeOf(spec))
      return true;
    restore(state);
  }
  return false;
}

void RandomGraph::addOutputs() {
  description.outputs.clear();
  std::vector<std::string> chosen = {description.nodes.back().name};
  while (random.chance(35))
    if (const std::string &name = random.pick(description.nodes).name; !llvm::is_contained(chosen, name))
      chosen.push_back(name);
  for (const std::string &from : chosen) {
    std::string name = random.chance(50) ? from : "output_" + std::to_string(description.outputs.size());
    ModelOutput output{std::move(name), from};
    if (random.chance(8))
      output.dtype = random.pick(valueDTypesToDraw());
    description.outputs.push_back(std::move(output));
  }
}
