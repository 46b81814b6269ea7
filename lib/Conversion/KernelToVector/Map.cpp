//===- Map.cpp - elementwise ops and movement ---------------------------------===//

#include "KernelEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace vitc;

namespace {
/// One task of kernel.map: a box of points.
struct MapTask {
  MapTask(KernelEmitter &e, kernel::MapOp op, Value task, ValueRange buffers);

  /// Loops over the dimensions [dim, end). The body gets the place of each operand, from `places` on.
  void forPoints(unsigned dim, unsigned end, ValueRange places, llvm::function_ref<void(ValueRange)> body);
  /// What the body makes of some vectors of each input, in its storage type: one result for each.
  SmallVector<Value> apply(ArrayRef<SmallVector<Value>> elements, size_t vectors);
  void emitContiguous();
  void emitTransposed();
  void emitStrided();

  int64_t stride(unsigned operand, unsigned dim) { return op.getAccess(operand).getStrides()[dim]; }

  KernelEmitter &e;
  kernel::MapOp op;
  const unsigned rank, inputs;
  /// The elements of each operand, and the place that its access begins at.
  SmallVector<Value> memory, origins;
  /// The box, [begins, ends) in each dimension.
  SmallVector<Value> begins, ends;
};
} // namespace

MapTask::MapTask(KernelEmitter &e, kernel::MapOp op, Value task, ValueRange buffers)
    : e(e), op(op), rank(op.getShape().size()), inputs(op.getInputCount()), begins(rank), ends(rank) {
  for (auto [operand, buffer] : llvm::enumerate(buffers)) {
    memory.push_back(e.flat(buffer));
    origins.push_back(e.index(op.getAccess(operand).getOffset()));
  }
  for (unsigned dim = rank; dim-- > 0;) {
    int64_t size = op.getShape()[dim], tile = op.getTile()[dim], count = llvm::divideCeil(size, tile);
    begins[dim] = count == 1 ? e.index(0) : e.mul(e.rem(task, count), tile);
    ends[dim] = count == 1 ? e.index(size) : e.min(e.add(begins[dim], tile), e.index(size));
    task = e.div(task, count);
  }
}

void MapTask::forPoints(unsigned dim, unsigned end, ValueRange places, llvm::function_ref<void(ValueRange)> body) {
  if (dim == end)
    return body(places);
  e.loop(begins[dim], ends[dim], 1, [&](Value index) {
    SmallVector<Value> next;
    for (auto [operand, place] : llvm::enumerate(places))
      next.push_back(e.add(place, e.mul(index, stride(operand, dim))));
    forPoints(dim + 1, end, next, body);
  });
}

SmallVector<Value> MapTask::apply(ArrayRef<SmallVector<Value>> elements, size_t vectors) {
  llvm::DenseMap<Value, SmallVector<Value>> values;
  Block &body = op.getBody().front();
  for (auto [argument, own] : llvm::zip_equal(body.getArguments(), elements))
    values[argument] = own;
  for (Operation &scalar : body.without_terminator()) {
    SmallVector<Value> results;
    if (auto activation = dyn_cast<kernel::ActivationOp>(scalar)) {
      results = emitActivation(e, activation.getKind(), values[activation.getInput()]);
    } else if (auto exp = dyn_cast<math::ExpOp>(scalar)) {
      results = emitExp(e, values[exp.getOperand()]);
    } else if (auto constant = dyn_cast<arith::ConstantOp>(scalar)) {
      auto type = VectorType::get({e.lanes}, constant.getType());
      results.assign(vectors,
                     e.builder.create<arith::ConstantOp>(e.loc, DenseElementsAttr::get(type, constant.getValue())));
    } else {
      for (size_t i = 0; i < vectors; ++i) {
        if (auto cast = dyn_cast<kernel::CastOp>(scalar)) {
          results.push_back(emitCast(e, cast, values[cast.getInput()][i]));
          continue;
        }
        OperationState state(e.loc, scalar.getName());
        for (Value used : scalar.getOperands())
          state.operands.push_back(values[used][i]);
        state.types.push_back(VectorType::get({e.lanes}, scalar.getResult(0).getType()));
        state.attributes.append(scalar.getAttrs().begin(), scalar.getAttrs().end());
        results.push_back(e.builder.create(state)->getResult(0));
      }
    }
    values[scalar.getResult(0)] = std::move(results);
  }
  return values[body.getTerminator()->getOperand(0)];
}

void MapTask::emitContiguous() {
  unsigned last = rank - 1;
  const int64_t unroll = KernelEmitter::kVectorsSideBySide;
  forPoints(0, last, origins, [&](ValueRange places) {
    SmallVector<Value> repeated(inputs);
    for (unsigned input = 0; input < inputs; ++input)
      if (stride(input, last) == 0)
        repeated[input] = e.broadcast(e.loadScalar(memory[input], places[input]));
    e.forSteps(begins[last], ends[last], op.getShape()[last], unroll * e.lanes, [&](Value first, int64_t count) {
      SmallVector<SmallVector<Value>> elements(inputs);
      for (unsigned input = 0; input < inputs; ++input)
        for (int64_t offset = 0; offset < count; offset += e.lanes)
          elements[input].push_back(
              stride(input, last) == 0
                  ? repeated[input]
                  : e.loadFirst(memory[input], e.add(places[input], e.add(first, offset)), count - offset));
      for (auto [i, result] : llvm::enumerate(apply(elements, llvm::divideCeil(count, e.lanes)))) {
        int64_t offset = int64_t(i) * e.lanes;
        e.storeFirst(result, memory[inputs], e.add(places[inputs], e.add(first, offset)), count - offset);
      }
    });
  });
}

void MapTask::emitTransposed() {
  unsigned row = rank - 2, column = rank - 1;
  forPoints(0, row, origins, [&](ValueRange places) {
    auto place = [&](unsigned operand, Value i, Value j) {
      return e.add(e.add(places[operand], e.mul(i, stride(operand, row))), e.mul(j, stride(operand, column)));
    };
    e.forSteps(begins[row], ends[row], op.getShape()[row], e.lanes, [&](Value i, int64_t rows) {
      e.forSteps(begins[column], ends[column], op.getShape()[column], e.lanes, [&](Value j, int64_t columns) {
        // Rows that are not there are zero.
        SmallVector<Value> square;
        for (int64_t k = 0; k < e.lanes; ++k)
          square.push_back(e.loadFirst(memory[0], place(0, i, e.add(j, k)), k < columns ? rows : 0));
        square = e.transpose(square);
        square.truncate(rows);
        for (auto [k, result] : llvm::enumerate(apply({square}, rows)))
          e.storeFirst(result, memory[1], place(1, e.add(i, int64_t(k)), j), columns);
      });
    });
  });
}

void MapTask::emitStrided() {
  forPoints(0, rank, origins, [&](ValueRange places) {
    SmallVector<SmallVector<Value>> elements;
    for (unsigned input = 0; input < inputs; ++input)
      elements.push_back({e.broadcast(e.loadScalar(memory[input], places[input]))});
    Value result = e.builder.create<vector::ExtractOp>(e.loc, apply(elements, 1).front(), 0);
    e.builder.create<memref::StoreOp>(e.loc, result, memory[inputs], places[inputs]);
  });
}

void vitc::emitKernel(KernelEmitter &e, kernel::MapOp op, Value task, ValueRange buffers) {
  MapTask map(e, op, task, buffers);
  if (op.isContiguous())
    map.emitContiguous();
  else if (op.isTransposed())
    map.emitTransposed();
  else
    map.emitStrided();
}
