//===- WeightSource.cpp - what tensors of files are -------------*- C++ -*-===//

#include "vitc/Weights/WeightSource.h"

#include "vitc/Support/InputErrors.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/ErrorHandling.h"

#include <cstring>
#include <limits>

using namespace vitc;
namespace endian = llvm::support::endian;

std::optional<DType> vitc::safetensorsDTypeNamed(llvm::StringRef name) {
  std::string lower = name.lower();
  // Written in capitals, as our names are not.
  return name == llvm::StringRef(lower).upper() ? dtypeNamed(lower) : std::nullopt;
}

std::string vitc::notFloatingPoint(DType dtype) {
  return "has the dtype " + llvm::StringRef(nameOf(dtype)).upper() + ", expected F64, F32, F16 or BF16";
}

void vitc::widenElements(DType dtype, const char *bytes, uint64_t count, float *out) {
  for (uint64_t k = 0; k < count; ++k) {
    switch (dtype) {
    case DType::F64: {
      uint64_t bits = endian::read64le(bytes + 8 * k);
      double value;
      std::memcpy(&value, &bits, sizeof value);
      out[k] = float(value);
      break;
    }
    case DType::F32: {
      uint32_t bits = endian::read32le(bytes + 4 * k);
      std::memcpy(&out[k], &bits, sizeof bits);
      break;
    }
    case DType::F16:
      out[k] = halfToFloat(endian::read16le(bytes + 2 * k));
      break;
    case DType::BF16:
      out[k] = bfloat16ToFloat(endian::read16le(bytes + 2 * k));
      break;
    default:
      llvm_unreachable("the caller has refused other types");
    }
  }
}

std::optional<TensorSize> vitc::sizeOf(DType dtype, llvm::ArrayRef<int64_t> shape) {
  TensorSize size;
  bool overflow = false;
  for (int64_t length : shape)
    overflow |= __builtin_mul_overflow(size.elements, uint64_t(length), &size.elements);
  overflow |= __builtin_mul_overflow(size.elements, uint64_t(bytesOf(dtype)), &size.bytes);
  if (overflow || size.elements > uint64_t(std::numeric_limits<int64_t>::max()))
    return std::nullopt;
  return size;
}

llvm::Error vitc::checkRange(llvm::StringRef file, llvm::StringRef name, uint64_t elements, int64_t first,
                             int64_t count) {
  if (first >= 0 && count >= 0 && uint64_t(first) <= elements && uint64_t(count) <= elements - uint64_t(first))
    return llvm::Error::success();
  return inputError(file, ("tensor " + name).str(), "elements out of range");
}

std::string vitc::nearestTensor(const WeightSource &weights, llvm::StringRef name,
                                llvm::function_ref<bool(llvm::StringRef)> taken) {
  struct Nearest {
    std::string name;
    unsigned distance = std::numeric_limits<unsigned>::max();
  } any, free;
  for (const std::string &candidate : weights.names()) {
    // Names that one is the end of the other differ by a prefix only.
    bool isEnd = llvm::StringRef(candidate).ends_with(name) || name.ends_with(candidate);
    unsigned distance = isEnd ? 0 : name.edit_distance(candidate);
    for (Nearest *nearest : {&any, &free})
      if (distance < nearest->distance && (nearest == &any || !taken(candidate)))
        *nearest = {candidate, distance};
  }
  // A name that nothing else needs may be a bit further away.
  const unsigned near = std::max<unsigned>(3, unsigned(name.size()) / 4);
  return free.distance <= near ? free.name : any.name;
}

bool vitc::matchesPattern(llvm::StringRef pattern, llvm::StringRef name) {
  size_t star = pattern.find('*');
  if (star == llvm::StringRef::npos)
    return pattern == name;
  if (!name.consume_front(pattern.take_front(star)))
    return false;
  pattern = pattern.drop_front(star + 1);
  for (size_t next = pattern.find('*'); next != llvm::StringRef::npos; next = pattern.find('*')) {
    // The leftmost place leaves most to what follows.
    size_t at = name.find(pattern.take_front(next));
    if (at == llvm::StringRef::npos)
      return false;
    name = name.drop_front(at + next);
    pattern = pattern.drop_front(next + 1);
  }
  return name.ends_with(pattern);
}
