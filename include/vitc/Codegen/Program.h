//===- Program.h - a model as lists of steps --------------------*- C++ -*-===//
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

#include <optional>
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

/// What a step that may end the run looks for: vitc_index_check of program.h.
struct ProgramIndexCheck {
  /// Empty: the model has computed the indices.
  std::string input;
  std::vector<int64_t> shape;
  int64_t size;
};

struct ProgramStep {
  /// Name of the kernel function.
  std::string kernel;
  std::vector<ProgramOperand> operands;
  int64_t tasks;
  std::string name, kind;
  double flops;
  std::optional<ProgramIndexCheck> check = {};
};

struct ProgramPreprocess {
  std::string kind, text;
  std::vector<double> values;
};

/// An input or output.
struct ProgramValue {
  std::string name;
  /// vitc_dtype of model_abi.h.
  uint32_t dtype;
  /// Of one image.
  std::vector<int64_t> shape;

  // What does not come from the IR.
  /// Of an output: the names of its classes.
  std::vector<std::string> labels;
  /// Of an input: the steps from a picture to it.
  std::vector<ProgramPreprocess> preprocess;
  /// Of an input that may be left out: what all its elements are then.
  std::optional<double> defaultValue = {};
  /// Of an input that is 1 where another one has a picture, and 0 where padding: that input's name.
  std::string maskOf = "";
};

/// What a function of the model takes and gives.
struct ProgramEntryPoint {
  std::string name;
  std::vector<ProgramValue> inputs, outputs;
};

/// The code of an entry point for one CPU.
struct ProgramFunction {
  std::vector<ProgramStep> steps;
  uint64_t arenaBytes = 0, scratchBytes = 0;
};

/// The code of all entry points for one CPU.
struct ProgramVariant {
  TargetInfo target;
  /// One for each entry point, in their order.
  std::vector<ProgramFunction> functions;
};

struct Program {
  /// At least one of each; variants from the best to the one that runs on most CPUs.
  std::vector<ProgramEntryPoint> entryPoints;
  std::vector<ProgramVariant> variants;
  uint64_t weightsBytes = 0;

  // What does not come from the IR.
  uint64_t chunkImages = 1;
  std::string manifest;
};

/// The name of a description's node in a location that the importer gave, or one made from it; empty: there is none.
std::string nodeName(mlir::Location loc);

/// Reads the program off the functions of launches of a valid module (after `kernel-plan-memory` and
/// `convert-kernel-to-vector`). A function is the entry point that its `vit.name` says ("main" without one), for the
/// variant of its `kernel.target`; both are in the order of the functions. Errors: a pass has not run, a function has
/// no target or no output, a kernel function no body, a variant not all entry points, or one twice or with other inputs
/// and outputs.
llvm::Expected<Program> readProgram(mlir::ModuleOp module);

/// Moves what `readProgram` read, functions of launches and weights, to a module of its own, which leaves the kernel
/// functions.
mlir::OwningOpRef<mlir::ModuleOp> detachProgram(mlir::ModuleOp module);

/// What the name of a kernel's entry, which loads its operands' addresses, begins with.
constexpr llvm::StringLiteral kernelEntryPrefix = "vitc_kernel_";

/// Defines `vitc_model_program` with all its tables, an entry for each kernel function, and the ELF note with the
/// manifest, in a module that holds the kernel functions of all variants.
void emitProgram(llvm::Module &module, const Program &program);

} // namespace vitc

#endif // VITC_CODEGEN_PROGRAM_H
