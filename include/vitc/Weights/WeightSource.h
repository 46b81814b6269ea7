//===- WeightSource.h - where the values of weights come from ---*- C++ -*-===//
//
// One interface for weights in a file, in several files, and made from a seed. Nothing here holds weights in memory.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_WEIGHTS_WEIGHTSOURCE_H
#define VITC_WEIGHTS_WEIGHTSOURCE_H

#include "vitc/Files/DType.h"
#include "vitc/Weights/Shape.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vitc {

/// The type of this name as safetensors files have it ("BF16"), if any.
std::optional<DType> safetensorsDTypeNamed(llvm::StringRef name);
/// Widens or narrows little-endian elements of a floating-point type to f32; f16 and bf16 widen exactly.
void widenElements(DType dtype, const char *bytes, uint64_t count, float *out);
/// What is wrong with a tensor of a type that weights may not be of.
std::string notFloatingPoint(DType dtype);

/// How large a tensor is, or nothing if its elements are more than 63 bits can count.
struct TensorSize {
  uint64_t elements = 1, bytes = 0;
};
std::optional<TensorSize> sizeOf(DType dtype, llvm::ArrayRef<int64_t> shape);
/// An error unless [first, first + count) are elements of a tensor that has `elements`.
llvm::Error checkRange(llvm::StringRef file, llvm::StringRef name, uint64_t elements, int64_t first, int64_t count);

/// Shape and element type of a tensor of a weights file.
struct TensorInfo {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  /// How the file has it, if it is presented otherwise, for messages: empty, or "[40, 24] in the file".
  std::string original = {};
};

class WeightSource {
public:
  virtual ~WeightSource() = default;

  /// All tensor names, sorted.
  virtual std::vector<std::string> names() const = 0;

  /// Shape and type of a tensor, or nullptr if there is none of that name.
  virtual const TensorInfo *find(llvm::StringRef name) const = 0;

  /// Reads the elements [first, first + count) of a floating-point tensor in row-major order into `out`, widened or
  /// narrowed to f32 (f16 and bf16 widen exactly). Errors: no such tensor, not floating point, out of range, file
  /// changed or truncated meanwhile. May be called from several threads.
  virtual llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const = 0;

  /// The file that holds a tensor (or would hold it), for messages.
  virtual std::string fileOf(llvm::StringRef name) const { return "weights"; }

  /// All files that are read.
  virtual std::vector<std::string> files() const { return {}; }

  /// The tensor of the file that this one is a part of (TensorParts), or the name itself.
  virtual llvm::StringRef wholeOf(llvm::StringRef name) const { return name; }
};

/// The tensor of the file whose name is most like `name`, rather one that is not `taken`; empty if there are none.
std::string nearestTensor(const WeightSource &weights, llvm::StringRef name,
                          llvm::function_ref<bool(llvm::StringRef)> taken);
/// Whether `*` in the pattern, standing for any characters, makes it equal to the name.
bool matchesPattern(llvm::StringRef pattern, llvm::StringRef name);

} // namespace vitc

#endif // VITC_WEIGHTS_WEIGHTSOURCE_H
