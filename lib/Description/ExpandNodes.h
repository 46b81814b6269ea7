//===- ExpandNodes.h - nodes to primitive operations ------------*- C++ -*-===//

#ifndef VITC_LIB_DESCRIPTION_EXPANDNODES_H
#define VITC_LIB_DESCRIPTION_EXPANDNODES_H

#include "GraphBuilder.h"

namespace vitc {

/// Each expands the node that the builder is in; `inputs` are as many values as its OpSpec allows.
using NodeExpander = Value (*)(GraphBuilder &builder, llvm::ArrayRef<Value> inputs);

/// The expander of a primitive op, or nullptr.
NodeExpander findPrimitiveExpander(llvm::StringRef op);
/// The expander of a block op, or nullptr.
NodeExpander findBlockExpander(llvm::StringRef op);

/// "query" and "weight" give "query.weight"; the nameless module gives "weight".
std::string roleOf(const std::string &module, llvm::StringRef tensor);
/// x W^T + b with the tensors of a module of the node.
Value linearModule(GraphBuilder &builder, Value input, const std::string &module, int64_t outFeatures);
/// Layer norm, or RMS norm, with the tensors of a module; without a bias in the file it is zero.
Value normModule(GraphBuilder &builder, Value input, const std::string &module, double epsilon, bool rms);

// Positions (ExpandPositions.cpp).
Value positionEmbedding(GraphBuilder &builder, llvm::ArrayRef<Value> inputs);
/// What relative positions of the tokens add to the scores of an attention node: all of its tables; nothing if it has
/// none.
std::optional<Value> relativePositionBias(GraphBuilder &builder, Value tokens, int64_t heads);
/// The table of rotations of an attention node's queries and keys; nothing if they are not rotated.
std::optional<Value> rotaryTable(GraphBuilder &builder, Value tokens, int64_t headDim);

} // namespace vitc

#endif // VITC_LIB_DESCRIPTION_EXPANDNODES_H
