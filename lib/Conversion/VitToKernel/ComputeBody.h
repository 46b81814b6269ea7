//===- ComputeBody.h - building blocks of kernel.compute bodies -*- C++ -*-===//
//
// Private to lib/Conversion/VitToKernel. Elementwise work and products that accumulate along contiguous memory are
// written as linalg.generic. Reductions of a row are scf loops, so that what they accumulate stays in a register and
// needs no memory of its own; so are accesses to a part of a buffer, which linalg cannot express.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_VITTOKERNEL_COMPUTEBODY_H
#define VITC_LIB_CONVERSION_VITTOKERNEL_COMPUTEBODY_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"

namespace vitc {

/// Writes the body of one `kernel.compute` at its builder's insertion point. Values of floating point are scalars of
/// the buffers' element type.
class ComputeBody {
public:
  using Value = mlir::Value;
  using ValueRange = mlir::ValueRange;
  using Values = llvm::SmallVector<Value>;

  ComputeBody(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type elementType)
      : builder(builder), loc(loc), elementType(elementType) {}

  // Index arithmetic, folded where it is constant.
  Value index(int64_t value);
  Value add(Value lhs, Value rhs);
  Value sub(Value lhs, Value rhs);
  Value mul(Value lhs, int64_t rhs);
  Value div(Value lhs, int64_t rhs);
  Value rem(Value lhs, int64_t rhs);
  Value min(Value lhs, Value rhs);
  Value max(Value lhs, Value rhs);

  // Scalars.
  Value constant(double value);
  Value addf(Value lhs, Value rhs);
  Value subf(Value lhs, Value rhs);
  Value mulf(Value lhs, Value rhs);
  Value divf(Value lhs, Value rhs);
  /// The larger one; `rhs` if either is NaN.
  Value maxf(Value lhs, Value rhs);
  Value exp(Value x);
  Value sqrt(Value x);
  /// a * b + c, one instruction where the target has it.
  Value multiplyAdd(Value a, Value b, Value c);
  /// sum + x and sum + a * b for reductions of a row: the order is LLVM's choice (one of compile time).
  Value accumulate(Value sum, Value x);
  Value accumulateProduct(Value sum, Value a, Value b);
  Value sigmoid(Value x);
  /// The formulas of VitAttrs.td.
  Value activation(vit::ActivationKind kind, Value x);

  // Memory and loops.
  Value load(Value buffer, ValueRange indices);
  void store(Value value, Value buffer, ValueRange indices);
  void loop(Value from, Value to, llvm::function_ref<void(Value)> body);
  /// A nest of loops over all indices of `shape`, the last one innermost.
  void forAll(llvm::ArrayRef<int64_t> shape, llvm::function_ref<void(ValueRange)> body);
  /// Carries one value through a loop over [0, size).
  Value reduce(int64_t size, Value init, llvm::function_ref<Value(Value index, Value carried)> body);

  /// One linalg.generic: `body` gets an element of each input and of the output, and returns the new one. The maps of
  /// `inputs`, then that of `output`, are from loop indices; every dimension is a plain result of one of them.
  void generic(ValueRange inputs, Value output, llvm::ArrayRef<mlir::AffineMap> maps,
               llvm::ArrayRef<mlir::utils::IteratorType> iterators, llvm::function_ref<Value(ValueRange)> body);
  /// The elementwise case, inputs broadcast to the output as NumPy does.
  void elementwise(ValueRange inputs, Value output, llvm::function_ref<Value(ValueRange)> body);

  /// The map from indices of `shape` to those of a tensor of shape `from` that broadcasts to it.
  mlir::AffineMap broadcastMap(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> shape);

  mlir::OpBuilder &builder;
  const mlir::Location loc;
  const mlir::Type elementType;
};

/// The shape of a buffer.
llvm::ArrayRef<int64_t> bufferShape(mlir::Value buffer);

} // namespace vitc

#endif // VITC_LIB_CONVERSION_VITTOKERNEL_COMPUTEBODY_H
