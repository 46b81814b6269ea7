//===- VectorMath.cpp - exponential and activation functions ------------------===//
//
// Polynomials on fma, so that every lane of every target computes the same way and no call to libm is left in a loop.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

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
/// are clamped to [-87, 88]: below, the result is 1.6e-38 instead of something smaller.
Value vitc::emitExp(KernelEmitter &e, Value x) {
  Type type = x.getType();
  x = e.maxf(e.minf(x, e.constant(88.0, type)), e.constant(-87.0, type));
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

/// Odd rational function on [-4, 4], outside it +-1 to f32's precision (the coefficients are those of Eigen's and XLA's
/// single-precision erf): absolute error below 5e-7.
static Value emitErf(KernelEmitter &e, Value x) {
  Type type = x.getType();
  x = e.maxf(e.minf(x, e.constant(4.0, type)), e.constant(-4.0, type));
  Value square = e.mulf(x, x);
  Value numerator =
      polynomial(e, square,
                 {-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05,
                  -7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02});
  Value denominator = polynomial(e, square,
                                 {-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03,
                                  -7.37332916720468e-03, -1.42647390514189e-02});
  return e.divf(e.mulf(x, numerator), denominator);
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
    return e.maxf(x, constant(0.0));
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
