//===- WeightTypeInference.cpp - types of expressions on weights -*- C++ -*-===//
//
// As VitTypeInference.cpp, for the ops of VitWeightOps.td but those of QuantizationTypeInference.cpp.
//
//===----------------------------------------------------------------------===//

#include "TypeInference.h"
#include "vitc/Dialect/Vit/IR/Winograd.h"

using namespace mlir;
using namespace vitc::vit;
using namespace vitc::vit::detail;

LogicalResult WeightConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                               Types &types) {
  return inferConcat({location, getOperationName()}, adaptor.getInputs(), adaptor.getDim(), types);
}

LogicalResult WeightSliceOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                              Types &types) {
  return inferSlice({location, getOperationName()}, adaptor.getInput(), adaptor.getDim(), adaptor.getOffset(),
                    adaptor.getSize(), types);
}

LogicalResult WeightTransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                  Types &types) {
  return inferTranspose({location, getOperationName()}, adaptor.getInput(), adaptor.getPermutation(), types);
}

LogicalResult WeightAddOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                            Types &types) {
  return detail::inferElementwise(location, getOperationName(), adaptor.getOperands(), types);
}

LogicalResult WeightScaleOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor, Types &types) {
  return succeedWith(types, getShape(adaptor.getInput()), adaptor.getInput());
}

LogicalResult WeightScaleDimOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                 Types &types) {
  Reporter reporter(location, getOperationName());
  ShapeRef shape = getShape(adaptor.getInput());
  if (failed(expectDim(reporter, adaptor.getDim(), shape.size())) ||
      failed(expectVector(reporter, "factors", adaptor.getFactors(), shape[adaptor.getDim()], "the scaled dimension")))
    return failure();
  return succeedWith(types, shape, adaptor.getInput());
}

LogicalResult WeightRsqrtOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                              Types &types) {
  if (failed(expectEpsilon({location, getOperationName()}, adaptor.getEpsilonAttr())))
    return failure();
  return succeedWith(types, getShape(adaptor.getInput()), adaptor.getInput());
}

LogicalResult WeightStandardizeOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                    Types &types) {
  Reporter reporter(location, getOperationName());
  ShapeRef shape = getShape(adaptor.getInput());
  if (shape.size() < 2)
    return reporter.fail("expected input of rank 2 at least, but got ", adaptor.getInput().getType());
  if (failed(expectEpsilon(reporter, adaptor.getEpsilonAttr())))
    return failure();
  return succeedWith(types, shape, adaptor.getInput());
}

LogicalResult WeightWinogradOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                 Types &types) {
  Reporter reporter(location, getOperationName());
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 4)))
    return failure();
  ShapeRef shape = getShape(adaptor.getInput());
  if (shape[2] != 3 || shape[3] != 3)
    return reporter.fail("expected filters of 3 x 3, but got ", shape[2], " x ", shape[3]);
  if (adaptor.getTile() != 2 && adaptor.getTile() != 4)
    return reporter.about("tile").fail("expected a tile of 2 or 4, but got ", adaptor.getTile());
  int64_t size = Winograd(adaptor.getTile()).size;
  return succeedWith(types, {shape[0], size * size, shape[1]}, adaptor.getInput());
}

LogicalResult WeightMatvecOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                               Types &types) {
  Reporter reporter(location, getOperationName());
  if (failed(expectRank(reporter, "matrix", adaptor.getMatrix(), 2)))
    return failure();
  ShapeRef matrix = getShape(adaptor.getMatrix());
  if (failed(expectVector(reporter, "vector", adaptor.getVector(), matrix[1], "the matrix's columns")))
    return failure();
  return succeedWith(types, matrix.take_front(), adaptor.getMatrix());
}

LogicalResult WeightReverseOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                Types &types) {
  ShapeRef shape = getShape(adaptor.getInput());
  if (int64_t dim = adaptor.getDim(); dim < 0 || dim >= int64_t(shape.size()))
    return Reporter(location, getOperationName())
        .about("dim")
        .fail("expected a dimension of ", adaptor.getInput().getType(), ", but got ", dim);
  return succeedWith(types, shape, adaptor.getInput());
}

LogicalResult WeightMatmulOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                               Types &types) {
  Reporter reporter(location, getOperationName());
  if (failed(expectRank(reporter, "lhs", adaptor.getLhs(), 2)) ||
      failed(expectRank(reporter, "rhs", adaptor.getRhs(), 2)))
    return failure();
  ShapeRef lhs = getShape(adaptor.getLhs()), rhs = getShape(adaptor.getRhs());
  if (lhs[1] != rhs[0])
    return reporter.fail("expected rhs of ", lhs[1], " rows (lhs's columns), but got ", adaptor.getRhs().getType());
  return succeedWith(types, {lhs[0], rhs[1]}, adaptor.getLhs());
}

LogicalResult WeightResampleOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                 Types &types) {
  Reporter reporter(location, getOperationName());
  ShapeRef from = adaptor.getFrom(), to = adaptor.getTo();
  int64_t leading = adaptor.getLeading(), trailing = adaptor.getTrailing();
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 2)) || failed(expectGrid(reporter, "'from'", from)) ||
      failed(expectGrid(reporter, "'to'", to)))
    return failure();
  ShapeRef input = getShape(adaptor.getInput());
  if (leading < 0 || leading > input[0] || trailing < 0 || trailing > input[0])
    return reporter.fail("expected leading and trailing rows to be some of the input's ", input[0], ", but got ",
                         leading, " and ", trailing);
  if (input[0] != leading + from[0] * from[1] + trailing)
    return reporter.fail("expected ", leading + from[0] * from[1] + trailing, " rows (", leading, " + ", from[0], " * ",
                         from[1], " + ", trailing, "), but got ", adaptor.getInput().getType());
  if (adaptor.getKind() == ResampleKind::Geometric) {
    auto isOdd = [](int64_t size) { return size % 2 == 1; };
    if (!llvm::all_of(from, isOdd) || !llvm::all_of(to, isOdd) || from[0] < 3 || from[1] < 3)
      return reporter.fail("expected odd sizes for geometric resampling, from 3 on, but got [", from, "] to [", to,
                           "]");
  }
  return succeedWith(types, {leading + to[0] * to[1] + trailing, input[1]}, adaptor.getInput());
}

LogicalResult WeightResampleKernelOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                       Types &types) {
  Reporter reporter(location, getOperationName());
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 4)))
    return failure();
  ShapeRef shape = getShape(adaptor.getInput()), to = adaptor.getTo();
  auto isKernel = [](ShapeRef size) {
    return size.size() == 2 && llvm::all_of(size, [](int64_t edge) { return edge >= 1 && edge <= 256; });
  };
  for (auto [what, size] : {std::pair("filters", shape.take_back(2)), std::pair("'to'", to)})
    if (!isKernel(size))
      return reporter.fail("expected ", what, " to have two sizes from 1 to 256, but got [", size, "]");
  if (adaptor.getKind() != ResampleKind::Bilinear && adaptor.getKind() != ResampleKind::BicubicAntialias)
    return reporter.about("kind").fail("expected bilinear or bicubic_antialias, but got ",
                                       stringifyResampleKind(adaptor.getKind()));
  return succeedWith(types, {shape[0], shape[1], to[0], to[1]}, adaptor.getInput());
}

LogicalResult WeightRelativePositionBiasOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                                             Adaptor adaptor, Types &types) {
  Reporter reporter(location, getOperationName());
  ShapeRef window = adaptor.getWindow();
  if (failed(expectRank(reporter, "table", adaptor.getTable(), 2)) || failed(expectGrid(reporter, "window", window)))
    return failure();
  ShapeRef table = getShape(adaptor.getTable());
  int64_t isWithClass = adaptor.getClassToken() ? 1 : 0;
  int64_t rows = (2 * window[0] - 1) * (2 * window[1] - 1) + 3 * isWithClass;
  if (table[0] != rows)
    return reporter.fail("expected table of ", rows, " rows (of the window), but got ", adaptor.getTable().getType());
  int64_t tokens = window[0] * window[1] + isWithClass;
  return succeedWith(types, {table[1], tokens, tokens}, adaptor.getTable());
}
