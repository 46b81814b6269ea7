//===- ObjectEmitter.cpp - from the LLVM dialect to machine code --------------===//

#include "vitc/Codegen/ObjectEmitter.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "vitc/TargetInfo/Architecture.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"

using namespace llvm;
using namespace vitc;

/// Gives each function the features of the variant that runs it. What no variant runs alone is for all.
static void setTargets(Module &module, const Program &program) {
  StringMap<const TargetInfo *> targets;
  for (const ProgramVariant &variant : program.variants)
    for (const ProgramFunction &function : variant.functions)
      for (const ProgramStep &step : function.steps)
        targets[step.kernel] = &variant.target;
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    StringRef kernel = function.getName();
    kernel.consume_front(kernelEntryPrefix);
    const TargetInfo *known = targets.lookup(kernel);
    const TargetInfo &target = known ? *known : program.variants.back().target;
    function.addFnAttr("target-cpu", target.architecture->baseCPU);
    function.addFnAttr("target-features", target.featureString());
    function.addFnAttr("tune-cpu", target.cpu);
    // Kernels do not throw; debuggers and profilers unwind through them all the same.
    function.setDoesNotThrow();
    function.setUWTableKind(UWTableKind::Async);
  }
}

Expected<std::unique_ptr<Module>> vitc::emitLLVM(LLVMContext &context, mlir::ModuleOp source, const Program &program) {
  mlir::registerBuiltinDialectTranslation(*source.getContext());
  mlir::registerLLVMDialectTranslation(*source.getContext());
  std::unique_ptr<Module> module = mlir::translateModuleToLLVMIR(source, context, "vitc");
  if (!module)
    return createStringError(inconvertibleErrorCode(), "translation to LLVM IR failed");
  const TargetInfo &target = program.variants.front().target;
  std::unique_ptr<TargetMachine> machine = createTargetMachine(target);
  module->setDataLayout(machine->createDataLayout());
  module->setTargetTriple(target.triple);
  emitProgram(*module, program);
  setTargets(*module, program);

  PipelineTuningOptions tuning;
  // Hot loops are written as vectors already, unrolled as their schedules say.
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  LoopAnalysisManager loopAnalyses;
  FunctionAnalysisManager functionAnalyses;
  CGSCCAnalysisManager cgsccAnalyses;
  ModuleAnalysisManager moduleAnalyses;
  PassBuilder builder(machine.get(), tuning);
  builder.registerModuleAnalyses(moduleAnalyses);
  builder.registerCGSCCAnalyses(cgsccAnalyses);
  builder.registerFunctionAnalyses(functionAnalyses);
  builder.registerLoopAnalyses(loopAnalyses);
  builder.crossRegisterProxies(loopAnalyses, functionAnalyses, cgsccAnalyses, moduleAnalyses);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3).run(*module, moduleAnalyses);
  return module;
}

Error vitc::emitCode(Module &module, const TargetInfo &target, CodeFormat format, raw_pwrite_stream &os) {
  std::unique_ptr<TargetMachine> machine = createTargetMachine(target);
  legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, os, nullptr,
                                   format == CodeFormat::Object ? CodeGenFileType::ObjectFile
                                                                : CodeGenFileType::AssemblyFile))
    return createStringError(inconvertibleErrorCode(), "the target cannot emit such a file");
  passes.run(module);
  return Error::success();
}
