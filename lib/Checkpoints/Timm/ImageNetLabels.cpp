//===- ImageNetLabels.cpp - names of ImageNet's classes ---------*- C++ -*-===//

#include "ImageNetLabels.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

using namespace vitc;

namespace {

struct Subset {
  int64_t count;
  const char *name;
  llvm::ArrayRef<uint16_t> classes;
};

} // namespace

#include "ImageNetLabels.inc"

std::vector<std::string> vitc::imageNetLabels(int64_t classes) {
  for (const Subset &subset : subsets) {
    if (subset.count != classes)
      continue;
    llvm::SmallVector<llvm::StringRef> all;
    llvm::StringRef(lemmas).split(all, '\n');
    std::vector<std::string> labels;
    for (uint16_t synset : subset.classes)
      labels.push_back(all[synset].str());
    return labels;
  }
  return {};
}
