//===- NoPolly.cpp - LLVM's archives without Polly ------------------------===//
//
// Debian's LLVM was built with Polly, so its code for link-time optimisation, which lld refers to, wants it. No bitcode
// is linked here, so nothing calls this.
//
//===----------------------------------------------------------------------===//

#include "llvm/Passes/PassPlugin.h"

llvm::PassPluginLibraryInfo getPollyPluginInfo();

llvm::PassPluginLibraryInfo getPollyPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "no Polly", "", [](llvm::PassBuilder &) {}};
}
