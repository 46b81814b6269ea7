//===- KernelEmitter.h - what all kernels are built from --------*- C++ -*-===//
//
// Private to lib/Conversion/KernelToVector. Index arithmetic, loops, vectors of the target's native width, and the one
// register-tiled product that linear layers, patch embeddings and attention share.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_KERNELTOVECTOR_KERNELEMITTER_H
#define VITC_LIB_CONVERSION_KERNELTOVECTOR_KERNELEMITTER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/TargetInfo/TargetInfo.h"

namespace vitc {

class KernelEmitter {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;

  KernelEmitter(mlir::OpBuilder &builder, mlir::Location loc, const TargetInfo &target);

  mlir::OpBuilder &builder;
  const mlir::Location loc;
  const TargetInfo &target;
  /// f32 lanes of a native vector, vectors of a panel.
  const int64_t lanes, panelVectors;
  const mlir::VectorType vectorType;
  /// As many elements of another type.
  mlir::VectorType vectorOf(mlir::Type element);

  // Index arithmetic, folded where it is constant.
  Value index(int64_t value);
  Value add(Value lhs, Value rhs);
  Value add(Value lhs, int64_t rhs) { return rhs == 0 ? lhs : add(lhs, index(rhs)); }
  Value sub(Value lhs, Value rhs);
  Value mul(Value lhs, int64_t rhs);
  Value div(Value lhs, int64_t rhs);
  Value rem(Value lhs, int64_t rhs);
  Value min(Value lhs, Value rhs);
  Value max(Value lhs, Value rhs);

  // Control flow.
  void loop(Value from, Value to, int64_t step, llvm::function_ref<void(Value)> body);
  Values loop(Value from, Value to, int64_t step, mlir::ValueRange inits,
              llvm::function_ref<Values(Value, mlir::ValueRange)> body);
  void ifElse(Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise);
  Value isLess(Value lhs, Value rhs);
  Value isEqual(Value lhs, int64_t rhs);

  // Floating point, on scalars or vectors of f32 (the type of the operands).
  Value constant(double value, mlir::Type type);
  Value splat(double value) { return constant(value, vectorType); }
  Value addf(Value lhs, Value rhs);
  Value subf(Value lhs, Value rhs);
  Value mulf(Value lhs, Value rhs);
  Value divf(Value lhs, Value rhs);
  /// The larger, the smaller one; `rhs` if either is NaN.
  Value maxf(Value lhs, Value rhs);
  Value minf(Value lhs, Value rhs);
  /// a * b + c: one instruction where the target has it, else a multiplication and an addition.
  Value fma(Value a, Value b, Value c);
  Value broadcast(Value scalar);
  /// Elements of a table of `target.tableEntries` elements: `index` is a vector of i32, of native vectors side by side,
  /// whose bits above the table's size do not count.
  Value lookUp(llvm::ArrayRef<float> table, Value index);
  using Join = llvm::function_ref<Value(Value, Value)>;
  /// The lanes of a vector joined in a fixed order.
  Value reduceLanes(Value vector, Join join);
  Value reduceMax(Value vector);
  /// A function of native vectors, of several at once: it sees them as wide vectors, which become native ones again
  /// operation by operation. A single chain of dependent operations leaves the units idle.
  Values sideBySide(mlir::ValueRange vectors, llvm::function_ref<Value(Value)> function);
  /// How many at a time: more would take the registers that constants are in.
  static constexpr int64_t kVectorsSideBySide = 4;

  // Memory. A view of a buffer with the padding of its rows as ordinary elements.
  Value physical(Value buffer);
  /// All rows of a buffer as those of one matrix, which they lie like, with their padding.
  Value rows(Value buffer);
  /// All elements of a buffer as a vector, with the padding of its rows.
  Value flat(Value buffer);
  /// `elements` of f32 on the stack of the kernel's function.
  Value stackBuffer(int64_t elements);
  Value loadScalar(Value buffer, mlir::ValueRange indices);
  Value load(Value buffer, mlir::ValueRange indices);
  void store(Value vector, Value buffer, mlir::ValueRange indices);
  /// Numbers of fewer than 32 bits as words of them: a native vector of i32 from a buffer of any type; words of any
  /// number to one.
  Value loadWords(Value buffer, mlir::ValueRange indices);
  void storeWords(Value words, Value buffer, mlir::ValueRange indices);
  /// The same for the first `valid` lanes (any number; others are zero, are not stored).
  Value loadFirst(Value buffer, mlir::ValueRange indices, int64_t valid);
  void storeFirst(Value vector, Value buffer, mlir::ValueRange indices, int64_t valid);
  /// Stores the lanes whose column is below `columns`.
  void storeColumns(Value vector, Value buffer, mlir::ValueRange indices, int64_t columns);
  Value loadColumns(Value buffer, mlir::ValueRange indices, int64_t columns);
  /// Asks for the cache line of an element before it is needed.
  void prefetch(Value buffer, mlir::ValueRange indices);
  /// `vector` with `other` in the lanes from `valid` on.
  Value fillLanes(Value vector, int64_t valid, double other);
  /// A constant mask with the first `valid` lanes set.
  Value firstLanes(int64_t valid);

  /// How a product walks over its depth: `block` steps in one chain of additions, `unroll` steps an iteration.
  struct ProductSteps {
    int64_t block, unroll;
  };
  /// Adds `depth` steps to accumulators of f32: `step(sums, k)` adds one. Deeper than one block, each block is summed
  /// from zero, and then added.
  using AddStep = llvm::function_ref<Values(Values sums, Value k)>;
  Values accumulate(mlir::ValueRange accumulators, int64_t depth, ProductSteps steps, AddStep addStep);
  /// What a sum becomes by a broadcast element and a vector of columns.
  using MultiplyAdd = llvm::function_ref<Value(Value sum, Value element, Value columns)>;
  /// Adds to `rows x vectors` sums (row-major), row by row, one broadcast element times all vectors of columns.
  Values addOuterProduct(Values sums, int64_t rows, mlir::ValueRange columns,
                         llvm::function_ref<Value(int64_t row)> loadElement, MultiplyAdd multiplyAdd);
  /// Adds a product to `rows x vectors` accumulators: for every k, the outer product of an element of each row and one
  /// vector of each panel column. Without `multiplyAdd`, of numbers of f32.
  using LoadElement = llvm::function_ref<Value(int64_t row, Value k)>;
  using LoadVector = llvm::function_ref<Value(int64_t vector, Value k)>;
  Values product(mlir::ValueRange accumulators, int64_t rows, int64_t vectors, int64_t depth, ProductSteps steps,
                 LoadElement loadElement, LoadVector loadVector, MultiplyAdd multiplyAdd);
  Values product(mlir::ValueRange accumulators, int64_t rows, int64_t vectors, int64_t depth, ProductSteps steps,
                 LoadElement loadElement, LoadVector loadVector) {
    return product(accumulators, rows, vectors, depth, steps, loadElement, loadVector,
                   [&](Value sum, Value element, Value columns) { return fma(element, columns, sum); });
  }
  /// Sums element by element.
  Values addAll(mlir::ValueRange lhs, mlir::ValueRange rhs);

  /// Runs `body(rows, first row)` for the tiles [from, to) of a partition.
  void forRowTiles(kernel::RowTilesAttr tiles, Value from, Value to, llvm::function_ref<void(int64_t, Value)> body);

  /// Runs `body(panels, first panel)` for tile number `tile` of `total` panels in tiles of `width`, the last one maybe
  /// narrower.
  void forPanelTile(int64_t total, int64_t width, Value tile, llvm::function_ref<void(int64_t, Value)> body);

  /// Vectors of a square (`lanes` of them) with rows for columns.
  Values transpose(Values square);

  using Combine = llvm::function_ref<Value(Value accumulator, Value column, int64_t valid)>;
  /// A reduction over `columns` elements: `combine(accumulator, column, valid lanes)` adds a vector to one of several
  /// accumulators, which begin at `start` and are joined in a fixed order.
  Value reduceColumns(int64_t columns, double start, Combine combine, Join join);
  /// The sum.
  Value reduceColumns(int64_t columns, Combine combine) {
    return reduceColumns(columns, 0, combine, [&](Value a, Value b) { return addf(a, b); });
  }
  /// The sum by a function of several vectors side by side: `combine(accumulators, column, valid elements)` adds
  /// neighbouring vectors, each to its accumulator.
  using CombineSideBySide =
      llvm::function_ref<Values(int64_t row, mlir::ValueRange accumulators, Value column, int64_t valid)>;
  Value reduceColumnsSideBySide(int64_t columns, CombineSideBySide combine) {
    return reduceRows(1, columns, 0, combine, [&](Value a, Value b) { return addf(a, b); }).front();
  }
  using CombineRows = llvm::function_ref<Value(int64_t row, Value accumulator, Value column, int64_t valid)>;
  /// The sums of several rows side by side, each in the order in which it is summed alone. Independent accumulators (a
  /// power of two of them) hide the latency of the additions, as rows do: more than the registers hold is too much.
  Values reduceRows(int64_t rows, int64_t columns, double start, CombineRows combine, Join join,
                    int64_t accumulators = kVectorsSideBySide);
  Values reduceRows(int64_t rows, int64_t columns, CombineRows combine, int64_t accumulators = kVectorsSideBySide) {
    return reduceRows(rows, columns, 0, combine, [&](Value a, Value b) { return addf(a, b); }, accumulators);
  }
  Values reduceRows(int64_t rows, int64_t columns, double start, CombineSideBySide combine, Join join,
                    int64_t accumulators = kVectorsSideBySide);
  /// Runs `body(column, valid lanes)` over `columns` elements.
  void forColumns(int64_t columns, llvm::function_ref<void(Value, int64_t)> body);
  /// Runs `body(first, count)` over the part [from, to) of `total` elements, `step` at a time: `from` is a multiple of
  /// it, and `to` is one or `total`.
  void forSteps(Value from, Value to, int64_t total, int64_t step, llvm::function_ref<void(Value, int64_t)> body);
};

/// A number rounded to the nearest integer n, as a value and as bits that hold n in their low end.
struct Rounded {
  mlir::Value bits, value;
};

/// `factor` x, rounded; of a magnitude below 2^22.
Rounded roundProduct(KernelEmitter &emitter, mlir::Value x, double factor);

/// Elementwise functions (VectorMath.cpp) of native vectors of f32, any number of them side by side. Stated errors are
/// tested over the whole range.
KernelEmitter::Values emitExp(KernelEmitter &emitter, mlir::ValueRange x);
/// 2^x for x <= 0.
KernelEmitter::Values emitExp2(KernelEmitter &emitter, mlir::ValueRange x);
KernelEmitter::Values emitActivation(KernelEmitter &emitter, vit::ActivationKind kind, mlir::ValueRange x);
/// What `op` makes of a vector of elements in the storage type of its operand, in that of its result.
mlir::Value emitCast(KernelEmitter &emitter, kernel::CastOp op, mlir::Value x);

// One function for each step op: the body of its kernel, at the emitter's insertion point.
void emitKernel(KernelEmitter &emitter, kernel::LinearOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::QuantizeOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::RoundOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::PatchEmbeddingOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::LayerNormOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::RotaryOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::PackKeysOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::PackValuesOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::AttentionOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::MapOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::SoftmaxOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::ReduceOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::GatherOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::CheckIndicesOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::MatmulOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::Conv2dOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::Pool2dOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::Resize2dOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::WindowsOp op, mlir::Value task, mlir::ValueRange buffers);
void emitKernel(KernelEmitter &emitter, kernel::WinogradConv2dOp op, mlir::Value task, mlir::ValueRange buffers);

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_KERNELEMITTER_H
