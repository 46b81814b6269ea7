//===- QuantizationTypeInference.cpp - types of quantized weights -*- C++ -*-===//
//
// As VitTypeInference.cpp, for the ops that make numbers of 8 bits of a weight's rows.
//
//===----------------------------------------------------------------------===//

#include "TypeInference.h"

using namespace mlir;
using namespace vitc::vit;
using namespace vitc::vit::detail;

static LogicalResult expectMatrix(const Reporter &reporter, Value input) {
  if (failed(expectRank(reporter, "input", input, 2)))
    return failure();
  if (!cast<RankedTensorType>(input.getType()).getElementType().isF32())
    return reporter.fail("expected a matrix of f32, but got ", input.getType());
  return success();
}

LogicalResult WeightQuantizeOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                                 Adaptor adaptor, Types &types) {
  if (failed(expectMatrix(Reporter(location, getOperationName()), adaptor.getInput())))
    return failure();
  types.push_back(RankedTensorType::get(getShape(adaptor.getInput()), IntegerType::get(context, 8)));
  return success();
}

LogicalResult WeightQuantizeScaleOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                      Types &types) {
  if (failed(expectMatrix(Reporter(location, getOperationName()), adaptor.getInput())))
    return failure();
  return succeedWith(types, getShape(adaptor.getInput()).take_front(), adaptor.getInput());
}

LogicalResult WeightQuantizeSumOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                    Types &types) {
  if (failed(expectMatrix(Reporter(location, getOperationName()), adaptor.getInput())))
    return failure();
  return succeedWith(types, getShape(adaptor.getInput()).take_front(), adaptor.getInput());
}
