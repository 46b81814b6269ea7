//===- Product.h - the loop nest of all products ----------------*- C++ -*-===//
//
// Private to lib/Conversion/KernelToVector. Linear layers, products of activations and patch embeddings are one loop
// nest: a task takes some panels of columns and a block of row tiles of one group of rows. They differ in where the
// rows of the left operand come from (an index map), in what the right one is, and in what becomes of the sums.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_KERNELTOVECTOR_PRODUCT_H
#define VITC_LIB_CONVERSION_KERNELTOVECTOR_PRODUCT_H

#include "KernelEmitter.h"

namespace vitc {

class Product {
public:
  using Value = mlir::Value;
  using Values = KernelEmitter::Values;

  /// Of the columns that a task computes at once: the first panel, and of every vector its panel, its first lane there
  /// and its first column.
  struct Columns {
    int64_t panels;
    Value firstPanel;
    Values panel, lane, column;
    int64_t vectors() const { return int64_t(panel.size()); }
  };
  /// A tile of rows of a group.
  struct Rows {
    int64_t count;
    Value first, group;
  };

  /// A product with `panels` panels for each of `groups` groups of rows. Tasks of the same columns follow each other if
  /// the groups share the right operand, so that it is in the shared cache; else those of the same group do.
  Product(KernelEmitter &e, kernel::ScheduleAttr schedule, int64_t panels, int64_t groups = 1,
          bool sharesColumns = true)
      : e(e), schedule(schedule), panels(panels), groups(groups), sharesColumns(sharesColumns) {}

  /// Runs `begin(columns)` once for what a task computes, and `body(columns, rows)` for every tile of rows.
  void emit(Value task, llvm::function_ref<void(const Columns &, Value group)> begin,
            llvm::function_ref<void(const Columns &, const Rows &)> body);

  /// What becomes of the sums of a tile, in this order: an activation, a residual, the output.
  struct Epilogue {
    /// Where the element of a row and of a vector's first column goes, in `output` and `residual`.
    llvm::function_ref<Values(Value row, const Columns &columns, int64_t vector)> place;
    Value output;
    /// Elements of a row of the output; rows without room for whole panels are written up to there.
    int64_t rowElements;
    vit::ActivationKind activation = vit::ActivationKind::None;
    Value residual = {};
    /// Whether sums are stored first, and finished in a loop over the tile (see LinearOp::storesSums).
    bool storesSums = false;
    /// Whether the residual is added before the activation.
    bool residualFirst = false;
  };
  /// Finishes the sums (rows by vectors) of the rows from `firstRow` of the output on.
  void finish(mlir::ValueRange sums, const Columns &columns, int64_t rows, Value firstRow, const Epilogue &epilogue);

private:
  KernelEmitter &e;
  kernel::ScheduleAttr schedule;
  const int64_t panels, groups;
  const bool sharesColumns;
};

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_PRODUCT_H
