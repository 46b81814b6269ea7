//===- ObjectEmitter.h - from the LLVM dialect to machine code --*- C++ -*-===//

#ifndef VITC_CODEGEN_OBJECTEMITTER_H
#define VITC_CODEGEN_OBJECTEMITTER_H

#include "mlir/IR/BuiltinOps.h"
#include "vitc/Codegen/Program.h"
#include "vitc/TargetInfo/TargetInfo.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>

namespace vitc {

/// Translates kernel functions in the LLVM dialect to LLVM IR, each for the target of the variant that runs it, adds
/// the program's tables, and optimises (-O3).
llvm::Expected<std::unique_ptr<llvm::Module>> emitLLVM(llvm::LLVMContext &context, mlir::ModuleOp module,
                                                       const Program &program);

enum class CodeFormat { Assembly, Object };

/// Machine code of an optimised module; `target` is that of one of its variants.
llvm::Error emitCode(llvm::Module &module, const TargetInfo &target, CodeFormat format, llvm::raw_pwrite_stream &os);

} // namespace vitc

#endif // VITC_CODEGEN_OBJECTEMITTER_H
