//===- RuntimeBlob.h - the files that vitc links into models ----*- C++ -*-===//
//
// vitc needs no compiler, no libc headers and no libraries where it runs: the runtime's code and the stubs of the
// system libraries are part of it. runtime/CMakeLists.txt makes them.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TARGET_RUNTIMEBLOB_H
#define VITC_TARGET_RUNTIMEBLOB_H

#include "llvm/ADT/ArrayRef.h"

#include <cstddef>

namespace vitc {

/// A file whose contents are part of this program.
struct EmbeddedFile {
  const char *name;          // without a directory
  const unsigned char *data; // `size` bytes
  size_t size;
};

/// "vitc_runtime.o", the runtime as one relocatable object whose undefined symbol is vitc_model_program, followed by a
/// stub for each library of runtime/libc_symbols.txt ("libc.so.6", "libm.so.6", "libpthread.so.0") to link against: it
/// defines the symbols that a model may use, at the versions it must ask for. The data lives as long as the program.
llvm::ArrayRef<EmbeddedFile> embeddedRuntimeFiles();

} // namespace vitc

#endif // VITC_TARGET_RUNTIMEBLOB_H
