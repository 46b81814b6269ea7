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
static_assert(sizeof(vitc_operand) == 16 && sizeof(vitc_step) == 64 && sizeof(vitc_index_check) == 32 &&
                  sizeof(vitc_value) == 80 && sizeof(vitc_program_preprocess) == 32 && sizeof(vitc_entry_point) == 40 &&
                  sizeof(vitc_function) == 32 && sizeof(vitc_variant) == 32 && sizeof(vitc_program) == 72,
              "program.h changed");

namespace {
class ProgramEmitter {
public:
  explicit ProgramEmitter(Module &module)
      : module(module), context(module.getContext()), pointer(PointerType::getUnqual(context)) {}

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
  /// The address of an array, null if it is empty; equal arrays are one.
  Constant *array(ArrayRef<Constant *> elements, StringRef name) {
    if (elements.empty())
      return ConstantPointerNull::get(pointer);
    Constant *value = ConstantArray::get(ArrayType::get(elements.front()->getType(), elements.size()), elements);
    Constant *&known = arrays[value];
    if (!known)
      known = global(value, name);
    return known;
  }
  /// An array of what `make` gives for each element.
  template <typename Range, typename Make> Constant *arrayOf(const Range &range, StringRef name, Make make) {
    SmallVector<Constant *> elements;
    for (const auto &element : range)
      elements.push_back(make(element));
    return array(elements, name);
  }
  Constant *stringArray(ArrayRef<std::string> texts, StringRef name) {
    return arrayOf(texts, name, [&](const std::string &text) { return string(text); });
  }
  Constant *preprocess(const ProgramPreprocess &step);
  Constant *value(const ProgramValue &value);
  Constant *entryPoint(const ProgramEntryPoint &entry);
  Constant *check(const ProgramIndexCheck &check);
  Constant *step(const ProgramStep &step);
  Constant *variant(const ProgramVariant &variant);
  Function *entry(StringRef kernel);
  DISubprogram *entryScope(const DISubprogram &kernel, StringRef name);
  Constant *note(StringRef manifest);

  Module &module;
  LLVMContext &context;
  PointerType *pointer;
  StringMap<Constant *> strings;
  DenseMap<Constant *, Constant *> arrays;
  StringMap<Function *> entries;
};
} // namespace

Constant *ProgramEmitter::preprocess(const ProgramPreprocess &step) {
  return record({string(step.kind), string(step.text),
                 arrayOf(step.values, "numbers", [&](double value) { return real(value); }),
                 number(step.values.size())});
}

Constant *ProgramEmitter::value(const ProgramValue &value) {
  uint64_t bytes = vitc_dtype_bytes(value.dtype);
  for (int64_t size : value.shape)
    bytes *= size;
  return record(
      {string(value.name), number32(value.dtype), number32(value.shape.size()),
       arrayOf(value.shape, "shape", [&](int64_t size) { return number(size); }), number(bytes),
       stringArray(value.labels, "labels"), number(value.labels.size()),
       arrayOf(value.preprocess, "preprocess", [&](const ProgramPreprocess &step) { return preprocess(step); }),
       number(value.preprocess.size()), number32(value.defaultValue.has_value()), number32(0),
       real(value.defaultValue.value_or(0))});
}

Constant *ProgramEmitter::entryPoint(const ProgramEntryPoint &entry) {
  auto describe = [&](const ProgramValue &tensor) { return value(tensor); };
  return record({string(entry.name), arrayOf(entry.inputs, "inputs", describe), number(entry.inputs.size()),
                 arrayOf(entry.outputs, "outputs", describe), number(entry.outputs.size())});
}

/// The address of what a step looks for.
Constant *ProgramEmitter::check(const ProgramIndexCheck &check) {
  Constant *name = check.input.empty() ? ConstantPointerNull::get(pointer) : string(check.input);
  Constant *shape = arrayOf(check.shape, "shape", [&](int64_t size) { return number(size); });
  return array(record({name, shape, number(check.shape.size()), number(check.size)}), "check");
}

Constant *ProgramEmitter::step(const ProgramStep &step) {
  Constant *operands = arrayOf(step.operands, "operands", [&](const ProgramOperand &operand) {
    return record({number32(operand.space), number32(operand.index), number(operand.offset)});
  });
  return record({entry(step.kernel), operands, number(step.operands.size()), number(step.tasks), string(step.name),
                 string(step.kind), real(step.flops),
                 step.check ? check(*step.check) : ConstantPointerNull::get(pointer)});
}

Constant *ProgramEmitter::variant(const ProgramVariant &variant) {
  Constant *functions = arrayOf(variant.functions, "functions", [&](const ProgramFunction &function) {
    return record({arrayOf(function.steps, "steps", [&](const ProgramStep &next) { return step(next); }),
                   number(function.steps.size()), number(function.arenaBytes), number(function.scratchBytes)});
  });
  return record({string(variant.target.cpu), stringArray(variant.target.features, "cpu_features"),
                 number(variant.target.features.size()), functions});
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
  known = Function::Create(type, GlobalValue::InternalLinkage, kernelEntryPrefix + kernel, module);
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
  // Hidden, and defined by the linker at the start of the weights segment.
  auto *weights = new GlobalVariable(module, Type::getInt8Ty(context), true, GlobalValue::ExternalLinkage, nullptr,
                                     "vitc_model_weights");
  weights->setVisibility(GlobalValue::HiddenVisibility);

  Constant *table = record(
      {arrayOf(program.entryPoints, "entry_points", [&](const ProgramEntryPoint &entry) { return entryPoint(entry); }),
       number(program.entryPoints.size()),
       arrayOf(program.variants, "variants", [&](const ProgramVariant &code) { return variant(code); }),
       number(program.variants.size()), number(program.chunkImages), weights, number(program.weightsBytes),
       note(program.manifest), number(program.manifest.size())});
  auto *variable =
      new GlobalVariable(module, table->getType(), true, GlobalValue::ExternalLinkage, table, "vitc_model_program");
  variable->setVisibility(GlobalValue::HiddenVisibility);
}

void vitc::emitProgram(Module &module, const Program &program) { ProgramEmitter(module).emit(program); }
