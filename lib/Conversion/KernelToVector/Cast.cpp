//===- Cast.cpp - elements as another type ------------------------------------===//

#include "KernelEmitter.h"

#include <cmath>

using namespace mlir;
using namespace vitc;

/// A constant in all lanes of a vector of integers.
static Value constantInteger(KernelEmitter &e, VectorType type, int64_t value) {
  return e.builder.create<arith::ConstantOp>(
      e.loc, DenseElementsAttr::get(type, e.builder.getIntegerAttr(type.getElementType(), value)));
}

/// Which lanes are not 0.
static Value isTrue(KernelEmitter &e, Value x) {
  auto type = cast<VectorType>(x.getType());
  if (isa<FloatType>(type.getElementType()))
    return e.builder.create<arith::CmpFOp>(e.loc, arith::CmpFPredicate::UNE, x, e.splat(0));
  return e.builder.create<arith::CmpIOp>(e.loc, arith::CmpIPredicate::ne, x, constantInteger(e, type, 0));
}

/// Cuts f32 off to whole numbers from -2^(bits-1), or 0, to below 2^bits; what is beyond becomes the end. The
/// conversion itself is undefined there.
static Value truncate(KernelEmitter &e, Value x, unsigned bits, bool isSigned) {
  OpBuilder &b = e.builder;
  auto type = e.vectorOf(b.getIntegerType(std::max(bits, 32U)));
  const double least = isSigned ? -std::ldexp(1.0, int(bits) - 1) : 0.0;
  const double end = std::ldexp(1.0, int(bits) - (isSigned ? 1 : 0));
  // The largest number is one less than `end`, written so that 64 bits do not overflow.
  const int64_t most = isSigned ? int64_t(~uint64_t(0) >> (65 - bits)) : (int64_t(1) << bits) - 1;
  Value above = e.maxf(x, e.splat(least)); // and of NaN
  Value isInside = b.create<arith::CmpFOp>(e.loc, arith::CmpFPredicate::OLT, above, e.splat(end));
  Value inside = b.create<arith::SelectOp>(e.loc, isInside, above, e.splat(0));
  Value whole = b.create<arith::FPToSIOp>(e.loc, type, inside);
  whole = b.create<arith::SelectOp>(e.loc, isInside, whole, constantInteger(e, type, most));
  Value isNumber = b.create<arith::CmpFOp>(e.loc, arith::CmpFPredicate::ORD, x, x);
  return b.create<arith::SelectOp>(e.loc, isNumber, whole, constantInteger(e, type, 0));
}

Value vitc::emitCast(KernelEmitter &e, kernel::CastOp op, Value x) {
  OpBuilder &b = e.builder;
  Type from = op.getInput().getType(), to = op.getType();
  if (from == to)
    return x;
  if (to.isInteger(1))
    return b.create<arith::ExtUIOp>(e.loc, e.vectorOf(b.getI8Type()), isTrue(e, x));
  if (from.isInteger(1)) {
    // A byte that is neither 0 nor 1 is true, too.
    Value byte = b.create<arith::ExtUIOp>(e.loc, e.vectorOf(b.getI8Type()), isTrue(e, x));
    if (to.isF32())
      return b.create<arith::UIToFPOp>(e.loc, e.vectorType, byte);
    return to.isUnsignedInteger() ? byte : b.create<arith::ExtUIOp>(e.loc, e.vectorOf(to), byte);
  }
  const unsigned bits = to.getIntOrFloatBitWidth();
  Type storage = b.getIntegerType(bits);
  if (from.isF32()) {
    Value whole = truncate(e, x, bits, !to.isUnsignedInteger());
    return bits < 32 ? b.create<arith::TruncIOp>(e.loc, e.vectorOf(storage), whole) : whole;
  }
  if (to.isF32())
    return from.isUnsignedInteger() ? b.create<arith::UIToFPOp>(e.loc, e.vectorType, x).getResult()
                                    : b.create<arith::SIToFPOp>(e.loc, e.vectorType, x).getResult();
  if (bits < from.getIntOrFloatBitWidth())
    return b.create<arith::TruncIOp>(e.loc, e.vectorOf(storage), x);
  return from.isUnsignedInteger() ? b.create<arith::ExtUIOp>(e.loc, e.vectorOf(storage), x).getResult()
                                  : b.create<arith::ExtSIOp>(e.loc, e.vectorOf(storage), x).getResult();
}
