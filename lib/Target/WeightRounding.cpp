//===- WeightRounding.cpp - weights as numbers of fewer bits --------------===//
//
// As WeightEvaluator.cpp, for the ops that make numbers of 8 bits or of bf16 of a weight.
//
//===----------------------------------------------------------------------===//

#include "WeightEvaluator.h"

#include "vitc/Support/InputErrors.h"

using namespace llvm;
using namespace vitc;

template <typename T>
template <typename Op>
Expected<QuantizedRow> WeightEvaluator<T>::quantizeRow(Op op, int64_t row) {
  const int64_t columns = vit::getShape(op.getInput())[1];
  std::vector<T> values(columns);
  if (Error error = evaluate(op.getInput(), row * columns, columns, values.data()))
    return error;
  auto node = op->getLoc()->template findInstanceOf<mlir::NameLoc>();
  return QuantizedRow::create({values.begin(), values.end()}, op.getPairs(), node ? node.getName().strref() : "");
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightQuantizeOp op, int64_t first, int64_t count, T *out) {
  const int64_t columns = vit::getShape(op.getResult())[1];
  for (int64_t end = first + count; first < end;) {
    const int64_t column = first % columns, next = std::min(columns - column, end - first);
    Expected<QuantizedRow> row = quantizeRow(op, first / columns);
    if (!row)
      return row.takeError();
    for (int64_t i = 0; i < next; ++i)
      out[i] = static_cast<T>(row->get(column + i));
    first += next;
    out += next;
  }
  return Error::success();
}

template <typename T>
template <typename Op>
Error WeightEvaluator<T>::evaluateRows(Op op, int64_t first, int64_t count, T *out,
                                       function_ref<double(const QuantizedRow &)> function) {
  for (int64_t i = 0; i < count; ++i) {
    Expected<QuantizedRow> row = quantizeRow(op, first + i);
    if (!row)
      return row.takeError();
    out[i] = static_cast<T>(function(*row));
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightQuantizeScaleOp op, int64_t first, int64_t count, T *out) {
  return evaluateRows(op, first, count, out, [](const QuantizedRow &row) { return row.getScale(); });
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightQuantizeSumOp op, int64_t first, int64_t count, T *out) {
  return evaluateRows(op, first, count, out, [](const QuantizedRow &row) { return row.getSum(); });
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightRoundOp op, int64_t first, int64_t count, T *out) {
  if (Error error = evaluate(op.getInput(), first, count, out))
    return error;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits = bit_cast<uint32_t>(static_cast<float>(out[i]));
    // Half of what is cut off, less one where the last bit that stays is 0. NaN keeps its sign, and a bit of its own.
    const bool isNaN = (bits & 0x7fffffff) > 0x7f800000;
    bits = isNaN ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
    out[i] = bit_cast<float>(bits & 0xffff0000);
  }
  return Error::success();
}

template Error vitc::WeightEvaluator<float>::evaluateOp(vit::WeightQuantizeOp, int64_t, int64_t, float *);
template Error vitc::WeightEvaluator<float>::evaluateOp(vit::WeightQuantizeScaleOp, int64_t, int64_t, float *);
template Error vitc::WeightEvaluator<float>::evaluateOp(vit::WeightQuantizeSumOp, int64_t, int64_t, float *);
template Error vitc::WeightEvaluator<float>::evaluateOp(vit::WeightRoundOp, int64_t, int64_t, float *);
template Error vitc::WeightEvaluator<double>::evaluateOp(vit::WeightQuantizeOp, int64_t, int64_t, double *);
template Error vitc::WeightEvaluator<double>::evaluateOp(vit::WeightQuantizeScaleOp, int64_t, int64_t, double *);
template Error vitc::WeightEvaluator<double>::evaluateOp(vit::WeightQuantizeSumOp, int64_t, int64_t, double *);
template Error vitc::WeightEvaluator<double>::evaluateOp(vit::WeightRoundOp, int64_t, int64_t, double *);
