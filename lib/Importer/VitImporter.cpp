//===- VitImporter.cpp - a described model to the vit dialect ---*- C++ -*-===//

#include "vitc/Importer/VitImporter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Verifier.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace {

class VitImporter {
public:
  VitImporter(MLIRContext &context, const vitc::SourceModel &model)
      : model(model), builder(UnknownLoc::get(&context), &context) {}

  OwningOpRef<ModuleOp> import() {
    const vitc::ModelDescription &description = model.description;
    builder.setLoc(locationOf(description.name));
    OwningOpRef<ModuleOp> module = builder.create<ModuleOp>();
    (*module)->setAttr("vit.name", builder.getStringAttr(description.name));
    builder.setInsertionPointToEnd(module->getBody());

    llvm::SmallVector<Type> inputTypes, outputTypes;
    for (const vitc::ModelInput &input : description.inputs)
      inputTypes.push_back(typeOf(input.shape));
    for (size_t output : model.graph.outputs)
      outputTypes.push_back(typeOf(model.graph.operations[output].shape));
    auto function = builder.create<func::FuncOp>("forward", builder.getFunctionType(inputTypes, outputTypes));
    if (model.entryPoint != "main")
      function->setAttr("vit.name", builder.getStringAttr(model.entryPoint));
    for (const auto &[index, input] : llvm::enumerate(description.inputs))
      function.setArgAttr(index, "vit.name", builder.getStringAttr(input.name));
    for (const auto &[index, output] : llvm::enumerate(description.outputs))
      function.setResultAttr(index, "vit.name", builder.getStringAttr(output.name));

    Block *body = function.addEntryBlock();
    builder.setInsertionPointToEnd(body);
    size_t argument = 0;
    for (const vitc::GraphOperation &operation : model.graph.operations) {
      builder.setLoc(locationOf(operation.location));
      if (operation.kind == vitc::Primitive::Input) {
        Value value = body->getArgument(unsigned(argument++));
        value.setLoc(builder.getLoc());
        values.push_back(value);
      } else {
        values.push_back(translate(operation));
      }
    }
    llvm::SmallVector<Value> results;
    for (size_t output : model.graph.outputs)
      results.push_back(values[output]);
    builder.setLoc(function.getLoc());
    builder.create<func::ReturnOp>(results);
    return module;
  }

private:
  Location locationOf(llvm::StringRef name) { return NameLoc::get(builder.getStringAttr(name)); }

  RankedTensorType typeOf(llvm::ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder.getF32Type()); }

  Value translate(const vitc::GraphOperation &operation) {
    using vitc::Primitive;
    namespace vit = vitc::vit;
    Type type = typeOf(operation.shape);
    llvm::SmallVector<Value> operands;
    for (size_t operand : operation.operands)
      operands.push_back(values[operand]);
    auto operand = [&](size_t index) { return index < operands.size() ? operands[index] : Value(); };
    auto unit = [&](bool isSet) { return isSet ? builder.getUnitAttr() : UnitAttr(); };
    auto integer = [&](int64_t value) { return builder.getI64IntegerAttr(value); };
    FloatAttr number = builder.getF64FloatAttr(operation.number);
    DenseI64ArrayAttr permutation = builder.getDenseI64ArrayAttr(operation.permutation);
    auto sizeOfSlice = [&] { return integer(operation.shape[size_t(operation.dim)]); };

    switch (operation.kind) {
    case Primitive::Input:
      break;
    case Primitive::Weight:
      return builder.create<vit::WeightOp>(type, builder.getStringAttr(operation.text));
    case Primitive::WeightFill:
      return builder.create<vit::WeightFillOp>(type, number);
    case Primitive::WeightReshape:
      // The file may have the shape already.
      return operand(0).getType() == type ? operand(0) : builder.create<vit::WeightReshapeOp>(type, operand(0));
    case Primitive::WeightSlice:
      return builder.create<vit::WeightSliceOp>(type, operand(0), integer(operation.dim), integer(operation.offset),
                                                sizeOfSlice());
    case Primitive::WeightTranspose:
      return builder.create<vit::WeightTransposeOp>(type, operand(0), permutation);
    case Primitive::WeightConcat:
      return builder.create<vit::WeightConcatOp>(type, operands, integer(operation.dim));
    case Primitive::WeightResample:
      return builder.create<vit::WeightResampleOp>(
          type, operand(0),
          vit::ResampleKindAttr::get(builder.getContext(), *vit::symbolizeResampleKind(operation.text)),
          builder.getDenseI64ArrayAttr(operation.fromGrid), builder.getDenseI64ArrayAttr(operation.grid),
          integer(operation.leading), integer(operation.trailing));
    case Primitive::WeightRelativePositionBias:
      return builder.create<vit::WeightRelativePositionBiasOp>(
          type, operand(0), builder.getDenseI64ArrayAttr(operation.grid), unit(operation.flag));
    case Primitive::WeightSinusoids:
      return builder.create<vit::WeightSinusoidsOp>(
          type, builder.getDenseI64ArrayAttr(operation.grid), builder.getDenseF64ArrayAttr(operation.origin),
          builder.getDenseF64ArrayAttr(operation.step), number, unit(operation.flag));
    case Primitive::Rotary:
      return builder.create<vit::RotaryOp>(type, operand(0), operand(1), unit(operation.flag));
    case Primitive::Conv2d:
      return builder.create<vit::Conv2dOp>(type, operand(0), operand(1), operand(2),
                                           builder.getDenseI64ArrayAttr(operation.stride),
                                           builder.getDenseI64ArrayAttr(operation.padding),
                                           builder.getDenseI64ArrayAttr(operation.dilation), integer(operation.groups));
    case Primitive::Linear:
      return builder.create<vit::LinearOp>(type, operand(0), operand(1), operand(2));
    case Primitive::Matmul:
      return builder.create<vit::MatmulOp>(type, operand(0), operand(1), unit(operation.transposeRhs));
    case Primitive::LayerNorm:
      return builder.create<vit::LayerNormOp>(type, operand(0), operand(1), operand(2), number,
                                              operation.rms ? builder.getUnitAttr() : UnitAttr());
    case Primitive::Softmax:
      return builder.create<vit::SoftmaxOp>(type, operand(0));
    case Primitive::Activation:
      return builder.create<vit::ActivationOp>(
          type, operand(0),
          vit::ActivationKindAttr::get(builder.getContext(), *vit::symbolizeActivationKind(operation.text)));
    case Primitive::Add:
      return builder.create<vit::AddOp>(type, operand(0), operand(1));
    case Primitive::Mul:
      return builder.create<vit::MulOp>(type, operand(0), operand(1));
    case Primitive::Scale:
      return builder.create<vit::ScaleOp>(type, operand(0), number);
    case Primitive::Reshape:
      return builder.create<vit::ReshapeOp>(type, operand(0));
    case Primitive::Transpose:
      return builder.create<vit::TransposeOp>(type, operand(0), permutation);
    case Primitive::Concat:
      return builder.create<vit::ConcatOp>(type, operands, integer(operation.dim));
    case Primitive::Slice:
      return builder.create<vit::SliceOp>(type, operand(0), integer(operation.dim), integer(operation.offset),
                                          sizeOfSlice());
    case Primitive::ReduceMean:
      return builder.create<vit::ReduceMeanOp>(type, operand(0), integer(operation.dim));
    case Primitive::ReduceMax:
      return builder.create<vit::ReduceMaxOp>(type, operand(0), integer(operation.dim));
    }
    llvm_unreachable("inputs are arguments");
  }

  const vitc::SourceModel &model;
  ImplicitLocOpBuilder builder;
  /// For each operation of the graph, its result.
  std::vector<Value> values;
};

} // namespace

llvm::Expected<OwningOpRef<ModuleOp>> vitc::importModel(MLIRContext &context, const SourceModel &model) {
  context.loadDialect<vit::VitDialect, func::FuncDialect>();
  OwningOpRef<ModuleOp> module = VitImporter(context, model).import();
  std::string messages;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    messages += (messages.empty() ? "" : "; ") + diagnostic.str();
    return success();
  });
  if (failed(verify(*module)))
    return inputError(model.description.file, "", "the imported module is not valid: " + messages);
  return module;
}
