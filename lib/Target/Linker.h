//===- Linker.h - lld as a function -----------------------------*- C++ -*-===//

#ifndef VITC_LIB_TARGET_LINKER_H
#define VITC_LIB_TARGET_LINKER_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <cstdint>
#include <string>

namespace vitc {

/// Alignment of the weights in memory and in the file: the largest page of any CPU.
constexpr uint64_t weightsAlignment = 65536;

/// Size of the build id, that of SHA-1, which tools expect.
constexpr size_t buildIdBytes = 20;

/// Links an object with the runtime and the stubs of the system libraries. The result has a section weightsSectionName
/// of `segmentBytes` bytes without contents, a build id of zeros, and the symbols of kernels and runtime, which perf
/// and gdb name them by. Errors: the first complaint of lld, without the names of temporary files.
llvm::Expected<std::string> linkWithoutWeights(llvm::MemoryBufferRef object, uint64_t segmentBytes);

} // namespace vitc

#endif // VITC_LIB_TARGET_LINKER_H
