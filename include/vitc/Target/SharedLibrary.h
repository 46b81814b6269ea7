//===- SharedLibrary.h - from an object file to a model ---------*- C++ -*-===//
//
// Links in this process, with lld as a library. The linker sees the weights as a section without contents; they are
// appended to its result, so that neither its memory nor its time depends on them.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TARGET_SHAREDLIBRARY_H
#define VITC_TARGET_SHAREDLIBRARY_H

#include "vitc/Target/WeightsWriter.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <string>

namespace vitc {

/// The hidden symbol at the start of the weights; the program table refers to it by a 64-bit address.
constexpr llvm::StringLiteral weightsSymbolName = "vitc_model_weights";

/// The section that holds the weights: read-only, in a segment of its own, aligned to 64 KiB, the last of the file.
constexpr llvm::StringLiteral weightsSectionName = ".vitc.weights";

/// A model to link.
struct SharedLibraryJob {
  /// Defines vitc_model_program and the section .note.vitc, uses vitc_model_weights and what runtime/libc_symbols.txt
  /// lists, and contains the manifest with both unknown hashes at least once.
  llvm::MemoryBufferRef object;
  /// Size of the weights segment.
  uint64_t weightsBytes = 0;
  /// Gives its argument exactly `weightsBytes` bytes, the same every time. It is called twice if the output is not a
  /// regular file, because the hash of the weights stands in front of them.
  llvm::function_ref<llvm::Error(ByteSink)> writeWeights;
  /// A file, which appears or is replaced only when it is complete; a device or pipe that exists; "-" for standard
  /// output.
  std::string outputPath;
  /// Is asked, if there is one, before a complete file takes the output's name, with the hash of its weights. After an
  /// error nothing is replaced.
  llvm::function_ref<llvm::Error(llvm::StringRef weightsHash)> mayTakeName;
};

/// Links `job.object` with the runtime and the stubs of the system libraries into a shared object that exports
/// vitc_model_api and nothing else, appends the weights, and enters the BLAKE3 hashes of the weights and of the rest in
/// the manifest. The build id is a hash of all that: code, tables, symbols, and the manifest with the weights' hash.
/// The same job gives the same bytes. Not for several threads at once.
///
/// Errors are one line that names the output: an undefined symbol or another complaint of the linker, an object without
/// a manifest, a directory or disk that cannot be written. Errors of `writeWeights` and `mayTakeName` are handed on as
/// they are. Nothing is left behind then.
llvm::Error linkSharedLibrary(const SharedLibraryJob &job);

} // namespace vitc

#endif // VITC_TARGET_SHAREDLIBRARY_H
