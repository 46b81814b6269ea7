//===- WeightSource.cpp - what tensors of files are -------------*- C++ -*-===//

#include "vitc/Weights/WeightSource.h"

#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/ErrorHandling.h"

#include <cstring>
#include <limits>

using namespace vitc;
namespace endian = llvm::support::endian;

static constexpr std::pair<const char *, DType> dtypes[] = {
    {"F64", DType::F64}, {"F32", DType::F32}, {"F16", DType::F16},  {"BF16", DType::BF16}, {"I64", DType::I64},
    {"I32", DType::I32}, {"I16", DType::I16}, {"I8", DType::I8},    {"U64", DType::U64},   {"U32", DType::U32},
    {"U16", DType::U16}, {"U8", DType::U8},   {"BOOL", DType::Bool}};

std::optional<DType> vitc::dtypeNamed(llvm::StringRef name) {
  for (const auto &[known, dtype] : dtypes)
    if (name == known)
      return dtype;
  return std::nullopt;
}

bool vitc::isFloatingPoint(DType dtype) {
  return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16;
}

std::string vitc::notFloatingPoint(DType dtype) {
  const char *name = llvm::find_if(dtypes, [&](const auto &known) { return known.second == dtype; })->first;
  return std::string("has the dtype ") + name + ", expected F64, F32, F16 or BF16";
}

uint64_t vitc::bytesOf(DType dtype) {
  switch (dtype) {
  case DType::F64:
  case DType::I64:
  case DType::U64:
    return 8;
  case DType::F32:
  case DType::I32:
  case DType::U32:
    return 4;
  case DType::F16:
  case DType::BF16:
  case DType::I16:
  case DType::U16:
    return 2;
  case DType::I8:
  case DType::U8:
  case DType::Bool:
    return 1;
  }
  llvm_unreachable("all element types are listed");
}

static float bitsToFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Widens an IEEE half; exact.
static float halfToFloat(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16;
  uint32_t exponent = (half >> 10) & 0x1f;
  uint32_t fraction = half & 0x3ff;
  if (exponent == 0x1f)
    return bitsToFloat(sign | 0x7f800000 | fraction << 13);
  if (exponent != 0)
    return bitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  float magnitude = float(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
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
    case DType::F32:
      out[k] = bitsToFloat(endian::read32le(bytes + 4 * k));
      break;
    case DType::F16:
      out[k] = halfToFloat(endian::read16le(bytes + 2 * k));
      break;
    case DType::BF16:
      out[k] = bitsToFloat(uint32_t(endian::read16le(bytes + 2 * k)) << 16);
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
  overflow |= __builtin_mul_overflow(size.elements, bytesOf(dtype), &size.bytes);
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
