//===- KernelEmitter.cpp - what all kernels are built from --------------------===//

#include "KernelEmitter.h"

#include "vitc/TargetInfo/Architecture.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

KernelEmitter::KernelEmitter(OpBuilder &builder, Location loc, const TargetInfo &target)
    : builder(builder), loc(loc), target(target), lanes(target.lanes(4)), panelVectors(kPanelWidth / lanes),
      vectorType(VectorType::get({lanes}, builder.getF32Type())) {}

//===----------------------------------------------------------------------===//
// Index arithmetic and control flow
//===----------------------------------------------------------------------===//

Value KernelEmitter::index(int64_t value) { return builder.create<arith::ConstantIndexOp>(loc, value); }
Value KernelEmitter::add(Value lhs, Value rhs) { return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs); }
Value KernelEmitter::sub(Value lhs, Value rhs) { return builder.createOrFold<arith::SubIOp>(loc, lhs, rhs); }
Value KernelEmitter::mul(Value lhs, int64_t rhs) { return builder.createOrFold<arith::MulIOp>(loc, lhs, index(rhs)); }
Value KernelEmitter::div(Value lhs, int64_t rhs) {
  return rhs == 1 ? lhs : builder.createOrFold<arith::DivUIOp>(loc, lhs, index(rhs));
}
Value KernelEmitter::rem(Value lhs, int64_t rhs) {
  return rhs == 1 ? index(0) : builder.createOrFold<arith::RemUIOp>(loc, lhs, index(rhs));
}
Value KernelEmitter::min(Value lhs, Value rhs) { return builder.createOrFold<arith::MinUIOp>(loc, lhs, rhs); }
Value KernelEmitter::max(Value lhs, Value rhs) { return builder.createOrFold<arith::MaxUIOp>(loc, lhs, rhs); }
Value KernelEmitter::isLess(Value lhs, Value rhs) {
  return builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ult, lhs, rhs);
}
Value KernelEmitter::isEqual(Value lhs, int64_t rhs) {
  return builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::eq, lhs, index(rhs));
}

void KernelEmitter::loop(Value from, Value to, int64_t step, llvm::function_ref<void(Value)> body) {
  auto loopOp = builder.create<scf::ForOp>(loc, from, to, index(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loopOp.getBody());
  body(loopOp.getInductionVar());
}

KernelEmitter::Values KernelEmitter::loop(Value from, Value to, int64_t step, ValueRange inits,
                                          llvm::function_ref<Values(Value, ValueRange)> body) {
  auto loopOp = builder.create<scf::ForOp>(loc, from, to, index(step), inits);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loopOp.getBody());
  builder.create<scf::YieldOp>(loc, body(loopOp.getInductionVar(), loopOp.getRegionIterArgs()));
  return Values(loopOp.getResults());
}

void KernelEmitter::ifElse(Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise) {
  auto ifOp = builder.create<scf::IfOp>(loc, condition, /*withElseRegion=*/static_cast<bool>(otherwise));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(ifOp.thenBlock());
  then();
  if (otherwise) {
    builder.setInsertionPointToStart(ifOp.elseBlock());
    otherwise();
  }
}

//===----------------------------------------------------------------------===//
// Floating point
//===----------------------------------------------------------------------===//

Value KernelEmitter::constant(double value, Type type) {
  TypedAttr attribute = builder.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, Attribute(attribute));
  return builder.create<arith::ConstantOp>(loc, attribute);
}
Value KernelEmitter::addf(Value lhs, Value rhs) { return builder.create<arith::AddFOp>(loc, lhs, rhs); }
Value KernelEmitter::subf(Value lhs, Value rhs) { return builder.create<arith::SubFOp>(loc, lhs, rhs); }
Value KernelEmitter::mulf(Value lhs, Value rhs) { return builder.create<arith::MulFOp>(loc, lhs, rhs); }
Value KernelEmitter::divf(Value lhs, Value rhs) { return builder.create<arith::DivFOp>(loc, lhs, rhs); }
// One instruction where the hardware's maximum is this one (maxps, minps), where maximumf is three.
Value KernelEmitter::maxf(Value lhs, Value rhs) {
  Value greater = builder.create<arith::CmpFOp>(loc, arith::CmpFPredicate::OGT, lhs, rhs);
  return builder.create<arith::SelectOp>(loc, greater, lhs, rhs);
}
Value KernelEmitter::minf(Value lhs, Value rhs) {
  Value less = builder.create<arith::CmpFOp>(loc, arith::CmpFPredicate::OLT, lhs, rhs);
  return builder.create<arith::SelectOp>(loc, less, lhs, rhs);
}
Value KernelEmitter::fma(Value a, Value b, Value c) {
  if (!target.hasFMA)
    return addf(mulf(a, b), c);
  if (isa<VectorType>(a.getType()))
    return builder.create<vector::FMAOp>(loc, a, b, c);
  auto single = VectorType::get({1}, a.getType());
  auto widen = [&](Value scalar) -> Value { return builder.create<vector::BroadcastOp>(loc, single, scalar); };
  Value result = builder.create<vector::FMAOp>(loc, widen(a), widen(b), widen(c));
  return builder.create<vector::ExtractOp>(loc, result, 0);
}
Value KernelEmitter::broadcast(Value scalar) {
  return builder.create<vector::BroadcastOp>(loc, vectorOf(scalar.getType()), scalar);
}
/// One vector of the elements of all.
static Value concatenate(KernelEmitter &e, ArrayRef<Value> vectors) {
  if (vectors.size() == 1)
    return vectors.front();
  Value low = concatenate(e, vectors.take_front(vectors.size() / 2));
  Value high = concatenate(e, vectors.drop_front(vectors.size() / 2));
  auto all = llvm::to_vector(llvm::seq<int64_t>(0, int64_t(vectors.size()) * e.lanes));
  return e.builder.create<vector::ShuffleOp>(e.loc, low, high, all);
}
/// Its native vectors.
static KernelEmitter::Values split(KernelEmitter &e, Value vector) {
  int64_t size = cast<VectorType>(vector.getType()).getDimSize(0);
  if (size == e.lanes)
    return {vector};
  KernelEmitter::Values parts;
  for (int64_t first = 0; first < size; first += e.lanes)
    parts.push_back(
        e.builder.create<vector::ShuffleOp>(e.loc, vector, vector, llvm::to_vector(llvm::seq(first, first + e.lanes))));
  return parts;
}
KernelEmitter::Values KernelEmitter::sideBySide(ValueRange vectors, llvm::function_ref<Value(Value)> function) {
  Values all(vectors), results;
  for (ArrayRef<Value> rest = all; !rest.empty();) {
    size_t count = std::min<size_t>(llvm::bit_floor(rest.size()), kVectorsSideBySide);
    results.append(split(*this, function(concatenate(*this, rest.take_front(count)))));
    rest = rest.drop_front(count);
  }
  return results;
}
Value KernelEmitter::lookUp(ArrayRef<float> table, Value index) {
  assert(int64_t(table.size()) == target.tableEntries && "the target has tables of this size");
  Values results;
  for (Value part : split(*this, index))
    results.push_back(target.architecture->lookUp(builder, loc, table, part));
  return concatenate(*this, results);
}
/// Pairs, then pairs of pairs: the order that a reassociating reduction would take, but fixed.
Value KernelEmitter::reduceLanes(Value vector, Join combine) {
  for (int64_t width = lanes; width > 1; width /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i < width / 2; ++i) {
      low.push_back(i);
      high.push_back(i + width / 2);
    }
    vector = combine(builder.create<vector::ShuffleOp>(loc, vector, vector, low),
                     builder.create<vector::ShuffleOp>(loc, vector, vector, high));
  }
  return builder.create<vector::ExtractOp>(loc, vector, 0);
}
Value KernelEmitter::reduceMax(Value vector) {
  return reduceLanes(vector, [&](Value a, Value b) { return maxf(a, b); });
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value KernelEmitter::physical(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getLayout().isIdentity())
    return buffer;
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = kernel::getStride(type, type.getRank() - 2);
  auto padded = MemRefType::get(shape, type.getElementType());
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  (void)getStridesAndOffset(padded, strides, offset);
  return builder.create<memref::ReinterpretCastOp>(loc, padded, buffer, 0, shape, strides);
}
Value KernelEmitter::rows(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getRank() == 2)
    return physical(buffer);
  int64_t stride = type.getRank() < 2 ? type.getNumElements() : kernel::getStride(type, type.getRank() - 2);
  int64_t shape[] = {type.getNumElements() / type.getShape().back(), stride}, strides[] = {stride, 1};
  return builder.create<memref::ReinterpretCastOp>(loc, MemRefType::get(shape, type.getElementType()), buffer, 0,
                                                   ArrayRef<int64_t>(shape), ArrayRef<int64_t>(strides));
}
Value KernelEmitter::flat(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getRank() == 1)
    return buffer;
  int64_t size = kernel::getByteSize(type) / kernel::getElementBytes(type), stride = 1;
  return builder.create<memref::ReinterpretCastOp>(loc, MemRefType::get(size, type.getElementType()), buffer, 0,
                                                   ArrayRef(size), ArrayRef(stride));
}
Value KernelEmitter::stackBuffer(int64_t elements) {
  OpBuilder::InsertionGuard guard(builder);
  Region *body = builder.getInsertionBlock()->getParent();
  while (!isa<FunctionOpInterface>(body->getParentOp()))
    body = body->getParentRegion();
  builder.setInsertionPointToStart(&body->front());
  return builder.create<memref::AllocaOp>(loc, MemRefType::get(elements, builder.getF32Type()));
}
Value KernelEmitter::loadScalar(Value buffer, ValueRange indices) {
  return builder.create<memref::LoadOp>(loc, buffer, indices);
}
VectorType KernelEmitter::vectorOf(Type element) { return VectorType::get({lanes}, element); }
Value KernelEmitter::load(Value buffer, ValueRange indices) {
  auto type = cast<MemRefType>(buffer.getType());
  return builder.create<vector::LoadOp>(loc, vectorOf(type.getElementType()), buffer, indices);
}
void KernelEmitter::store(Value vector, Value buffer, ValueRange indices) {
  builder.create<vector::StoreOp>(loc, vector, buffer, indices);
}
Value KernelEmitter::loadWords(Value buffer, ValueRange indices) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  VectorType words = vectorOf(builder.getI32Type());
  auto numbers = VectorType::get(lanes * 32 / element.getIntOrFloatBitWidth(), element);
  return builder.create<vector::BitCastOp>(loc, words, builder.create<vector::LoadOp>(loc, numbers, buffer, indices));
}
void KernelEmitter::storeWords(Value words, Value buffer, ValueRange indices) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  int64_t count = cast<VectorType>(words.getType()).getNumElements();
  auto numbers = VectorType::get(count * 32 / element.getIntOrFloatBitWidth(), element);
  store(numbers == words.getType() ? words : builder.create<vector::BitCastOp>(loc, numbers, words), buffer, indices);
}
void KernelEmitter::prefetch(Value buffer, ValueRange indices) {
  builder.create<memref::PrefetchOp>(loc, buffer, indices, /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
}
Value KernelEmitter::firstLanes(int64_t valid) {
  auto maskType = VectorType::get({lanes}, builder.getI1Type());
  return builder.create<vector::ConstantMaskOp>(loc, maskType,
                                                builder.getI64ArrayAttr({std::clamp<int64_t>(valid, 0, lanes)}));
}
Value KernelEmitter::fillLanes(Value vector, int64_t valid, double other) {
  if (valid >= lanes)
    return vector;
  return builder.create<arith::SelectOp>(loc, firstLanes(valid), vector, splat(other));
}
Value KernelEmitter::loadFirst(Value buffer, ValueRange indices, int64_t valid) {
  if (valid >= lanes)
    return load(buffer, indices);
  VectorType type = vectorOf(cast<MemRefType>(buffer.getType()).getElementType());
  Value zeros = builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(type));
  if (valid <= 0)
    return zeros;
  return builder.create<vector::MaskedLoadOp>(loc, type, buffer, indices, firstLanes(valid), zeros);
}
void KernelEmitter::storeFirst(Value vector, Value buffer, ValueRange indices, int64_t valid) {
  if (valid >= lanes)
    return store(vector, buffer, indices);
  if (valid > 0)
    builder.create<vector::MaskedStoreOp>(loc, buffer, indices, firstLanes(valid), vector);
}

/// A mask of the lanes whose column (the last index) is below `columns`, or null if the row has room for all.
static Value columnMask(KernelEmitter &emitter, Value buffer, ValueRange indices, int64_t columns) {
  int64_t room = cast<MemRefType>(buffer.getType()).getShape().back();
  if (room >= kernel::roundUp(columns, kPanelWidth))
    return Value();
  OpBuilder &builder = emitter.builder;
  Value rest = builder.create<arith::SubIOp>(emitter.loc, emitter.index(columns), indices.back());
  rest = builder.create<arith::MaxSIOp>(emitter.loc, rest, emitter.index(0));
  auto maskType = VectorType::get({emitter.lanes}, builder.getI1Type());
  return builder.create<vector::CreateMaskOp>(emitter.loc, maskType, rest);
}
void KernelEmitter::storeColumns(Value vector, Value buffer, ValueRange indices, int64_t columns) {
  if (Value mask = columnMask(*this, buffer, indices, columns))
    builder.create<vector::MaskedStoreOp>(loc, buffer, indices, mask, vector);
  else
    store(vector, buffer, indices);
}
Value KernelEmitter::loadColumns(Value buffer, ValueRange indices, int64_t columns) {
  if (Value mask = columnMask(*this, buffer, indices, columns))
    return builder.create<vector::MaskedLoadOp>(loc, vectorType, buffer, indices, mask, splat(0));
  return load(buffer, indices);
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

KernelEmitter::Values KernelEmitter::accumulate(ValueRange accumulators, int64_t depth, ProductSteps steps,
                                                AddStep addStep) {
  if (depth > steps.block) {
    auto addBlock = [&](ValueRange totals, Value start, int64_t size) {
      return addAll(totals, accumulate(Values(totals.size(), splat(0)), size, steps,
                                       [&](Values sums, Value k) { return addStep(std::move(sums), add(start, k)); }));
    };
    int64_t whole = depth / steps.block * steps.block;
    Values totals = loop(index(0), index(whole), steps.block, accumulators,
                         [&](Value start, ValueRange carried) { return addBlock(carried, start, steps.block); });
    return whole == depth ? totals : addBlock(totals, index(whole), depth - whole);
  }

  int64_t unroll = steps.unroll;
  int64_t whole = depth / unroll * unroll;
  Values sums(accumulators);
  if (whole > 0)
    sums = loop(index(0), index(whole), unroll, sums, [&](Value k, ValueRange carried) {
      Values next(carried);
      for (int64_t i = 0; i < unroll; ++i)
        next = addStep(next, add(k, i));
      return next;
    });
  for (int64_t k = whole; k < depth; ++k)
    sums = addStep(sums, index(k));
  return sums;
}

KernelEmitter::Values KernelEmitter::addOuterProduct(Values sums, int64_t rows, ValueRange columns,
                                                     llvm::function_ref<Value(int64_t)> loadElement,
                                                     MultiplyAdd multiplyAdd) {
  for (int64_t row = 0; row < rows; ++row) {
    Value element = broadcast(loadElement(row));
    for (auto [vector, column] : llvm::enumerate(columns)) {
      Value &sum = sums[row * columns.size() + vector];
      sum = multiplyAdd(sum, element, column);
    }
  }
  return sums;
}

KernelEmitter::Values KernelEmitter::product(ValueRange accumulators, int64_t rows, int64_t vectors, int64_t depth,
                                             ProductSteps steps, LoadElement loadElement, LoadVector loadVector,
                                             MultiplyAdd multiplyAdd) {
  return accumulate(accumulators, depth, steps, [&](Values sums, Value k) {
    Values columns;
    for (int64_t vector = 0; vector < vectors; ++vector)
      columns.push_back(loadVector(vector, k));
    return addOuterProduct(
        std::move(sums), rows, columns, [&](int64_t row) { return loadElement(row, k); }, multiplyAdd);
  });
}

KernelEmitter::Values KernelEmitter::addAll(ValueRange lhs, ValueRange rhs) {
  Values sums;
  for (auto [a, b] : llvm::zip_equal(lhs, rhs))
    sums.push_back(addf(a, b));
  return sums;
}

void KernelEmitter::forRowTiles(kernel::RowTilesAttr tiles, Value from, Value to,
                                llvm::function_ref<void(int64_t, Value)> body) {
  Value split = index(tiles.getCount());
  loop(from, min(to, split), 1, [&](Value tile) { body(tiles.getRows(), mul(tile, tiles.getRows())); });
  if (tiles.getRestCount() == 0)
    return;
  // Tile t of the rest starts at count * rows + (t - count) * rest_rows.
  int64_t offset = tiles.getCount() * (tiles.getRows() - tiles.getRestRows());
  loop(max(from, split), to, 1,
       [&](Value tile) { body(tiles.getRestRows(), add(mul(tile, tiles.getRestRows()), offset)); });
}

void KernelEmitter::forPanelTile(int64_t total, int64_t width, Value tile,
                                 llvm::function_ref<void(int64_t, Value)> body) {
  int64_t whole = total / width, rest = total % width;
  Value first = mul(tile, width);
  if (rest == 0)
    return body(width, first);
  if (whole == 0)
    return body(rest, index(0));
  ifElse(isLess(tile, index(whole)), [&] { body(width, first); }, [&] { body(rest, index(whole * width)); });
}

// log2(lanes) rounds of interleaving vector i with vector i + lanes/2.
KernelEmitter::Values KernelEmitter::transpose(Values square) {
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < lanes / 2; ++i) {
    low.append({i, i + lanes});
    high.append({i + lanes / 2, i + lanes / 2 + lanes});
  }
  for (int64_t width = lanes; width > 1; width /= 2) {
    Values next;
    for (int64_t i = 0; i < lanes / 2; ++i) {
      next.push_back(builder.create<vector::ShuffleOp>(loc, square[i], square[i + lanes / 2], low));
      next.push_back(builder.create<vector::ShuffleOp>(loc, square[i], square[i + lanes / 2], high));
    }
    square = std::move(next);
  }
  return square;
}

Value KernelEmitter::reduceColumns(int64_t columns, double start, Combine combine, Join join) {
  return reduceRows(
             1, columns, start,
             [&](int64_t, Value sum, Value column, int64_t valid) { return combine(sum, column, valid); }, join)
      .front();
}

KernelEmitter::Values KernelEmitter::reduceRows(int64_t rows, int64_t columns, double start, CombineRows combine,
                                                Join join, int64_t accumulators) {
  auto combineAll = [&](int64_t row, ValueRange sums, Value column, int64_t valid) {
    Values next;
    for (auto [i, sum] : llvm::enumerate(sums)) {
      int64_t offset = int64_t(i) * lanes;
      next.push_back(combine(row, sum, add(column, offset), std::min(valid - offset, lanes)));
    }
    return next;
  };
  return reduceRows(rows, columns, start, CombineSideBySide(combineAll), join, accumulators);
}

KernelEmitter::Values KernelEmitter::reduceRows(int64_t rows, int64_t columns, double start, CombineSideBySide combine,
                                                Join join, int64_t accumulators) {
  int64_t block = accumulators * lanes, whole = columns / block * block;
  Values sums(rows * accumulators, splat(start));
  if (whole > 0)
    sums = loop(index(0), index(whole), block, sums, [&](Value column, ValueRange carried) {
      Values next;
      for (int64_t row = 0; row < rows; ++row)
        next.append(combine(row, carried.slice(row * accumulators, accumulators), column, block));
      return next;
    });
  Values results;
  for (int64_t row = 0; row < rows; ++row) {
    Values own(ValueRange(sums).slice(row * accumulators, accumulators));
    if (whole < columns)
      llvm::copy(combine(row, ValueRange(own).take_front(llvm::divideCeil(columns - whole, lanes)), index(whole),
                         columns - whole),
                 own.begin());
    for (; own.size() > 1; own.truncate(own.size() / 2))
      for (size_t i = 0; i < own.size() / 2; ++i)
        own[i] = join(own[2 * i], own[2 * i + 1]);
    results.push_back(reduceLanes(own.front(), join));
  }
  return results;
}

void KernelEmitter::forColumns(int64_t columns, llvm::function_ref<void(Value, int64_t)> body) {
  int64_t whole = columns / lanes * lanes;
  if (whole > 0)
    loop(index(0), index(whole), lanes, [&](Value column) { body(column, lanes); });
  if (whole < columns)
    body(index(whole), columns - whole);
}

void KernelEmitter::forSteps(Value from, Value to, int64_t total, int64_t step,
                             llvm::function_ref<void(Value, int64_t)> body) {
  int64_t whole = total / step * step;
  if (whole > 0)
    loop(from, min(to, index(whole)), step, [&](Value first) { body(first, step); });
  if (whole < total)
    ifElse(isEqual(to, total), [&] { body(index(whole), total - whole); }, nullptr);
}
