//===- WeightFiles.h - finding and opening weights --------------*- C++ -*-===//

#ifndef VITC_WEIGHTS_WEIGHTFILES_H
#define VITC_WEIGHTS_WEIGHTFILES_H

#include "vitc/Weights/WeightSource.h"

#include <memory>

namespace vitc {

/// The path of a file in a directory.
std::string pathIn(llvm::StringRef directory, llvm::StringRef name);

/// The path of a file that an untrusted file (`namedBy`, at `where`) names: a plain name, in `directory`. Errors: any
/// other kind of name, no such file, a link that leads out of the directory and of an enclosing `models--*` directory.
llvm::Expected<std::string> resolveBeside(llvm::StringRef directory, llvm::StringRef name, llvm::StringRef namedBy,
                                          llvm::StringRef where);

/// Whether there is a directory entry of this path, be it a link that leads nowhere.
bool entryExists(llvm::StringRef path);

/// The name of the weights file of a checkpoint directory: model.safetensors or its index; empty if there is neither.
std::string findWeightsFile(llvm::StringRef directory);

/// The path of the one weights file of any directory: as findWeightsFile, else the only `*.safetensors.index.json`,
/// else the only `*.safetensors`. Error: none, or several.
llvm::Expected<std::string> findOnlyWeightsFile(llvm::StringRef directory, llvm::StringRef where);

/// Whether a file is one of PyTorch's pickles, by its name: `.bin`, `.ckpt`, `.pt` or `.pth`.
bool isPickledFile(llvm::StringRef path);

/// Says that a pickle is not read, and what makes safetensors of it.
llvm::Error pickledFileError(llvm::StringRef path);

/// Opens a safetensors file, an index and its shards (`*.json`), or Flax's parameters (`*.npz`). Errors: a pickle, what
/// those classes do not accept.
llvm::Expected<std::unique_ptr<WeightSource>> openWeightsFile(llvm::StringRef path);

} // namespace vitc

#endif // VITC_WEIGHTS_WEIGHTFILES_H
