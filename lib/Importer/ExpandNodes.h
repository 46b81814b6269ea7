//===- ExpandNodes.h - nodes to primitive ops --------------------*- C++ -*-===//

#ifndef VITC_LIB_IMPORTER_EXPANDNODES_H
#define VITC_LIB_IMPORTER_EXPANDNODES_H

#include "VitBuilder.h"

namespace vitc {

/// Each expands the node that the builder is in; `inputs` are as many values as its OpSpec allows.
using NodeExpander = mlir::Value (*)(VitBuilder &builder, llvm::ArrayRef<mlir::Value> inputs);

/// The expander of an op on tensors of any shape: one that is listed, or else that of an op of the vit dialect which
/// has the same name and the same attributes.
NodeExpander findPrimitiveExpander(llvm::StringRef op);
/// The expander of an op on maps, or nullptr.
NodeExpander findMapExpander(llvm::StringRef op);
/// The expander of a block op whose map is cut into windows, or nullptr.
NodeExpander findWindowExpander(llvm::StringRef op);
/// The expander of a block of a transformer, or nullptr.
NodeExpander findBlockExpander(llvm::StringRef op);

/// "query" and "weight" give "query.weight"; the nameless module gives "weight".
std::string roleOf(const std::string &module, llvm::StringRef tensor);
/// x W^T + b with the tensors of a module of the node.
mlir::Value linearModule(VitBuilder &builder, mlir::Value input, const std::string &module, int64_t outFeatures);
/// Layer norm, or RMS norm, with the tensors of a module; without a bias in the file it is zero.
mlir::Value normModule(VitBuilder &builder, mlir::Value input, const std::string &module, double epsilon, bool rms);

// Positions (ExpandPositions.cpp).
mlir::Value positionEmbedding(VitBuilder &builder, llvm::ArrayRef<mlir::Value> inputs);
mlir::Value mapPositions(VitBuilder &builder, llvm::ArrayRef<mlir::Value> inputs);
mlir::Value sinusoids(VitBuilder &builder, llvm::ArrayRef<mlir::Value> inputs);
mlir::Value maskMap(VitBuilder &builder, llvm::ArrayRef<mlir::Value> inputs);
mlir::Value maskBias(VitBuilder &builder, llvm::ArrayRef<mlir::Value> inputs);
/// What relative positions of the tokens add to the scores of an attention node: all of its tables; null if it has
/// none.
mlir::Value relativePositionBias(VitBuilder &builder, mlir::Value tokens, int64_t heads);
/// What queries by head ((sequences x) heads x tokens x features) make of decomposed relative positions, to be added to
/// the scores of an attention node; null if it has none.
mlir::Value decomposedPositions(VitBuilder &builder, mlir::Value tokens, mlir::Value queries);
/// The table of rotations of an attention node's queries and keys; null if they are not rotated.
mlir::Value rotaryTable(VitBuilder &builder, mlir::Value tokens, int64_t headDim);

} // namespace vitc

#endif // VITC_LIB_IMPORTER_EXPANDNODES_H
