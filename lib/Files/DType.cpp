//===- DType.cpp - element types of tensors -------------------------------===//

#include "vitc/Files/DType.h"

#include <cstring>

using namespace vitc;

namespace {

struct DTypeInfo {
  DType dtype;
  std::string_view name, npyCode;
  size_t bytes;
};

constexpr DTypeInfo infos[] = {
    {DType::F32, "f32", "f4", 4},   {DType::F16, "f16", "f2", 2}, {DType::BF16, "bf16", "V2", 2},
    {DType::F64, "f64", "f8", 8},   {DType::I8, "i8", "i1", 1},   {DType::U8, "u8", "u1", 1},
    {DType::I16, "i16", "i2", 2},   {DType::I32, "i32", "i4", 4}, {DType::I64, "i64", "i8", 8},
    {DType::Bool, "bool", "b1", 1}, {DType::U16, "u16", "u2", 2}, {DType::U32, "u32", "u4", 4},
    {DType::U64, "u64", "u8", 8}};

const DTypeInfo &infoOf(DType dtype) {
  for (const DTypeInfo &info : infos)
    if (info.dtype == dtype)
      return info;
  __builtin_unreachable(); // the list is complete
}

} // namespace

std::string_view vitc::nameOf(DType dtype) { return infoOf(dtype).name; }

std::optional<DType> vitc::dtypeNamed(std::string_view name) {
  for (const DTypeInfo &info : infos)
    if (info.name == name)
      return info.dtype;
  return std::nullopt;
}

std::string_view vitc::npyCodeOf(DType dtype) { return infoOf(dtype).npyCode; }

std::optional<DType> vitc::dtypeOfNpyCode(std::string_view code) {
  for (const DTypeInfo &info : infos)
    if (info.npyCode == code)
      return info.dtype;
  return std::nullopt;
}

size_t vitc::bytesOf(DType dtype) { return infoOf(dtype).bytes; }

bool vitc::isFloatingPoint(DType dtype) {
  return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16;
}

static float bitsToFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float vitc::halfToFloat(uint16_t half) {
  const uint32_t sign = uint32_t(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 0x1f;
  const uint32_t fraction = half & 0x3ff;
  if (exponent == 0x1f)
    return bitsToFloat(sign | 0x7f800000 | fraction << 13);
  if (exponent != 0)
    return bitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = float(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

float vitc::bfloat16ToFloat(uint16_t bits) { return bitsToFloat(uint32_t(bits) << 16); }
