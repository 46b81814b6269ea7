//===- VectorMath.cpp - exponential and activation functions ------------------===//
//
// Polynomials on fma, so that every lane of every target computes the same way and no call to libm is left in a loop.
//
//===----------------------------------------------------------------------===//

#include "GeluTable.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace vitc;

/// Coefficients come highest first. The lowest one is added last, which keeps the error of the whole near half a unit;
/// the others by Estrin's scheme: Horner's is one long chain, and the units would wait for it.
static Value polynomial(KernelEmitter &e, Value x, ArrayRef<double> coefficients) {
  Value lowest = e.constant(coefficients.back(), x.getType()), power = x;
  SmallVector<Value> terms;
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    terms.push_back(e.constant(coefficient, x.getType()));
  while (terms.size() > 1) {
    SmallVector<Value> next;
    for (size_t i = 0; i < terms.size(); i += 2)
      next.push_back(i + 1 < terms.size() ? e.fma(terms[i + 1], power, terms[i]) : terms[i]);
    terms = std::move(next);
    if (terms.size() > 1)
      power = e.mulf(power, power);
  }
  return e.fma(terms.front(), x, lowest);
}

// Adding 1.5 * 2^23 rounds to an integer, and leaves it in the low bits.
Rounded vitc::roundProduct(KernelEmitter &e, Value x, double factor) {
  Value magic = e.constant(12582912.0, x.getType());
  Value shifted = factor == 1 ? e.addf(x, magic) : e.fma(x, e.constant(factor, x.getType()), magic);
  return {shifted, e.subf(shifted, magic)};
}

/// 2^n x, by adding n to the exponent of x, which is about 1.
static Value scaleByPowerOfTwo(KernelEmitter &e, Value x, const Rounded &n) {
  OpBuilder &b = e.builder;
  Type integer = b.getI32Type();
  if (auto vector = dyn_cast<VectorType>(x.getType()))
    integer = VectorType::get(vector.getShape(), integer);
  TypedAttr twentyThree = b.getI32IntegerAttr(23);
  if (auto vector = dyn_cast<VectorType>(integer))
    twentyThree = DenseElementsAttr::get(vector, Attribute(twentyThree));
  Value exponent = b.create<arith::ShLIOp>(e.loc, b.create<arith::BitcastOp>(e.loc, integer, n.bits),
                                           b.create<arith::ConstantOp>(e.loc, twentyThree));
  Value bits = b.create<arith::AddIOp>(e.loc, b.create<arith::BitcastOp>(e.loc, integer, x), exponent);
  return b.create<arith::BitcastOp>(e.loc, x.getType(), bits);
}

/// e^x = 2^n (1 + `fraction`).
struct SplitExp {
  Rounded n;
  Value fraction;
};

/// x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial in r (Cephes, expf).
static SplitExp splitExp(KernelEmitter &e, Value x) {
  Type type = x.getType();
  Rounded n = roundProduct(e, x, 1.44269504088896341);
  Value r = e.fma(n.value, e.constant(-0.693359375, type), x);
  r = e.fma(n.value, e.constant(2.12194440e-4, type), r);
  Value p = polynomial(
      e, r, {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1});
  return {n, e.fma(e.mulf(r, r), p, r)};
}

/// Arguments are clamped to [-87, 88]: below, the result is 1.6e-38 instead of something smaller. NaN stays NaN.
static Value emitExp(KernelEmitter &e, Value x) {
  Type type = x.getType();
  SplitExp split = splitExp(e, e.maxf(e.constant(-87.0, type), e.minf(e.constant(88.0, type), x)));
  return scaleByPowerOfTwo(e, e.addf(split.fraction, e.constant(1.0, type)), split.n);
}

/// Below -126 the result is 1.2e-38 instead of something smaller. 2^r on [-1/2, 1/2] is a minimax fit, relative error
/// 2.6e-9, with 2^0 = 1. NaN stays NaN.
static Value emitExp2(KernelEmitter &e, Value x) {
  x = e.maxf(e.constant(-126.0, x.getType()), x);
  Rounded n = roundProduct(e, x, 1);
  // By Horner's scheme: it takes two products less than Estrin's, and no copies of coefficients. The vectors side by
  // side keep the units busy.
  Value r = e.subf(x, n.value), power = e.constant(1.55946781613e-4, x.getType());
  for (double coefficient :
       {1.34066439024e-3, 9.61769297299e-3, 5.55031055101e-2, 2.40226527829e-1, 6.93147214968e-1, 1.0})
    power = e.fma(power, r, e.constant(coefficient, x.getType()));
  return scaleByPowerOfTwo(e, power, n);
}

/// tanh x = m / (m + 2) where m = e^2x - 1 = 2^n fraction + (2^n - 1) keeps its precision around 0. From |x| = 9 on, it
/// is +-1 in float32.
static Value emitTanh(KernelEmitter &e, Value x) {
  Type type = x.getType();
  x = e.maxf(e.constant(-9.0, type), e.minf(e.constant(9.0, type), x));
  SplitExp split = splitExp(e, e.mulf(x, e.constant(2.0, type)));
  Value power = scaleByPowerOfTwo(e, e.constant(1.0, type), split.n);
  Value m = e.fma(power, split.fraction, e.addf(power, e.constant(-1.0, type)));
  return e.divf(m, e.addf(m, e.constant(2.0, type)));
}

/// x Phi(x) = max(x, 0) - |x| Q(|x|), where Q, the upper tail of the normal distribution, is 2^p(-|x|): a tail that
/// stays right relative to its own size, which 0.5 x (1 + erf) in float32 does not (what follows may be a norm, and
/// magnify it). p is the minimax fit of log2 Q on [-7, 0] with p(0) = -1, weighted for an error below 1e-8 in x Phi(x)
/// and below 2e-5 of it; 2^r on [-1/2, 1/2] is a minimax fit too, relative error 9e-8. Beyond -7 the result stays at
/// -9e-12. Error below 1e-7 max(1, |x|).
static Value emitGelu(KernelEmitter &e, Value x) {
  Type type = x.getType();
  Value zero = e.constant(0.0, type);
  // Without the mask of a sign bit, which would take a register.
  Value negative = e.maxf(e.constant(-7.0, type), e.minf(x, e.subf(zero, x)));
  Value p = polynomial(e, negative,
                       {-1.483951124e-08, -5.054296287e-07, -7.253410785e-06, -5.533171456e-05, -2.086990892e-04,
                        1.443033924e-04, 7.121870138e-03, 5.256090234e-02, -4.591800576e-01, 1.151109278e+00, -1.0});
  Rounded n = roundProduct(e, p, 1);
  Value power = polynomial(e, e.subf(p, n.value),
                           {1.326472707e-03, 9.671512649e-03, 5.550733744e-02, 2.402224209e-01, 6.931469776e-01, 1.0});
  return e.fma(negative, scaleByPowerOfTwo(e, power, n), e.maxf(zero, x));
}

/// e^x over all of float32, which `emitExp` is not: the square of e^(x/2) becomes infinite and zero where it should.
static Value emitExpOfAll(KernelEmitter &e, Value x) {
  Value root = emitExp(e, e.mulf(x, e.constant(0.5, x.getType())));
  return e.mulf(root, root);
}

/// log(1 + e^x) = max(x, 0) + log(1 + u) with u = e^-|x|, and log(1 + u) = 2 atanh(s) with s = u / (2 + u) <= 1/3,
/// whose series is fitted to 1.5e-8 of itself.
static Value emitSoftplus(KernelEmitter &e, Value x) {
  Type type = x.getType();
  Value zero = e.constant(0.0, type), two = e.constant(2.0, type);
  Value u = emitExp(e, e.minf(x, e.subf(zero, x)));
  Value s = e.divf(u, e.addf(u, two)), square = e.mulf(s, s);
  Value p = polynomial(e, square, {1.343377066e-01, 1.411697874e-01, 2.000383539e-01, 3.333331983e-01});
  Value twice = e.mulf(two, s);
  return e.addf(e.maxf(zero, x), e.fma(e.mulf(twice, square), p, twice));
}

static Value emitSigmoid(KernelEmitter &e, Value x) {
  Value one = e.constant(1.0, x.getType());
  return e.divf(one, e.addf(one, emitExp(e, e.subf(e.constant(0.0, x.getType()), x))));
}

/// Between 0 and 6; NaN stays NaN.
static Value emitClamp6(KernelEmitter &e, Value x) {
  return e.maxf(e.constant(0.0, x.getType()), e.minf(e.constant(6.0, x.getType()), x));
}

static Value emitActivation(KernelEmitter &e, vit::ActivationKind kind, Value x) {
  Type type = x.getType();
  auto constant = [&](double value) { return e.constant(value, type); };
  switch (kind) {
  case vit::ActivationKind::None:
    return x;
  case vit::ActivationKind::Gelu:
    return e.target.tableEntries == GeluTable::kPieces ? emitGeluFromTable(e, x) : emitGelu(e, x);
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
  case vit::ActivationKind::Tanh:
    return emitTanh(e, x);
  case vit::ActivationKind::Sigmoid:
    return emitSigmoid(e, x);
  case vit::ActivationKind::Relu6:
    return emitClamp6(e, x);
  case vit::ActivationKind::HardSigmoid:
    return e.mulf(emitClamp6(e, e.addf(x, constant(3.0))), constant(1.0 / 6));
  case vit::ActivationKind::HardSwish:
    return e.mulf(x, e.mulf(emitClamp6(e, e.addf(x, constant(3.0))), constant(1.0 / 6)));
  case vit::ActivationKind::LeakyRelu:
    // The larger one: the slope is below 1.
    return e.maxf(e.mulf(x, constant(0.01)), x);
  case vit::ActivationKind::Softplus:
    return emitSoftplus(e, x);
  case vit::ActivationKind::Exp:
    return emitExpOfAll(e, x);
  case vit::ActivationKind::Sqrt:
    return e.builder.create<math::SqrtOp>(e.loc, x);
  }
  llvm_unreachable("all activations are listed");
}

KernelEmitter::Values vitc::emitExp(KernelEmitter &e, ValueRange x) {
  return e.sideBySide(x, [&](Value wide) { return ::emitExp(e, wide); });
}

KernelEmitter::Values vitc::emitExp2(KernelEmitter &e, ValueRange x) {
  return e.sideBySide(x, [&](Value wide) { return ::emitExp2(e, wide); });
}

KernelEmitter::Values vitc::emitActivation(KernelEmitter &e, vit::ActivationKind kind, ValueRange x) {
  if (kind == vit::ActivationKind::None)
    return KernelEmitter::Values(x);
  // Not a chain.
  if (kind == vit::ActivationKind::Relu)
    return llvm::map_to_vector(x, [&](Value one) { return ::emitActivation(e, kind, one); });
  return e.sideBySide(x, [&](Value wide) { return ::emitActivation(e, kind, wide); });
}
