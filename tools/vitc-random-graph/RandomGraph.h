//===- RandomGraph.h - random valid descriptions ----------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRANDOMGRAPH_RANDOMGRAPH_H
#define VITC_TOOLS_VITCRANDOMGRAPH_RANDOMGRAPH_H

#include "Random.h"

#include "vitc/Description/OpSpec.h"
#include "vitc/Importer/VitImporter.h"

namespace vitc {

/// Makes a description node by node. An op's attributes, inputs and parameters are drawn as its OpSpec says, until the
/// description language accepts the node, and then varied as long as it does: an op of the table needs nothing here to
/// be covered. Arrangements that fusion passes look for are too rare among random nodes; they are written as a whole,
/// with variations that they should survive or must not match (Arrangements.cpp).
class RandomGraph {
public:
  explicit RandomGraph(uint64_t seed);

  /// A description without weights that the importer accepts. The same seed gives the same description.
  ModelDescription make();

private:
  /// An input or node of the description and its shape.
  struct KnownValue {
    std::string name;
    Shape shape;
  };
  /// A point to return to.
  struct State {
    size_t inputs, nodes, values;
  };

  State save() const { return {description.inputs.size(), description.nodes.size(), values.size()}; }
  void restore(const State &state);

  // What a node is made of.
  Node newNode(const std::string &op, std::vector<std::string> inputs);
  /// Adds a node if the description language accepts it.
  bool add(const Node &node);
  /// The same for one made of a few words: attributes that are not named have their defaults.
  bool add(const std::string &op, std::vector<std::string> inputs, std::map<std::string, AttributeValue> attributes,
           std::vector<std::string> modules = {});
  void drawAttributes(const OpSpec &spec, Node &node, const Shape &shape);
  AttributeValue drawAttribute(const AttributeSpec &spec, const Shape &shape);
  void drawParameters(const OpSpec &spec, Node &node);
  /// Changes the last node, step by step, to others that are accepted.
  void vary(const OpSpec &spec, const Shape &shape);
  /// Changes one attribute or parameter.
  void change(const OpSpec &spec, Node &node, const Shape &shape);
  /// Adds an input, or takes one away.
  void changeInputs(const OpSpec &spec, Node &node);
  /// Names the tensors of one layer.
  void addModule(Node &node, const std::string &module, bool hasBias);
  std::string tensorName();

  // Values.
  std::string addInput(const Shape &shape);
  /// An operand of this shape: a value that is there, a new input of the model or a weight.
  std::string operandOf(const Shape &shape);
  /// A shape that may go with `shape` in one op: the same, one that broadcasts to it, one for a product with it.
  Shape relativeOf(const Shape &shape);
  /// A value of this rank, a late one rather than an early one, or null. Only until the next value is added.
  const KnownValue *drawValue(size_t rank);
  const KnownValue &last() const { return values.back(); }
  const Shape &shapeOf(const std::string &name) const;
  int64_t drawSize();
  /// A size that has something to do with `shape`: one of its dimensions, a divisor, or any.
  int64_t relatedSize(const Shape &shape);

  // What is added to a graph.
  void addStartingInputs();
  bool addRandomNode();
  bool addNodeOf(const OpSpec &spec);
  bool tryNodeOf(const OpSpec &spec);
  void addOutputs();

  // Arrangements.cpp. Each returns whether it could be added whole; a part of it may be there otherwise.
  bool addArrangement();
  bool addAttention();
  bool addHeads(const std::string &tokens, int64_t heads, int64_t headDim, std::string &result);
  bool addResidualLayer();
  bool addLongConcat();
  bool addPatches();
  /// Once in a while an elementwise op, which the fusion of its neighbours has to take in or to refuse.
  void perturb();

  mlir::MLIRContext context;
  Random random;
  ModelDescription description;
  std::vector<KnownValue> values;
  unsigned nodeNumber = 0, tensorNumber = 0;
};

} // namespace vitc

#endif // VITC_TOOLS_VITCRANDOMGRAPH_RANDOMGRAPH_H
