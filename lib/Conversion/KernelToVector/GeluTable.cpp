//===- GeluTable.cpp - GELU from a table in registers -------------------------===//

#include "GeluTable.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace vitc;

/// Phi(x) - 1/2, the integral of the normal density from 0 to x >= 0, in double precision. Series of positive terms
/// (Abramowitz and Stegun, 26.2.11, exp(-x^2/2) as the reciprocal of its own series), because the result of libm's
/// functions may depend on the CPU, and generated code must not.
static double normalIntegral(double x) {
  double sum = 0, term = x;
  for (int n = 1; term > 1e-20 * (1 + sum); n += 2) {
    sum += term;
    term *= x * x / (n + 2);
  }
  double power = 0;
  term = 1;
  for (int n = 1; term > 1e-20 * power; ++n) {
    power += term;
    term *= x * x / (2 * n);
  }
  return 0.39894228040143267794 * sum / power;
}

GeluTable::GeluTable() {
  // Newton's divided differences through the five Chebyshev nodes of a piece, expanded at its middle.
  const double nodes[] = {-0.95105651629515357, -0.58778525229247313, 0, 0.58778525229247313, 0.95105651629515357};
  for (size_t piece = 0; piece < kPieces; ++piece) {
    double x[5], y[5];
    for (int i = 0; i < 5; ++i) {
      x[i] = nodes[i] * kWidth / 2;
      double position = piece * kWidth + x[i];
      y[i] = 0.5 - (position < 0 ? -normalIntegral(-position) : normalIntegral(position));
    }
    for (int order = 1; order < 5; ++order)
      for (int i = 4; i >= order; --i)
        y[i] = (y[i] - y[i - 1]) / (x[i] - x[i - order]);
    double polynomial[5] = {y[4]};
    for (int i = 3; i >= 0; --i) {
      for (int power = 4; power > 0; --power)
        polynomial[power] = polynomial[power - 1] - x[i] * polynomial[power];
      polynomial[0] = y[i] - x[i] * polynomial[0];
    }
    for (int power = 0; power < 5; ++power)
      coefficients[power][piece] = float(polynomial[power]);
  }
}

Value vitc::emitGeluFromTable(KernelEmitter &e, Value x) {
  static const GeluTable table;
  Type type = x.getType();
  Value position =
      e.minf(e.constant((GeluTable::kPieces - 1) * GeluTable::kWidth, type), e.builder.create<math::AbsFOp>(e.loc, x));
  Rounded nearest = roundProduct(e, position, 1 / GeluTable::kWidth);
  Value distance = e.fma(nearest.value, e.constant(-GeluTable::kWidth, type), position);
  auto integers = VectorType::get(cast<VectorType>(type).getShape(), e.builder.getI32Type());
  Value piece = e.builder.create<arith::BitcastOp>(e.loc, integers, nearest.bits);
  Value tail = e.lookUp(table.coefficients[4], piece);
  for (int power = 3; power >= 0; --power)
    tail = e.fma(tail, distance, e.lookUp(table.coefficients[power], piece));
  // x Phi(x) = max(x, 0) - |x| Q(|x|)
  return e.fma(e.subf(e.constant(0.0, type), position), tail, e.maxf(e.constant(0.0, type), x));
}
