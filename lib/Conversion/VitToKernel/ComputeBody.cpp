//===- ComputeBody.cpp - building blocks of kernel.compute bodies -------------===//

#include "ComputeBody.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace vitc;
using arith::FastMathFlags;

ArrayRef<int64_t> vitc::bufferShape(Value buffer) { return cast<MemRefType>(buffer.getType()).getShape(); }

//===----------------------------------------------------------------------===//
// Index arithmetic and scalars
//===----------------------------------------------------------------------===//

Value ComputeBody::index(int64_t value) { return builder.create<arith::ConstantIndexOp>(loc, value); }
Value ComputeBody::add(Value lhs, Value rhs) { return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs); }
Value ComputeBody::sub(Value lhs, Value rhs) { return builder.createOrFold<arith::SubIOp>(loc, lhs, rhs); }
Value ComputeBody::mul(Value lhs, int64_t rhs) {
  return rhs == 1 ? lhs : builder.createOrFold<arith::MulIOp>(loc, lhs, index(rhs));
}
Value ComputeBody::div(Value lhs, int64_t rhs) {
  return rhs == 1 ? lhs : builder.createOrFold<arith::DivUIOp>(loc, lhs, index(rhs));
}
Value ComputeBody::rem(Value lhs, int64_t rhs) {
  return rhs == 1 ? index(0) : builder.createOrFold<arith::RemUIOp>(loc, lhs, index(rhs));
}
Value ComputeBody::min(Value lhs, Value rhs) { return builder.createOrFold<arith::MinSIOp>(loc, lhs, rhs); }
Value ComputeBody::max(Value lhs, Value rhs) { return builder.createOrFold<arith::MaxSIOp>(loc, lhs, rhs); }

Value ComputeBody::constant(double value) {
  return builder.create<arith::ConstantOp>(loc, builder.getFloatAttr(elementType, value));
}
Value ComputeBody::addf(Value lhs, Value rhs) { return builder.create<arith::AddFOp>(loc, lhs, rhs); }
Value ComputeBody::subf(Value lhs, Value rhs) { return builder.create<arith::SubFOp>(loc, lhs, rhs); }
Value ComputeBody::mulf(Value lhs, Value rhs) { return builder.create<arith::MulFOp>(loc, lhs, rhs); }
Value ComputeBody::divf(Value lhs, Value rhs) { return builder.create<arith::DivFOp>(loc, lhs, rhs); }
Value ComputeBody::maxf(Value lhs, Value rhs) {
  Value greater = builder.create<arith::CmpFOp>(loc, arith::CmpFPredicate::OGT, lhs, rhs);
  return builder.create<arith::SelectOp>(loc, greater, lhs, rhs);
}
Value ComputeBody::exp(Value x) { return builder.create<math::ExpOp>(loc, x); }
Value ComputeBody::sqrt(Value x) { return builder.create<math::SqrtOp>(loc, x); }
Value ComputeBody::multiplyAdd(Value a, Value b, Value c) {
  Value product = builder.create<arith::MulFOp>(loc, a, b, FastMathFlags::contract);
  return builder.create<arith::AddFOp>(loc, product, c, FastMathFlags::contract);
}
Value ComputeBody::accumulate(Value sum, Value x) {
  return builder.create<arith::AddFOp>(loc, sum, x, FastMathFlags::contract | FastMathFlags::reassoc);
}
Value ComputeBody::accumulateProduct(Value sum, Value a, Value b) {
  return accumulate(sum, builder.create<arith::MulFOp>(loc, a, b, FastMathFlags::contract | FastMathFlags::reassoc));
}

Value ComputeBody::sigmoid(Value x) {
  Value one = constant(1.0);
  return divf(one, addf(one, exp(builder.create<arith::NegFOp>(loc, x))));
}

Value ComputeBody::activation(vit::ActivationKind kind, Value x) {
  switch (kind) {
  case vit::ActivationKind::None:
    return x;
  case vit::ActivationKind::Gelu: {
    Value erf = builder.create<math::ErfOp>(loc, mulf(x, constant(0.70710678118654752)));
    return mulf(mulf(x, constant(0.5)), addf(erf, constant(1.0)));
  }
  case vit::ActivationKind::GeluTanh: {
    Value cubic = mulf(mulf(mulf(x, x), x), constant(0.044715));
    Value tanh = builder.create<math::TanhOp>(loc, mulf(addf(x, cubic), constant(0.79788456080286536)));
    return mulf(mulf(x, constant(0.5)), addf(tanh, constant(1.0)));
  }
  case vit::ActivationKind::QuickGelu:
    return mulf(x, sigmoid(mulf(x, constant(1.702))));
  case vit::ActivationKind::Silu:
    return mulf(x, sigmoid(x));
  case vit::ActivationKind::Relu:
    return maxf(constant(0.0), x);
  case vit::ActivationKind::Tanh:
    return builder.create<math::TanhOp>(loc, x);
  case vit::ActivationKind::Sigmoid:
    return sigmoid(x);
  }
  llvm_unreachable("all activations are listed");
}

//===----------------------------------------------------------------------===//
// Memory and loops
//===----------------------------------------------------------------------===//

Value ComputeBody::load(Value buffer, ValueRange indices) {
  return builder.create<memref::LoadOp>(loc, buffer, indices);
}
void ComputeBody::store(Value value, Value buffer, ValueRange indices) {
  builder.create<memref::StoreOp>(loc, value, buffer, indices);
}

void ComputeBody::loop(Value from, Value to, llvm::function_ref<void(Value)> body) {
  auto forOp = builder.create<scf::ForOp>(loc, from, to, index(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(forOp.getBody());
  body(forOp.getInductionVar());
}

void ComputeBody::forAll(ArrayRef<int64_t> shape, llvm::function_ref<void(ValueRange)> body) {
  OpBuilder::InsertionGuard guard(builder);
  Values indices;
  for (int64_t size : shape) {
    auto forOp = builder.create<scf::ForOp>(loc, index(0), index(size), index(1));
    builder.setInsertionPointToStart(forOp.getBody());
    indices.push_back(forOp.getInductionVar());
  }
  body(indices);
}

Value ComputeBody::reduce(int64_t size, Value init, llvm::function_ref<Value(Value, Value)> body) {
  auto forOp = builder.create<scf::ForOp>(loc, index(0), index(size), index(1), init);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(forOp.getBody());
  Value next = body(forOp.getInductionVar(), forOp.getRegionIterArg(0));
  builder.create<scf::YieldOp>(loc, next);
  return forOp.getResult(0);
}

void ComputeBody::generic(ValueRange inputs, Value output, ArrayRef<AffineMap> maps,
                          ArrayRef<utils::IteratorType> iterators, llvm::function_ref<Value(ValueRange)> body) {
  // The op's builder is this one, inside the new region.
  builder.create<linalg::GenericOp>(
      loc, inputs, output, maps, iterators,
      [&](OpBuilder &, Location, ValueRange elements) { builder.create<linalg::YieldOp>(loc, body(elements)); });
}

void ComputeBody::elementwise(ValueRange inputs, Value output, llvm::function_ref<Value(ValueRange)> body) {
  ArrayRef<int64_t> shape = bufferShape(output);
  SmallVector<AffineMap> maps;
  for (Value input : inputs)
    maps.push_back(broadcastMap(bufferShape(input), shape));
  maps.push_back(builder.getMultiDimIdentityMap(shape.size()));
  SmallVector<utils::IteratorType> iterators(shape.size(), utils::IteratorType::parallel);
  generic(inputs, output, maps, iterators, body);
}

AffineMap ComputeBody::broadcastMap(ArrayRef<int64_t> from, ArrayRef<int64_t> shape) {
  // Dimensions of `from` beyond those of `shape` have size one (a number that is stored as a vector).
  SmallVector<AffineExpr> results;
  int64_t missing = int64_t(shape.size()) - int64_t(from.size());
  for (auto [dim, size] : llvm::enumerate(from)) {
    int64_t aligned = missing + int64_t(dim);
    bool isRepeated = aligned < 0 || size != shape[aligned];
    results.push_back(isRepeated ? builder.getAffineConstantExpr(0) : builder.getAffineDimExpr(aligned));
  }
  return AffineMap::get(shape.size(), 0, results, builder.getContext());
}
