//===- Phases.h - the phases of a compilation -------------------*- C++ -*-===//

#ifndef VITC_PIPELINES_PHASES_H
#define VITC_PIPELINES_PHASES_H

#include "llvm/ADT/StringRef.h"

#include <optional>

namespace vitc {

/// What a compilation can stop at, in order. Each is a value of `--emit`.
enum class Phase { Json, Vit, VitFused, Kernel, Vector, LLVM, Assembly, Object, SharedLibrary };

/// "json", "vit", "vit-fused", "kernel", "vector", "llvm", "asm", "obj", "so".
llvm::StringRef phaseName(Phase phase);

/// File name suffix of a phase's output, with its dot: ".json", ".mlir", ".ll", ".s", ".o", ".so".
llvm::StringRef phaseSuffix(Phase phase);

/// The phase of that name, if there is one.
std::optional<Phase> phaseNamed(llvm::StringRef name);

/// The phase that an output file's suffix asks for: ".json", ".s", ".o", ".ll", ".so"; none for other suffixes.
std::optional<Phase> phaseOfSuffix(llvm::StringRef path);

} // namespace vitc

#endif // VITC_PIPELINES_PHASES_H
