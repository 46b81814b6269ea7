//===- Program.h - a model as a list of steps -------------------*- C++ -*-===//
//
// The compiler's side of runtime/include/vitc/runtime/program.h.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_CODEGEN_PROGRAM_H
#define VITC_CODEGEN_PROGRAM_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "vitc/TargetInfo/TargetInfo.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace llvm {
class Module;
} // namespace llvm

namespace vitc {

struct ProgramOperand {
  /// VITC_SPACE_* of program.h.
  uint32_t space;
  uint32_t index;
  uint64_t offset;
};

struct ProgramStep {
  /// Name of the kernel function.
  std::string kernel;
  std::vector<ProgramOperand> operands;
  int64_t tasks;
  std::string name, kind;
  double flops;
};

/// An input or output; f32.
struct ProgramValue {
  std::string name;
  std::vector<int64_t> shape;
};

struct ProgramPreprocess {
  std::string kind, text;
  std::vector<double> values;
};

struct Program {
  std::vector<ProgramStep> steps;
  std::vector<ProgramValue> inputs, outputs;
  uint64_t arenaBytes = 0, scratchBytes = 0, weightsBytes = 0;

  // What does not come from the IR.
  uint64_t chunkImages = 1;
  std::vector<std::string> labels;
  std::vector<ProgramPreprocess> preprocess;
  std::string manifest;
};

/// The name of a description's node in a location that the importer gave, or one made from it; empty: there is none.
std::string nodeName(mlir::Location loc);

/// Reads the program off the function of launches of a valid module (after `kernel-plan-memory` and
/// `convert-kernel-to-vector`). Error: one of these has not run, or a kernel function has no body.
llvm::Expected<Program> readProgram(mlir::ModuleOp module);

/// Moves what `readProgram` read, functions of launches and weights, to a module of its own, which leaves the kernel
/// functions.
mlir::OwningOpRef<mlir::ModuleOp> detachProgram(mlir::ModuleOp module);

/// Defines `vitc_model_program` with all its tables, an entry for each kernel function, and the ELF note with the
/// manifest, in a module that holds the kernel functions.
void emitProgram(llvm::Module &module, const Program &program, const TargetInfo &target);

} // namespace vitc

#endif // VITC_CODEGEN_PROGRAM_H
