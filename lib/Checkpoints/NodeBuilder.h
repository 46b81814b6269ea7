//===- NodeBuilder.h - appends nodes to a description -----------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_NODEBUILDER_H
#define VITC_LIB_CHECKPOINTS_NODEBUILDER_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Support/InputErrors.h"
#include "vitc/Weights/WeightSource.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace vitc {

/// A model under construction: what all readers have in common. Each derives a class that knows the names of its
/// library's modules and tensors.
class NodeBuilder {
public:
  NodeBuilder(InputErrors &errors, ModelDescription &result, const WeightSource *weights)
      : errors(errors), result(result), weights(weights) {}

  InputErrors &errors;
  ModelDescription &result;
  /// Null: there is no file.
  const WeightSource *weights;

  bool hasTensor(llvm::StringRef name) const { return weights && weights->find(name); }

  /// Adds the input `pixel_values`, a picture of channels x height x width.
  void addImage(int64_t channels, const std::vector<int64_t> &size);

  /// Appends a node with its op's defaults, whose input is the node before it unless given.
  Node &add(const std::string &name, const std::string &op, const std::string &input = "");
  /// Gives a node the tensors of a module: ROLE.weight (weight without a role) is PREFIX.weight, likewise the bias.
  static void setModule(Node &node, const std::string &role, const std::string &tensors, bool hasBias = true);
  /// The name of the last node.
  std::string last() const { return result.nodes.back().name; }

  /// `size` elements of a dimension from `offset` on (counted from the end if negative); all for a size of -1, without
  /// the last N for -1 - N.
  Node &addSlice(const std::string &name, int64_t dim, int64_t offset, int64_t size, const std::string &input = "");
  /// One vector for all tokens: that of a "token", or the "mean" or "max" of all from one on.
  Node &addPooling(const std::string &name, const std::string &kind, int64_t index, const std::string &input = "");
  Node &addActivation(const std::string &name, const std::string &kind, const std::string &input = "");
  /// A tensor of this shape as a value.
  Node &addParameter(const std::string &name, const std::string &tensor, std::vector<int64_t> shape);
  /// The last value times a tensor of factors of its features.
  Node &addFactors(const std::string &name, const std::string &tensor, int64_t features);
  Node &addReshape(const std::string &name, std::vector<int64_t> shape, const std::string &input = "");
  Node &addTranspose(const std::string &name, std::vector<int64_t> permutation, const std::string &input = "");
  Node &addConcat(const std::string &name, std::vector<std::string> inputs, int64_t dim);
  Node &addSum(const std::string &name, const std::string &lhs, const std::string &rhs);

  /// A vector of this width divided by its length, to be compared with those of texts.
  Node &addUnitLength(const std::string &name, const std::string &input, int64_t width);

  /// An output that can be asked for.
  void offers(const std::string &name, const std::string &from);
  /// An output that the library returns.
  void returns(const std::string &name, const std::string &from);
  /// hidden_state_N: what goes into the first of these blocks and comes out of each; attention_N.
  void offerStates(const std::string &embeddings, llvm::ArrayRef<std::string> blocks);

  /// Tensors that a file may have without the model's using them.
  void ignoreTensors(llvm::function_ref<bool(llvm::StringRef)> isIgnored);
};

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_NODEBUILDER_H
