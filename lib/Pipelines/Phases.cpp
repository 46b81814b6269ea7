//===- Phases.cpp - the phases of a compilation -------------------------------===//

#include "vitc/Pipelines/Phases.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

#include <vector>

using namespace vitc;

namespace {
struct PhaseEntry {
  Phase phase;
  const char *name, *suffix;
};
} // namespace

static const PhaseEntry kPhases[] = {{Phase::Json, "json", ".json"},
                                     {Phase::Vit, "vit", ".mlir"},
                                     {Phase::VitFused, "vit-fused", ".mlir"},
                                     {Phase::KernelUnscheduled, "kernel-unscheduled", ".mlir"},
                                     {Phase::Kernel, "kernel", ".mlir"},
                                     {Phase::Vector, "vector", ".mlir"},
                                     {Phase::LLVM, "llvm", ".ll"},
                                     {Phase::Assembly, "asm", ".s"},
                                     {Phase::Object, "obj", ".o"},
                                     {Phase::SharedLibrary, "so", ".so"},
                                     {Phase::Summary, "summary", ".txt"},
                                     {Phase::Dot, "dot", ".dot"},
                                     {Phase::Header, "header", ".h"}};

const char *vitc::phaseName(Phase phase) { return kPhases[int(phase)].name; }
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

/// "a, b or c".
static std::string alternatives(std::vector<llvm::StringRef> words) {
  llvm::StringRef last = words.back();
  words.pop_back();
  return (words.empty() ? "" : llvm::join(words, ", ") + " or ") + last.str();
}

std::string vitc::phaseNames(llvm::StringRef suffix) {
  std::vector<llvm::StringRef> names;
  for (const PhaseEntry &entry : kPhases)
    if (suffix.empty() || suffix == entry.suffix)
      names.push_back(entry.name);
  return alternatives(std::move(names));
}

std::string vitc::phaseSuffixes() {
  std::vector<llvm::StringRef> suffixes;
  for (const PhaseEntry &entry : kPhases)
    if (!llvm::is_contained(suffixes, llvm::StringRef(entry.suffix)))
      suffixes.push_back(entry.suffix);
  return alternatives(std::move(suffixes));
}
