//===- ModuleWeights.h - packed weights, each once in a module --*- C++ -*-===//
//
// Private to lib/Conversion/VitToKernel.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_VITTOKERNEL_MODULEWEIGHTS_H
#define VITC_LIB_CONVERSION_VITTOKERNEL_MODULEWEIGHTS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OperationSupport.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"

namespace vitc {

/// The `kernel.weights` of a module, made with the first weight. All functions of the module share it: equal
/// expressions are one, and equal packs too.
class ModuleWeights {
public:
  explicit ModuleWeights(mlir::ModuleOp module) : module(module), builder(module.getContext()) {}

  /// Copies a weight op, whose operands `mapping` leads to values of this object, and extends the mapping.
  void clone(mlir::Operation *op, mlir::IRMapping &mapping);

  /// A weight op on weights of this object.
  template <typename Op, typename... Arguments> mlir::Value create(mlir::Location loc, Arguments &&...arguments) {
    start();
    return intern(builder.create<Op>(loc, std::forward<Arguments>(arguments)...))->getResult(0);
  }

  /// Packs `source` (`panels` and `group`: null in layout rows) and refers to it at the insertion point of `user`.
  mlir::Value pack(mlir::OpBuilder &user, mlir::Value source, mlir::MemRefType buffer, kernel::PanelsAttr panels,
                   mlir::IntegerAttr group);

private:
  /// Ops are equal if nothing but their location differs.
  struct Equal : llvm::DenseMapInfo<mlir::Operation *> {
    static unsigned getHashValue(const mlir::Operation *op);
    static bool isEqual(const mlir::Operation *lhs, const mlir::Operation *rhs);
  };

  /// Makes the `kernel.weights` if there is none yet, and inserts behind what is in it.
  void start();
  /// The op itself, or an equal one, which replaces it.
  mlir::Operation *intern(mlir::Operation *op);
  std::string nameFor(mlir::Value source) const;

  mlir::ModuleOp module;
  mlir::OpBuilder builder;
  kernel::WeightsOp weights;
  llvm::DenseSet<mlir::Operation *, Equal> known;
  /// Packs of a source.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<kernel::PackOp, 1>> packs;
  std::optional<mlir::SymbolTable> symbols;
};

} // namespace vitc

#endif // VITC_LIB_CONVERSION_VITTOKERNEL_MODULEWEIGHTS_H
