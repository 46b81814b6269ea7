//===- TargetMachine.cpp - LLVM's code generator for a target -----------------===//

#include "vitc/TargetInfo/Architecture.h"

#include "llvm/MC/TargetRegistry.h"

#include <mutex>

using namespace llvm;
using namespace vitc;

std::unique_ptr<TargetMachine> vitc::createTargetMachine(const TargetInfo &info) {
  static std::once_flag initialised;
  std::call_once(initialised, [] {
    for (const Architecture *architecture : architectures())
      architecture->initialise();
  });
  std::string message;
  const Target *target = TargetRegistry::lookupTarget(info.triple, message);
  assert(target && "all architectures are registered");
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(info.triple, info.architecture->baseCPU,
                                                                    info.featureString(), TargetOptions(), Reloc::PIC_,
                                                                    CodeModel::Small, CodeGenOptLevel::Aggressive));
}
