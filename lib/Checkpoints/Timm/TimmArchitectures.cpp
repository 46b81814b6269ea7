//===- TimmArchitectures.cpp - what timm's names stand for ------*- C++ -*-===//

#include "TimmArchitectures.h"

#include "vitc/Checkpoints/TimmReader.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;

static constexpr TimmArchitecture architectures[] = {
#include "Architectures.inc"
};

const TimmArchitecture *vitc::findTimmArchitecture(llvm::StringRef name) {
  const TimmArchitecture *found =
      llvm::find_if(architectures, [&](const TimmArchitecture &architecture) { return name == architecture.name; });
  return found == std::end(architectures) ? nullptr : found;
}

static constexpr const char *others[] = {
#include "OtherArchitectures.inc"
};

bool vitc::isOtherTimmArchitecture(llvm::StringRef name) {
  return llvm::any_of(others, [&](const char *other) { return name == other; });
}

std::vector<std::string> vitc::timmArchitectureNames() {
  std::vector<std::string> names;
  for (const TimmArchitecture &architecture : architectures)
    names.emplace_back(architecture.name);
  return names;
}
