//===- Phases.h - the phases of a compilation -------------------*- C++ -*-===//

#ifndef VITC_PIPELINES_PHASES_H
#define VITC_PIPELINES_PHASES_H

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace vitc {

/// What can be written, each a value of `--emit`. The phases of a compilation, in order, then what shows a model to
/// people and programs: that follows from the description alone, and no shared object is made of it.
enum class Phase {
  Json,
  Vit,
  VitFused,
  KernelUnscheduled,
  Kernel,
  Vector,
  LLVM,
  Assembly,
  Object,
  SharedLibrary,
  Summary,
  Dot,
  Header
};

/// "json", "vit", "vit-fused", "kernel-unscheduled", "kernel", "vector", "llvm", "asm", "obj", "so", "summary", "dot",
/// "header".
const char *phaseName(Phase phase);

/// File name suffix of a phase's output, with its dot: ".json", ".mlir", ".ll", ".s", ".o", ".so", ".txt", ".dot",
/// ".h".
llvm::StringRef phaseSuffix(Phase phase);

/// The phase of that name, if there is one.
std::optional<Phase> phaseNamed(llvm::StringRef name);

/// The phase that an output file's suffix asks for; none for ".mlir", which several have, and for other suffixes.
std::optional<Phase> phaseOfSuffix(llvm::StringRef path);

/// All names, or those of the phases with a suffix, for messages: "json, vit, …, dot or header".
std::string phaseNames(llvm::StringRef suffix = "");
/// All suffixes, for messages: ".json, .mlir, …, .dot or .h".
std::string phaseSuffixes();

} // namespace vitc

#endif // VITC_PIPELINES_PHASES_H
