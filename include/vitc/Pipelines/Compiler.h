//===- Compiler.h - from a loaded model to a file ---------------*- C++ -*-===//

#ifndef VITC_PIPELINES_COMPILER_H
#define VITC_PIPELINES_COMPILER_H

#include "vitc/Checkpoints/ReadModel.h"
#include "vitc/Dialect/Vit/IR/Precision.h"
#include "vitc/Pipelines/Phases.h"
#include "vitc/TargetInfo/TargetInfo.h"

#include <string>

namespace vitc {

struct CompilerOptions {
  /// What to make code for, best first, of one architecture: at least one, unless there is a phaseFile, which has them.
  std::vector<TargetInfo> targets;
  /// A file with a phase of MLIR, to begin with instead of the models; empty: none.
  std::string phaseFile;
  /// The arguments of a command that reads the models, for comments on how to repeat what was done.
  std::string modelArguments;
  /// Where to stop.
  Phase phase = Phase::SharedLibrary;
  /// A path, or "-" for standard output.
  std::string outputPath;
  /// Nobody chose the output's path: a file that has it is replaced only by the same model (of that description and of
  /// those weights), and what is not a model only by the same bytes.
  bool keepsOtherFiles = false;
  /// Images computed together at run time; more are computed in several rounds.
  int64_t batch = 1;
  /// Whether convolutions may be computed by Winograd's minimal filtering.
  bool useWinograd = true;
  /// Whether products of pixels may be computed before their maps are enlarged.
  bool hoistProducts = true;
  /// What linear layers, and what products of attention (f32 or bf16), are computed with where they have such a form.
  vit::Precision precision = vit::Precision::F32, attention = vit::Precision::F32;
  /// Patterns (as of shells) of names of nodes that stay f32.
  std::vector<std::string> keepF32;
  /// A directory that gets a numbered text file for every phase that is passed; empty: none.
  std::string dumpDirectory;
  /// Add debug information whose lines are those of the dumped `vector` phase; needs a dumpDirectory.
  bool debugLines = false;
  /// Print time and peak memory of each phase to standard error.
  bool timePhases = false;
  /// Print why a fusion was refused to standard error.
  bool remarks = false;
  /// Print what was left out of account, the target and sizes to standard error.
  bool verbose = false;
};

/// Compiles models, which become the entry points of one over the weights of the first, as far as `options.phase` and
/// writes that phase's output. Error: several models and a phase that shows one. The output appears complete or not at
/// all, and never in the place of a file that was read, or of another model if `keepsOtherFiles`. What takes more than
/// a second shows its progress if standard error is a terminal.
llvm::Error compileModel(llvm::MutableArrayRef<SourceModel> models, const CompilerOptions &options);

} // namespace vitc

#endif // VITC_PIPELINES_COMPILER_H
