//===- TimmArchitectures.h - what timm's names stand for --------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_TIMMARCHITECTURES_H
#define VITC_LIB_CHECKPOINTS_TIMM_TIMMARCHITECTURES_H

#include "llvm/ADT/StringRef.h"

namespace vitc {

/// An architecture of timm's registry.
struct TimmArchitecture {
  const char *name;
  /// The class in timm.
  const char *kind;
  /// A JSON object: arguments of the class. What is a class in timm is its name here, a norm is [name, epsilon]; in
  /// models of maps, and for what is in front of hybrids, a class with arguments is [name, {argument: value}].
  /// `resampling`, `may_have_attn_pool` and `may_have_gamma` are no arguments: timm decides them by the name.
  const char *arguments;
};

/// The architecture of that name, or nullptr.
const TimmArchitecture *findTimmArchitecture(llvm::StringRef name);
/// Whether timm has an architecture of this name in another class.
bool isOtherTimmArchitecture(llvm::StringRef name);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_TIMMARCHITECTURES_H
