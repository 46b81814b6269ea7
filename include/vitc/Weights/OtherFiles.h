//===- OtherFiles.h - files that are not what they look like ----*- C++ -*-===//

#ifndef VITC_WEIGHTS_OTHERFILES_H
#define VITC_WEIGHTS_OTHERFILES_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace vitc {

/// What a file is whose first bytes are not those of the format that was expected, and which way leads on: a Git LFS
/// pointer, a web page, a model of another program ("an ONNX model: …"). Empty if that is not known.
std::string explainContent(llvm::StringRef firstBytes);

/// The same for a file that is to be read; empty also if it cannot be.
std::string explainFile(llvm::StringRef path);

/// What a model file of another program is, by its name ("model.onnx"): as explainContent. Empty: it is none.
std::string explainName(llvm::StringRef path);

} // namespace vitc

#endif // VITC_WEIGHTS_OTHERFILES_H
