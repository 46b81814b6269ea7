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

Expected<std::unique_ptr<Module>> vitc::emitLLVM(LLVMContext &context, mlir::ModuleOp source, const Program &program,
                                                 const TargetInfo &target) {
  mlir::registerBuiltinDialectTranslation(*source.getContext());
  mlir::registerLLVMDialectTranslation(*source.getContext());
  std::unique_ptr<Module> module = mlir::translateModuleToLLVMIR(source, context, "vitc");
  if (!module)
    return createStringError(inconvertibleErrorCode(), "translation to LLVM IR failed");
  std::unique_ptr<TargetMachine> machine = createTargetMachine(target);
  module->setDataLayout(machine->createDataLayout());
  module->setTargetTriple(target.triple);
  emitProgram(*module, program);
  for (Function &function : *module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.architecture->baseCPU);
    function.addFnAttr("target-features", target.featureString());
    function.addFnAttr("tune-cpu", target.cpu);
    // Kernels do not throw; debuggers and profilers unwind through them all the same.
    function.setDoesNotThrow();
    function.setUWTableKind(UWTableKind::Async);
  }

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
