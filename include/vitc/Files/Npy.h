//===- Npy.h - NumPy's file format for arrays -------------------*- C++ -*-===//
//
// The format is specified at https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_FILES_NPY_H
#define VITC_FILES_NPY_H

#include "vitc/Files/Bytes.h"
#include "vitc/Files/DType.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitc {

/// What stands in front of the data of a file.
struct NpyHeader {
  /// Byte order, kind and size of the elements as the file gives them: "<f4".
  std::string descr;
  /// The same without the byte order.
  std::string_view type() const { return std::string_view(descr).substr(1); }
  bool isBigEndian = false;
  /// Whether the first index runs fastest.
  bool isFortranOrder = false;
  std::vector<int64_t> shape;
  /// Where the data begin, in bytes from the start of the file.
  size_t dataStart = 0;
};

/// The most bytes that go before the data: those of the longest header that NumPy accepts.
constexpr size_t maxNpyDataStart = 12 + 10000;

/// Reads the header of a file of version 1.0, 2.0 or 3.0 from the file's first bytes. Errors: not such a file, a
/// damaged header, one that is longer than `start` or than NumPy accepts.
std::optional<NpyHeader> parseNpyHeader(Bytes start, std::string &error);

/// Elements in row-major order, from Fortran order.
std::vector<uint8_t> toRowMajor(Bytes elements, const std::vector<int64_t> &shape, size_t elementBytes);

/// A dense array in row-major order and the machine's byte order.
struct NpyArray {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
};

/// Reads the bytes of a file of version 1.0, 2.0 or 3.0, in either byte order, in C or Fortran order. Errors: not such
/// a file, a damaged header, elements that are no DType, data that are shorter or longer than the shape says.
std::optional<NpyArray> parseNpy(Bytes file, std::string &error);

/// Gives the elements another type that holds their values: floating-point numbers become f32 or f64 (f64 is rounded
/// to f32), integers and booleans become integers or booleans (0 and 1). Errors: other types, a value that the new type
/// does not hold ("element 3 is 300, …"); the array is then as it was.
bool convertElements(NpyArray &array, DType to, std::string &error);

/// The header (version 1.0, 64 bytes aligned) that goes before the data of an array, of at least `minimumBytes` bytes:
/// it can replace the header of another shape of that length. bf16 is written as NumPy's V2.
std::string npyHeader(DType dtype, const std::vector<int64_t> &shape, size_t minimumBytes = 0);

} // namespace vitc

#endif // VITC_FILES_NPY_H
