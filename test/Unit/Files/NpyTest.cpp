//===- NpyTest.cpp - reading and writing arrays ---------------------------===//

#include "TestFiles.h"

#include "vitc/Files/Npy.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>

using namespace vitc;
using namespace std::literals;

namespace {

/// A file of a version with a header and data.
std::string npyFile(const std::string &header, const std::string &data, char version = 1) {
  std::string length(version == 1 ? 2 : 4, '\0');
  length[0] = static_cast<char>(header.size() & 255);
  length[1] = static_cast<char>(header.size() >> 8);
  return "\x93NUMPY"s + version + "\0"s + length + header + data;
}

std::optional<NpyArray> parse(const std::string &file, std::string &error) {
  // A copy of exactly that size, so that a sanitizer sees reads beyond it.
  const std::vector<uint8_t> bytes(file.begin(), file.end());
  return parseNpy(bytesOf(bytes), error);
}

std::string parseError(const std::string &file) {
  std::string error;
  EXPECT_FALSE(parse(file, error));
  return error;
}

std::string headerError(const std::string &header) { return parseError(npyFile(header, "")); }

template <typename T> std::vector<T> valuesOf(const NpyArray &array) {
  std::vector<T> values(array.bytes.size() / sizeof(T));
  std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  return values;
}

TEST(Npy, WritesWhatNumpyWrites) {
  EXPECT_EQ(npyHeader(DType::F32, {2, 3}), "\x93NUMPY\x01\x00v\x00"s +
                                               "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" +
                                               std::string(58, ' ') + "\n");
  EXPECT_NE(npyHeader(DType::U8, {7}).find("'descr': '|u1', 'fortran_order': False, 'shape': (7,), }"),
            std::string::npos);
  EXPECT_NE(npyHeader(DType::I64, {}).find("'descr': '<i8', 'fortran_order': False, 'shape': (), }"),
            std::string::npos);
}

TEST(Npy, HeadersOfOneLength) {
  const std::string longest = npyHeader(DType::F32, {INT64_MAX, 3, 224, 224});
  const std::string header = npyHeader(DType::F32, {7, 3, 224, 224}, longest.size());
  EXPECT_EQ(header.size(), longest.size());
  EXPECT_EQ(header.size() % 64, 0u);
  std::string error;
  const std::optional<NpyHeader> parsed =
      parseNpyHeader({reinterpret_cast<const uint8_t *>(header.data()), header.size()}, error);
  ASSERT_TRUE(parsed) << error;
  EXPECT_EQ(parsed->shape, (std::vector<int64_t>{7, 3, 224, 224}));
  EXPECT_EQ(parsed->dataStart, header.size());
  EXPECT_EQ(npyHeader(DType::F32, {7}, 1000).size(), 1024u);
}

TEST(Npy, ReadsWhatItWrites) {
  for (DType type : {DType::F32, DType::F16, DType::BF16, DType::F64, DType::I8, DType::U8, DType::I16, DType::I32,
                     DType::I64, DType::Bool, DType::U16, DType::U32, DType::U64})
    for (const std::vector<int64_t> &shape : {std::vector<int64_t>{}, {3}, {2, 0}, {2, 3, 1, 2}}) {
      size_t bytes = bytesOf(type);
      for (int64_t extent : shape)
        bytes *= static_cast<size_t>(extent);
      std::string data;
      for (size_t i = 0; i < bytes; ++i)
        data += static_cast<char>(i);
      std::string error;
      const std::optional<NpyArray> array = parse(npyHeader(type, shape) + data, error);
      ASSERT_TRUE(array) << error;
      EXPECT_EQ(array->dtype, type);
      EXPECT_EQ(array->shape, shape);
      EXPECT_EQ(std::string(array->bytes.begin(), array->bytes.end()), data);
    }
}

/// An array of numbers.
template <typename T> NpyArray arrayOf(DType dtype, const std::vector<T> &numbers) {
  NpyArray array{dtype, {int64_t(numbers.size())}, std::vector<uint8_t>(numbers.size() * sizeof(T))};
  std::memcpy(array.bytes.data(), numbers.data(), array.bytes.size());
  return array;
}

template <typename T, typename F>
std::vector<T> converted(DType from, const std::vector<F> &numbers, DType to, std::string expectedError = "") {
  NpyArray array = arrayOf(from, numbers);
  std::string error;
  EXPECT_EQ(convertElements(array, to, error), expectedError.empty());
  EXPECT_EQ(error, expectedError);
  EXPECT_EQ(array.dtype, expectedError.empty() ? to : from);
  return valuesOf<T>(array);
}

TEST(Npy, ConvertsWhatTheNewTypeHolds) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(converted<float>(DType::F64, std::vector<double>{0.1, -2, 1e-60, INFINITY}, DType::F32),
            (std::vector<float>{0.1F, -2, 0, infinity}));
  // A denormal half, the largest one, minus infinity.
  EXPECT_EQ(converted<float>(DType::F16, std::vector<uint16_t>{1, 0x7bff, 0xfc00}, DType::F32),
            (std::vector<float>{0x1p-24F, 65504, -infinity}));
  EXPECT_EQ(converted<double>(DType::BF16, std::vector<uint16_t>{0x3fc0}, DType::F64), (std::vector<double>{1.5}));
  EXPECT_EQ(converted<int64_t>(DType::I32, std::vector<int32_t>{-5, INT32_MIN}, DType::I64),
            (std::vector<int64_t>{-5, INT32_MIN}));
  EXPECT_EQ(converted<uint8_t>(DType::I64, std::vector<int64_t>{0, 255}, DType::U8), (std::vector<uint8_t>{0, 255}));
  EXPECT_EQ(converted<int32_t>(DType::U16, std::vector<uint16_t>{65535}, DType::I32), (std::vector<int32_t>{65535}));
  EXPECT_EQ(converted<uint8_t>(DType::I8, std::vector<int8_t>{0, 1}, DType::Bool), (std::vector<uint8_t>{0, 1}));
  // A view of other bytes.
  EXPECT_EQ(converted<uint8_t>(DType::Bool, std::vector<uint8_t>{0, 1, 7}, DType::Bool),
            (std::vector<uint8_t>{0, 1, 1}));
  EXPECT_EQ(converted<int64_t>(DType::I64, std::vector<int64_t>{INT64_MIN}, DType::I64),
            (std::vector<int64_t>{INT64_MIN}));
}

TEST(Npy, RefusesToChangeNumbers) {
  converted<double>(DType::F64, std::vector<double>{1, 1e39}, DType::F32, "element 1 is beyond f32");
  converted<int64_t>(DType::I64, std::vector<int64_t>{0, 0, 300}, DType::U8,
                     "element 2 is 300, which u8 does not hold");
  converted<int32_t>(DType::I32, std::vector<int32_t>{-1}, DType::U8, "element 0 is -1, which u8 does not hold");
  converted<uint64_t>(DType::U64, std::vector<uint64_t>{UINT64_MAX}, DType::I64,
                      "element 0 is 18446744073709551615, which i64 does not hold");
  converted<int64_t>(DType::I64, std::vector<int64_t>{2}, DType::Bool, "element 0 is 2, which bool does not hold");
  converted<float>(DType::F32, std::vector<float>{1}, DType::I64, "elements of type f32, expected i64");
  converted<int64_t>(DType::I64, std::vector<int64_t>{1}, DType::F32, "elements of type i64, expected f32");
  converted<uint8_t>(DType::Bool, std::vector<uint8_t>{1}, DType::F32, "elements of type bool, expected f32");
}

TEST(Npy, VersionsOrdersAndQuotes) {
  std::string error;
  const std::string data = "\x3f\x80\0\0\x40\0\0\0\x40\x40\0\0\x40\x80\0\0\x40\xa0\0\0\x40\xc0\0\0"s;
  for (char version : {1, 2, 3}) {
    const std::optional<NpyArray> array = parse(npyFile(R"({"descr": ">f4", "shape": (2, 3,), "fortran_order": True} )"
                                                        "\n",
                                                        data, version),
                                                error);
    ASSERT_TRUE(array) << error;
    EXPECT_EQ(array->shape, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(valuesOf<float>(*array), (std::vector<float>{1, 3, 5, 2, 4, 6}));
  }
}

TEST(Npy, FortranOrderOfThreeDimensions) {
  std::string data, error;
  for (char i = 0; i < 12; ++i)
    data += i;
  const std::optional<NpyArray> array =
      parse(npyFile("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2)}", data), error);
  ASSERT_TRUE(array) << error;
  EXPECT_EQ(array->bytes, (std::vector<uint8_t>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}));
}

TEST(Npy, FilesThatAreNotArrays) {
  EXPECT_EQ(parseError(""), "byte 0: not a .npy file");
  EXPECT_EQ(parseError("PK\x03\x04"), "byte 0: not a .npy file");
  EXPECT_EQ(parseError("\x93NUMPY"), "byte 6: version 0 of the .npy format, expected 1, 2 or 3");
  EXPECT_EQ(parseError("\x93NUMPY\x04\x00\x10\x00"s), "byte 6: version 4 of the .npy format, expected 1, 2 or 3");
  EXPECT_EQ(parseError("\x93NUMPY\x01\x00\x10\x00{"s), "byte 11: the file is truncated in its header");
}

TEST(Npy, DamagedHeaders) {
  EXPECT_EQ(headerError("[1]"), "header: expected a Python dictionary");
  EXPECT_EQ(headerError("{'descr': '<f4'"), "header: expected a Python dictionary");
  EXPECT_EQ(headerError("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}"),
            "header: elements of type '<c8', expected floating-point numbers, integers or booleans");
  EXPECT_EQ(headerError("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"),
            "header: expected the keys 'descr' (a plain type), 'fortran_order' and 'shape', each once");
  EXPECT_EQ(headerError("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}"),
            "header: expected True or False as fortran_order");
  EXPECT_EQ(headerError("{'descr': '<f4', 'shape': (1,)}"),
            "header: expected the keys 'descr', 'fortran_order' and 'shape'");
  EXPECT_EQ(headerError("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"),
            "header: expected at most 32 integers of at most 18 digits as shape");
  EXPECT_EQ(headerError("{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}"),
            "header: expected a tuple of integers as shape");
  EXPECT_EQ(headerError("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x"),
            "header: something follows the dictionary");
}

TEST(Npy, SizeOfDataIsChecked) {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
  EXPECT_EQ(parseError(npyFile(header, "1234567")), "byte 65: 7 bytes of data, expected 8 for the shape in the header");
  EXPECT_EQ(parseError(npyFile(header, "123456789")),
            "byte 65: 9 bytes of data, expected 8 for the shape in the header");
  EXPECT_EQ(headerError("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000)}"),
            "byte 85: 0 bytes of data, expected more than 2^63 for the shape in the header");
}

TEST(Npy, EveryTruncationIsAnError) {
  const std::string file = npyHeader(DType::F32, {2, 2}) + std::string(16, 'x');
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_NE(parseError(file.substr(0, size)), "") << size;
}

} // namespace
