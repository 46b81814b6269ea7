//===- NpyConvert.cpp - elements of another type --------------------------===//

#include "vitc/Files/Npy.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace vitc;

template <typename Number> static Number numberAt(const uint8_t *bytes, size_t index) {
  Number number;
  std::memcpy(&number, bytes + index * sizeof number, sizeof number);
  return number;
}

static double realAt(const NpyArray &array, size_t index) {
  const uint8_t *bytes = array.bytes.data();
  switch (array.dtype) {
  case DType::F32:
    return double(numberAt<float>(bytes, index));
  case DType::F16:
    return double(halfToFloat(numberAt<uint16_t>(bytes, index)));
  case DType::BF16:
    return double(bfloat16ToFloat(numberAt<uint16_t>(bytes, index)));
  default:
    return numberAt<double>(bytes, index);
  }
}

/// Integers of all types in one that holds them.
using Wide = __int128;

static Wide integerAt(const NpyArray &array, size_t index) {
  const uint8_t *bytes = array.bytes.data();
  switch (array.dtype) {
  case DType::I8:
    return numberAt<int8_t>(bytes, index);
  case DType::I16:
    return numberAt<int16_t>(bytes, index);
  case DType::I32:
    return numberAt<int32_t>(bytes, index);
  case DType::I64:
    return numberAt<int64_t>(bytes, index);
  case DType::U16:
    return numberAt<uint16_t>(bytes, index);
  case DType::U32:
    return numberAt<uint32_t>(bytes, index);
  case DType::U64:
    return numberAt<uint64_t>(bytes, index);
  case DType::Bool:
    return bytes[index] != 0;
  default:
    return bytes[index];
  }
}

static std::string textOf(Wide number) {
  return number < 0 ? std::to_string(int64_t(number)) : std::to_string(uint64_t(number));
}

namespace {

/// Writes elements of type `Number` behind each other.
template <typename Number> class Elements {
public:
  explicit Elements(size_t count) : bytes(count * sizeof(Number)) {}
  void set(size_t index, Number number) { std::memcpy(bytes.data() + index * sizeof number, &number, sizeof number); }

  std::vector<uint8_t> bytes;
};

} // namespace

template <typename Number> static bool convertReals(NpyArray &array, DType to, std::string &error) {
  const size_t count = array.bytes.size() / bytesOf(array.dtype);
  Elements<Number> elements(count);
  for (size_t i = 0; i < count; ++i) {
    const double value = realAt(array, i);
    const auto rounded = static_cast<Number>(value);
    if (std::isfinite(value) && !std::isfinite(rounded)) {
      error = "element " + std::to_string(i) + " is beyond " + std::string(nameOf(to));
      return false;
    }
    elements.set(i, rounded);
  }
  array = {to, std::move(array.shape), std::move(elements.bytes)};
  return true;
}

template <typename Number>
static bool convertIntegers(NpyArray &array, DType to, std::string &error,
                            Wide largest = std::numeric_limits<Number>::max()) {
  const size_t count = array.bytes.size() / bytesOf(array.dtype);
  Elements<Number> elements(count);
  for (size_t i = 0; i < count; ++i) {
    const Wide value = integerAt(array, i);
    if (value < Wide(std::numeric_limits<Number>::min()) || value > largest) {
      error = "element " + std::to_string(i) + " is " + textOf(value) + ", which " + std::string(nameOf(to)) +
              " does not hold";
      return false;
    }
    elements.set(i, static_cast<Number>(value));
  }
  array = {to, std::move(array.shape), std::move(elements.bytes)};
  return true;
}

bool vitc::convertElements(NpyArray &array, DType to, std::string &error) {
  // Booleans are converted to themselves: a byte may be neither 0 nor 1.
  if (array.dtype == to && to != DType::Bool)
    return true;
  if (isFloatingPoint(array.dtype) == isFloatingPoint(to))
    switch (to) {
    case DType::F32:
      return convertReals<float>(array, to, error);
    case DType::F64:
      return convertReals<double>(array, to, error);
    case DType::I32:
      return convertIntegers<int32_t>(array, to, error);
    case DType::I64:
      return convertIntegers<int64_t>(array, to, error);
    case DType::U8:
      return convertIntegers<uint8_t>(array, to, error);
    case DType::Bool:
      return convertIntegers<uint8_t>(array, to, error, 1);
    default:
      break;
    }
  error = "elements of type " + std::string(nameOf(array.dtype)) + ", expected " + std::string(nameOf(to));
  return false;
}
