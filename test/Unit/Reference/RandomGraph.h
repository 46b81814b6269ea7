//===- RandomGraph.h - small models of every arrangement --------*- C++ -*-===//

#ifndef VITC_TEST_UNIT_REFERENCE_RANDOMGRAPH_H
#define VITC_TEST_UNIT_REFERENCE_RANDOMGRAPH_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/OwningOpRef.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"

#include <random>

namespace vitc {

/// Writes a small vision transformer in primitive ops whose sizes and arrangement follow from a seed: class tokens,
/// positions, biases, heads, spellings of the projections, masks, norms before and after, layer scale, gates,
/// cross-attention, pooling, a head of maps, and one to three results.
class RandomGraph {
public:
  RandomGraph(mlir::MLIRContext &context, uint64_t seed);

  mlir::OwningOpRef<mlir::ModuleOp> build();

private:
  using Value = mlir::Value;

  /// A number in [first, last].
  int64_t pick(int64_t first, int64_t last);
  bool flip() { return pick(0, 1); }

  mlir::RankedTensorType typeOf(llvm::ArrayRef<int64_t> shape);
  Value weight(llvm::ArrayRef<int64_t> shape);
  Value reshape(Value input, llvm::ArrayRef<int64_t> shape);
  Value transpose(Value input, llvm::ArrayRef<int64_t> permutation);
  Value linear(Value input, int64_t features);
  Value norm(Value input);
  Value activation(Value input);
  /// Multiplies by a constant, or does not.
  Value maybeScale(Value input);

  Value patches(Value image);
  Value embed(Value image);
  /// Queries, keys or values: heads x tokens x features.
  Value byHead(Value projected, int64_t heads);
  /// All three from one linear layer, cut in one of two places.
  void projectJointly(Value input, int64_t heads, int64_t features, Value (&parts)[3]);
  Value attention(Value queries, Value keys);
  Value mlp(Value input);
  Value residual(Value input, llvm::function_ref<Value(Value)> layer);
  Value pool(Value tokens);
  Value resize(Value map, int64_t height, int64_t width);
  Value channelsFirst(Value map);
  Value pointwise(Value map, int64_t features);
  /// Maps of several sizes, at one size, to three channels.
  Value denseHead(Value image);

  mlir::ImplicitLocOpBuilder builder;
  std::mt19937_64 random;
  int64_t weights = 0;
  int64_t width = 0;
  bool hasPreNorm = true;
};

} // namespace vitc

#endif // VITC_TEST_UNIT_REFERENCE_RANDOMGRAPH_H
