//===- ExpandNodes.h - nodes to primitive operations ------------*- C++ -*-===//

#ifndef VITC_LIB_DESCRIPTION_EXPANDNODES_H
#define VITC_LIB_DESCRIPTION_EXPANDNODES_H

#include "GraphBuilder.h"

namespace vitc {

/// Each expands the node that the builder is in; `inputs` are as many values as its OpSpec allows.
using NodeExpander = GraphValue (*)(GraphBuilder &builder, llvm::ArrayRef<GraphValue> inputs);

/// The expander of a primitive op, or nullptr.
NodeExpander findPrimitiveExpander(llvm::StringRef op);
/// The expander of a block op, or nullptr.
NodeExpander findBlockExpander(llvm::StringRef op);

/// "query" and "weight" give "query.weight"; the nameless module gives "weight".
std::string roleOf(const std::string &module, llvm::StringRef tensor);
/// x W^T + b with the tensors of a module of the node.
GraphValue linearModule(GraphBuilder &builder, GraphValue input, const std::string &module, int64_t outFeatures);
/// Layer norm, or RMS norm, with the tensors of a module; without a bias in the file it is zero.
GraphValue normModule(GraphBuilder &builder, GraphValue input, const std::string &module, double epsilon, bool rms);

// Positions (ExpandPositions.cpp).
GraphValue positionEmbedding(GraphBuilder &builder, llvm::ArrayRef<GraphValue> inputs);
/// What relative positions of the tokens add to the scores of an attention node: all of its tables; nothing if it has
/// none.
std::optional<GraphValue> relativePositionBias(GraphBuilder &builder, GraphValue tokens, int64_t heads);
/// The table of rotations of an attention node's queries and keys; nothing if they are not rotated.
std::optional<GraphValue> rotaryTable(GraphBuilder &builder, GraphValue tokens, int64_t headDim);

} // namespace vitc

#endif // VITC_LIB_DESCRIPTION_EXPANDNODES_H
