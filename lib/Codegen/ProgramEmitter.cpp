//===- ProgramEmitter.cpp - the program as constants in LLVM IR ---------------===//

#include "vitc/Codegen/Program.h"

#include "vitc/runtime/model_abi.h"
#include "vitc/runtime/program.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace vitc;

// The constants below repeat these layouts.
static_assert(sizeof(vitc_operand) == 16 && sizeof(vitc_step) == 56 && sizeof(vitc_value) == 32 &&
                  sizeof(vitc_program_preprocess) == 32 && sizeof(vitc_program) == 160,
              "program.h changed");

namespace {
class ProgramEmitter {
public:
  ProgramEmitter(Module &module, const TargetInfo &target)
      : module(module), target(target), context(module.getContext()), pointer(PointerType::getUnqual(context)) {}

  void emit(const Program &program);

private:
  Constant *number(uint64_t value) { return ConstantInt::get(Type::getInt64Ty(context), value); }
  Constant *number32(uint64_t value) { return ConstantInt::get(Type::getInt32Ty(context), value); }
  Constant *real(double value) { return ConstantFP::get(Type::getDoubleTy(context), value); }
  Constant *record(ArrayRef<Constant *> members) { return ConstantStruct::getAnon(members); }

  GlobalVariable *global(Constant *value, StringRef name) {
    auto *variable = new GlobalVariable(module, value->getType(), true, GlobalValue::PrivateLinkage, value, name);
    return variable;
  }
  /// The address of a NUL-terminated string; equal strings are one.
  Constant *string(StringRef text) {
    Constant *&known = strings[text];
    if (!known) {
      GlobalVariable *variable = global(ConstantDataArray::getString(context, text), "string");
      variable->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
      known = variable;
    }
    return known;
  }
  /// The address of an array, null if it is empty.
  Constant *array(ArrayRef<Constant *> elements, StringRef name) {
    if (elements.empty())
      return ConstantPointerNull::get(pointer);
    return global(ConstantArray::get(ArrayType::get(elements.front()->getType(), elements.size()), elements), name);
  }
  Constant *stringArray(ArrayRef<std::string> texts, StringRef name) {
    SmallVector<Constant *> elements;
    for (const std::string &text : texts)
      elements.push_back(string(text));
    return array(elements, name);
  }
  Constant *values(ArrayRef<ProgramValue> values, StringRef name);
  Function *entry(StringRef kernel);
  DISubprogram *entryScope(const DISubprogram &kernel, StringRef name);
  Constant *note(StringRef manifest);

  Module &module;
  const TargetInfo &target;
  LLVMContext &context;
  PointerType *pointer;
  StringMap<Constant *> strings;
  StringMap<Function *> entries;
};
} // namespace

Constant *ProgramEmitter::values(ArrayRef<ProgramValue> values, StringRef name) {
  SmallVector<Constant *> elements;
  for (const ProgramValue &value : values) {
    SmallVector<Constant *> shape;
    uint64_t bytes = sizeof(float);
    for (int64_t size : value.shape) {
      shape.push_back(number(size));
      bytes *= size;
    }
    elements.push_back(record({string(value.name), number32(VITC_DTYPE_F32), number32(value.shape.size()),
                               array(shape, "shape"), number(bytes)}));
  }
  return array(elements, name);
}

/// The debug information of a kernel's entry: it is where the kernel is. (The kernel's scope line is a column: a slip
/// of MLIR's, of no effect as long as the kernel is inlined.)
DISubprogram *ProgramEmitter::entryScope(const DISubprogram &kernel, StringRef name) {
  return DISubprogram::getDistinct(context, kernel.getScope(), name, name, kernel.getFile(), kernel.getLine(),
                                   kernel.getType(), kernel.getLine(), /*ContainingType=*/nullptr,
                                   /*VirtualIndex=*/0, /*ThisAdjustment=*/0, kernel.getFlags(), kernel.getSPFlags(),
                                   kernel.getUnit());
}

/// void entry(int64_t task, void *const *operands): loads the addresses and calls the kernel.
Function *ProgramEmitter::entry(StringRef kernel) {
  Function *&known = entries[kernel];
  if (known)
    return known;
  Function *callee = module.getFunction(kernel);
  callee->setLinkage(GlobalValue::InternalLinkage);
  callee->addFnAttr(Attribute::AlwaysInline);
  auto *type = FunctionType::get(Type::getVoidTy(context), {Type::getInt64Ty(context), pointer}, false);
  known = Function::Create(type, GlobalValue::InternalLinkage, "vitc_kernel_" + kernel, module);
  known->setAttributes(callee->getAttributes().getFnAttrs().hasAttributes()
                           ? AttributeList::get(context, AttributeList::FunctionIndex,
                                                AttrBuilder(context, callee->getAttributes().getFnAttrs()))
                           : AttributeList());
  known->removeFnAttr(Attribute::AlwaysInline);
  IRBuilder<> builder(BasicBlock::Create(context, "entry", known));
  if (const DISubprogram *scope = callee->getSubprogram()) {
    known->setSubprogram(entryScope(*scope, known->getName()));
    builder.SetCurrentDebugLocation(DILocation::get(context, scope->getLine(), 0, known->getSubprogram()));
  }
  SmallVector<Value *> arguments = {known->getArg(0)};
  for (unsigned i = 0; i + 1 < callee->arg_size(); ++i) {
    Value *address = builder.CreateConstInBoundsGEP1_64(pointer, known->getArg(1), i);
    arguments.push_back(builder.CreateLoad(pointer, address));
  }
  builder.CreateCall(callee, arguments);
  builder.CreateRetVoid();
  return known;
}

/// The ELF note that tools read without loading the file; returns the address of the manifest in it.
Constant *ProgramEmitter::note(StringRef manifest) {
  std::string name = VITC_NOTE_NAME, text = manifest.str();
  uint64_t nameBytes = name.size() + 1;
  name.resize(alignTo(nameBytes, 4), '\0');
  text.resize(alignTo(manifest.size(), 4), '\0');
  Constant *contents =
      record({number32(nameBytes), number32(manifest.size()), number32(VITC_NOTE_TYPE),
              ConstantDataArray::getString(context, name, false), ConstantDataArray::getString(context, text, false)});
  GlobalVariable *variable = global(contents, "note");
  variable->setLinkage(GlobalValue::InternalLinkage);
  variable->setSection(".note.vitc");
  variable->setAlignment(Align(4));
  return ConstantExpr::getInBoundsGetElementPtr(contents->getType(), variable,
                                                ArrayRef<Constant *>{number32(0), number32(4), number32(0)});
}

void ProgramEmitter::emit(const Program &program) {
  SmallVector<Constant *> steps;
  for (const ProgramStep &step : program.steps) {
    SmallVector<Constant *> operands;
    for (const ProgramOperand &operand : step.operands)
      operands.push_back(record({number32(operand.space), number32(operand.index), number(operand.offset)}));
    steps.push_back(record({entry(step.kernel), array(operands, "operands"), number(operands.size()),
                            number(step.tasks), string(step.name), string(step.kind), real(step.flops)}));
  }
  SmallVector<Constant *> preprocess;
  for (const ProgramPreprocess &step : program.preprocess) {
    SmallVector<Constant *> numbers;
    for (double value : step.values)
      numbers.push_back(real(value));
    preprocess.push_back(
        record({string(step.kind), string(step.text), array(numbers, "numbers"), number(numbers.size())}));
  }
  // Hidden, and defined by the linker at the start of the weights segment.
  auto *weights = new GlobalVariable(module, Type::getInt8Ty(context), true, GlobalValue::ExternalLinkage, nullptr,
                                     "vitc_model_weights");
  weights->setVisibility(GlobalValue::HiddenVisibility);

  Constant *table = record({array(steps, "steps"),
                            number(steps.size()),
                            values(program.inputs, "inputs"),
                            number(program.inputs.size()),
                            values(program.outputs, "outputs"),
                            number(program.outputs.size()),
                            number(program.arenaBytes),
                            number(program.scratchBytes),
                            number(program.chunkImages),
                            weights,
                            number(program.weightsBytes),
                            stringArray(target.features, "cpu_features"),
                            number(target.features.size()),
                            string(target.cpu),
                            stringArray(program.labels, "labels"),
                            number(program.labels.size()),
                            array(preprocess, "preprocess"),
                            number(preprocess.size()),
                            note(program.manifest),
                            number(program.manifest.size())});
  auto *variable =
      new GlobalVariable(module, table->getType(), true, GlobalValue::ExternalLinkage, table, "vitc_model_program");
  variable->setVisibility(GlobalValue::HiddenVisibility);
}

void vitc::emitProgram(Module &module, const Program &program, const TargetInfo &target) {
  ProgramEmitter(module, target).emit(program);
}
