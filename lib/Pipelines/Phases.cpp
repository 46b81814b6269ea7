//===- Phases.cpp - the phases of a compilation -------------------------------===//

#include "vitc/Pipelines/Phases.h"

#include "llvm/Support/Path.h"

using namespace vitc;

namespace {
struct PhaseEntry {
  Phase phase;
  const char *name, *suffix;
};
} // namespace

static const PhaseEntry kPhases[] = {
    {Phase::Json, "json", ".json"},     {Phase::Vit, "vit", ".mlir"},       {Phase::VitFused, "vit-fused", ".mlir"},
    {Phase::Kernel, "kernel", ".mlir"}, {Phase::Vector, "vector", ".mlir"}, {Phase::LLVM, "llvm", ".ll"},
    {Phase::Assembly, "asm", ".s"},     {Phase::Object, "obj", ".o"},       {Phase::SharedLibrary, "so", ".so"}};

llvm::StringRef vitc::phaseName(Phase phase) { return kPhases[int(phase)].name; }
llvm::StringRef vitc::phaseSuffix(Phase phase) { return kPhases[int(phase)].suffix; }

std::optional<Phase> vitc::phaseNamed(llvm::StringRef name) {
  for (const PhaseEntry &entry : kPhases)
    if (name == entry.name)
      return entry.phase;
  return std::nullopt;
}

std::optional<Phase> vitc::phaseOfSuffix(llvm::StringRef path) {
  llvm::StringRef suffix = llvm::sys::path::extension(path);
  for (const PhaseEntry &entry : kPhases)
    if (suffix == entry.suffix && suffix != ".mlir")
      return entry.phase;
  return std::nullopt;
}
