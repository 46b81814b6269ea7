//===- VitToKernel.cpp - from what to how -------------------------------------===//

#include "vitc/Conversion/VitToKernel/VitToKernel.h"

#include "Lowering.h"

#include "vitc/Dialect/Kernel/IR/KernelTarget.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace vitc;

/// The caller's memory for a value: row-major without padding.
static MemRefType getExternalType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

static LogicalResult lowerFunction(func::FuncOp function, ModuleWeights &weights, bool useWinograd) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("expected a function of one block");
  Block &oldBody = function.getBody().front();
  auto returnOp = cast<func::ReturnOp>(oldBody.getTerminator());

  SmallVector<Type> types;
  for (Type type : function.getArgumentTypes())
    types.push_back(getExternalType(type));
  for (Type type : function.getResultTypes())
    types.push_back(getExternalType(type));
  OpBuilder builder(function);
  auto newFunction =
      builder.create<func::FuncOp>(function.getLoc(), function.getName(), builder.getFunctionType(types, {}));
  newFunction->setDiscardableAttrs(function->getDiscardableAttrDictionary());
  unsigned inputs = function.getNumArguments();
  for (unsigned i = 0; i < types.size(); ++i) {
    DictionaryAttr attributes = i < inputs ? function.getArgAttrDict(i) : function.getResultAttrDict(i - inputs);
    newFunction.setArgAttrs(i, attributes);
    if (i >= inputs)
      newFunction.setArgAttr(i, kernel::kOutputAttr, builder.getUnitAttr());
  }
  Block *body = newFunction.addEntryBlock();
  builder.setInsertionPointToStart(body);

  Lowering lowering(builder, weights, useWinograd);
  for (unsigned i = 0; i < inputs; ++i)
    lowering.setBuffer(oldBody.getArgument(i), body->getArgument(i));
  // A result is computed where the caller wants it, unless another op reads it too (a reader may need padded rows).
  for (auto [i, value] : llvm::enumerate(returnOp.getOperands()))
    if (cast<RankedTensorType>(value.getType()).getRank() != 4 && value.hasOneUse() && value.getDefiningOp() &&
        !vit::isWeightOp(value.getDefiningOp()))
      lowering.setDestination(value, body->getArgument(inputs + i));
  for (Operation &op : oldBody.without_terminator())
    if (failed(lowering.lower(&op)))
      return failure();
  for (auto [i, value] : llvm::enumerate(returnOp.getOperands())) {
    Value destination = body->getArgument(inputs + i);
    lowering.copyResult(value, destination);
  }
  builder.create<func::ReturnOp>(returnOp.getLoc());
  function.erase();
  return success();
}

namespace {
struct ConvertVitToKernel : PassWrapper<ConvertVitToKernel, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ConvertVitToKernel)
  explicit ConvertVitToKernel(bool useWinograd) { this->useWinograd = useWinograd; }
  ConvertVitToKernel(const ConvertVitToKernel &other) : PassWrapper(other) { useWinograd = other.useWinograd; }

  StringRef getArgument() const override { return "convert-vit-to-kernel"; }
  StringRef getDescription() const override { return "Choose kernels and layouts for a function of vit ops"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<kernel::KernelDialect, arith::ArithDialect>();
  }
  Option<bool> useWinograd{*this, "winograd", llvm::cl::desc("Use Winograd's minimal filtering where it wins"),
                           llvm::cl::init(true)};

  void runOnOperation() override {
    ModuleWeights weights(getOperation());
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (failed(lowerFunction(function, weights, useWinograd)))
        return signalPassFailure();
  }
};
} // namespace

std::unique_ptr<Pass> vitc::createConvertVitToKernel(bool useWinograd) {
  return std::make_unique<ConvertVitToKernel>(useWinograd);
}
