//===- DType.h - element types of tensors -----------------------*- C++ -*-===//
//
// The one list of element types: of values in descriptions and manifests, of weights files, of .npy files and of the
// interface of models.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_FILES_DTYPE_H
#define VITC_FILES_DTYPE_H

#include "vitc/runtime/model_abi.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vitc {

/// An element type. Those that the interface of models has, have its numbers; the others occur in weights files only.
enum class DType : uint32_t {
  F32 = VITC_DTYPE_F32,
  F16 = VITC_DTYPE_F16,
  BF16 = VITC_DTYPE_BF16,
  F64 = VITC_DTYPE_F64,
  I8 = VITC_DTYPE_I8,
  U8 = VITC_DTYPE_U8,
  I16 = VITC_DTYPE_I16,
  I32 = VITC_DTYPE_I32,
  I64 = VITC_DTYPE_I64,
  Bool = VITC_DTYPE_BOOL,
  U16,
  U32,
  U64
};

/// Its name in descriptions and manifests: "f32", "i64", "bool".
std::string_view nameOf(DType dtype);

/// The type of this name, if any.
std::optional<DType> dtypeNamed(std::string_view name);

/// Kind and size in the header of a .npy file: "f4", "i8", "b1". bf16 is "V2", as ml_dtypes writes it.
std::string_view npyCodeOf(DType dtype);

/// The type of such a code, if any.
std::optional<DType> dtypeOfNpyCode(std::string_view code);

/// The size of an element in bytes.
size_t bytesOf(DType dtype);

/// Whether it is one of f64, f32, f16, bf16.
bool isFloatingPoint(DType dtype);

/// Widens an IEEE half or a bfloat16, given by its bits; exact.
float halfToFloat(uint16_t half);
float bfloat16ToFloat(uint16_t bits);

} // namespace vitc

#endif // VITC_FILES_DTYPE_H
