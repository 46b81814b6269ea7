//===- VectorMath.cpp - exponential and activation functions ------------------===//
//
// Polynomials on fma, so that every lane of every target computes the same way and no call to libm is left in a loop.
//
//===----------------------------------------------------------------------===//

#include "GeluTable.h"

using namespace mlir;
using namespace vitc;

/// Horner's scheme, highest coefficient first.
static Value polynomial(KernelEmitter &e, Value x, ArrayRef<double> coefficients) {
  Value result = e.constant(coefficients.front(), x.getType());
  for (double coefficient : coefficients.drop_front())
    result = e.fma(result, x, e.constant(coefficient, x.getType()));
  return result;
}

/// x = n ln 2 + r with |r| <= ln 2 / 2; 2^n is added to the exponent of the polynomial in r (Cephes, expf). Arguments
/// are clamped to [-87, 88]: below, the result is 1.6e-38 instead of something smaller. NaN stays NaN.
Value vitc::emitExp(KernelEmitter &e, Value x) {
  Type type = x.getType();
  x = e.maxf(e.constant(-87.0, type), e.minf(e.constant(88.0, type), x));
  // Adding 1.5 * 2^23 rounds to an integer, and leaves it in the low bits.
  Value magic = e.constant(12582912.0, type);
  Value shifted = e.fma(x, e.constant(1.44269504088896341, type), magic);
  Value n = e.subf(shifted, magic);
  Value r = e.fma(n, e.constant(-0.693359375, type), x);
  r = e.fma(n, e.constant(2.12194440e-4, type), r);
  Value p = polynomial(
      e, r, {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1});
  Value result = e.addf(e.fma(e.mulf(r, r), p, r), e.constant(1.0, type));

  OpBuilder &b = e.builder;
  Type integer = b.getI32Type();
  if (auto vector = dyn_cast<VectorType>(type))
    integer = VectorType::get(vector.getShape(), integer);
  TypedAttr twentyThree = b.getI32IntegerAttr(23);
  if (auto vector = dyn_cast<VectorType>(integer))
    twentyThree = DenseElementsAttr::get(vector, Attribute(twentyThree));
  Value exponent = b.create<arith::ShLIOp>(e.loc, b.create<arith::BitcastOp>(e.loc, integer, shifted),
                                           b.create<arith::ConstantOp>(e.loc, twentyThree));
  Value bits = b.create<arith::AddIOp>(e.loc, b.create<arith::BitcastOp>(e.loc, integer, result), exponent);
  return b.create<arith::BitcastOp>(e.loc, type, bits);
}

/// x P(x^2) on [-4, 4], outside it +-1 to f32's precision. P is the Chebyshev interpolant of degree 15 of erf(sqrt s) /
/// sqrt s on [0, 16], in t = s/8 - 1 so that its coefficients stay small: absolute error below 2e-7, without a
/// division.
static Value emitErf(KernelEmitter &e, Value x) {
  Type type = x.getType();
  x = e.maxf(e.constant(-4.0, type), e.minf(e.constant(4.0, type), x));
  Value t = e.fma(e.mulf(x, x), e.constant(0.125, type), e.constant(-1.0, type));
  Value p = polynomial(e, t,
                       {-1.311137854e-03, 2.996226489e-03, -1.307658076e-03, 1.721844742e-03, -9.740832445e-03,
                        1.715935734e-02, -2.192523342e-02, 3.169913370e-02, -4.590729039e-02, 6.024049965e-02,
                        -7.470989578e-02, 9.016426084e-02, -1.077113031e-01, 1.316772602e-01, -1.765762266e-01,
                        3.535309789e-01});
  return e.mulf(x, p);
}

static Value emitSigmoid(KernelEmitter &e, Value x) {
  Value one = e.constant(1.0, x.getType());
  return e.divf(one, e.addf(one, emitExp(e, e.subf(e.constant(0.0, x.getType()), x))));
}

Value vitc::emitActivation(KernelEmitter &e, vit::ActivationKind kind, Value x) {
  Type type = x.getType();
  auto constant = [&](double value) { return e.constant(value, type); };
  switch (kind) {
  case vit::ActivationKind::None:
    return x;
  case vit::ActivationKind::Gelu: {
    if (e.target.tableEntries == GeluTable::kPieces)
      return emitGeluFromTable(e, x);
    Value half = e.mulf(x, constant(0.5));
    return e.fma(half, emitErf(e, e.mulf(x, constant(0.70710678118654752))), half);
  }
  case vit::ActivationKind::GeluTanh: {
    // 0.5 (1 + tanh u) = sigmoid(2u)
    Value square = e.mulf(x, x);
    Value inner =
        e.mulf(x, e.fma(square, constant(2 * 0.79788456080286536 * 0.044715), constant(2 * 0.79788456080286536)));
    return e.mulf(x, emitSigmoid(e, inner));
  }
  case vit::ActivationKind::QuickGelu:
    return e.mulf(x, emitSigmoid(e, e.mulf(x, constant(1.702))));
  case vit::ActivationKind::Silu:
    return e.mulf(x, emitSigmoid(e, x));
  case vit::ActivationKind::Relu:
    return e.maxf(constant(0.0), x);
  case vit::ActivationKind::Tanh: {
    // 2 sigmoid(2x) - 1
    Value two = constant(2.0);
    return e.fma(two, emitSigmoid(e, e.mulf(x, two)), constant(-1.0));
  }
  case vit::ActivationKind::Sigmoid:
    return emitSigmoid(e, x);
  }
  llvm_unreachable("all activations are listed");
}
