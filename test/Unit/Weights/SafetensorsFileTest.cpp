//===- SafetensorsFileTest.cpp ----------------------------------*- C++ -*-===//

#include "vitc/Weights/SafetensorsFile.h"

#include "../Support/TestFiles.h"

#include <cmath>
#include <unistd.h>

using namespace vitc;
using namespace vitc::test;

namespace {

/// What opening such a file says, without the path.
std::string openError(llvm::StringRef content) {
  TemporaryDirectory directory;
  std::string path = directory.write("m.safetensors", content);
  std::string message = messageOf(SafetensorsFile::open(path));
  EXPECT_EQ(message.substr(0, path.size() + 2), path + ": ");
  return message.substr(std::min(message.size(), path.size() + 2));
}

std::vector<float> readAll(const WeightSource &source, llvm::StringRef name, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  EXPECT_EQ(llvm::toString(source.read(name, 0, count, values.data())), "");
  return values;
}

} // namespace

TEST(SafetensorsFile, ReadsEveryFloatingType) {
  TemporaryDirectory directory;
  // In the header: neither in order of offsets nor aligned; padded with spaces.
  std::string header = R"({"h":{"dtype":"F16","shape":[5],"data_offsets":[1,11]},)"
                       R"("u":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                       R"("d":{"dtype":"F64","shape":[],"data_offsets":[19,27]},)"
                       R"("f":{"dtype":"F32","shape":[1,1],"data_offsets":[11,15]},)"
                       R"("b":{"dtype":"BF16","shape":[2],"data_offsets":[15,19]},)"
                       R"("empty":{"dtype":"F32","shape":[0,3],"data_offsets":[19,19]},)"
                       R"("__metadata__":{"format":"pt"}}   )";
  using namespace std::string_literals;
  std::string data = "\x07"s + "\x00\x3c\x00\xc0\x01\x00\x00\xfc\xff\x7b"s // 1, -2, 2^-24, -inf, 65504
                     + "\x00\x00\x20\x41"s                                 // 10
                     + "\x80\x3f\x00\x80"s                                 // 1, -0
                     + "\x00\x00\x00\x00\x00\x00\xf8\x3f"s;                // 1.5
  auto file = valueOf(SafetensorsFile::open(directory.write("m", safetensors(header, data))));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->names(), (std::vector<std::string>{"b", "d", "empty", "f", "h", "u"}));
  EXPECT_EQ(readAll(*file, "h", 5), (std::vector<float>{1, -2, 0x1p-24f, -INFINITY, 65504}));
  EXPECT_EQ(readAll(*file, "f", 1), std::vector<float>{10});
  EXPECT_EQ(readAll(*file, "d", 1), std::vector<float>{1.5});
  EXPECT_EQ(readAll(*file, "b", 2), (std::vector<float>{1, 0}));
  EXPECT_TRUE(std::signbit(readAll(*file, "b", 2)[1]));
  EXPECT_EQ(file->find("f")->shape, (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(file->find("u")->dtype, DType::U8);
  float value = 0;
  ASSERT_FALSE(bool(file->read("h", 4, 1, &value)));
  EXPECT_EQ(value, 65504);
  std::string path = directory.path("m");
  EXPECT_EQ(llvm::toString(file->read("h", 5, 1, &value)), path + ": tensor h: elements out of range");
  EXPECT_EQ(llvm::toString(file->read("u", 0, 1, &value)),
            path + ": tensor u: has the dtype U8, expected F64, F32, F16 or BF16");
  EXPECT_EQ(llvm::toString(file->read("x", 0, 1, &value)), path + ": tensor x: is missing");
}

TEST(SafetensorsFile, RefusesBrokenHeaders) {
  EXPECT_EQ(openError("1234567"), "byte 0: not a safetensors file: has 7 bytes only");
  EXPECT_EQ(openError(std::string(8, '\xff')), "byte 0: not a safetensors file: a header of 18446744073709551615 "
                                               "bytes, at most 100000000 are allowed");
  EXPECT_EQ(openError(safetensors("{}", "").substr(0, 9)),
            "byte 0: truncated: the header ends at byte 10, the file at byte 9");
  EXPECT_EQ(openError(safetensors("[]", "")), "byte 8: not a safetensors file: the header does not start with '{'");
  EXPECT_EQ(openError(safetensors("", "")), "byte 8: not a safetensors file: the header does not start with '{'");
  EXPECT_NE(openError(safetensors("{\"a\":}", "")).find("header: byte 5 (line 1): not valid JSON"), std::string::npos);
  EXPECT_EQ(openError(safetensors(R"({"__metadata__":{"a":1}})", "")),
            "header: /__metadata__: expected an object of strings");
}

TEST(SafetensorsFile, RefusesBrokenTensors) {
  auto tensor = [](llvm::StringRef body, llvm::StringRef data) {
    return openError(safetensors(("{\"w\":{" + body + "}}").str(), data));
  };
  EXPECT_EQ(tensor(R"("dtype":"F32","shape":[1])", "1234"), "tensor w: the key 'data_offsets' is missing");
  EXPECT_EQ(tensor(R"("dtype":"F9","shape":[1],"data_offsets":[0,4])", "1234"),
            "tensor w: has the dtype 'F9', which is not supported");
  EXPECT_EQ(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])", "1234"),
            "tensor w: its shape needs 8 bytes, data_offsets hold 4");
  EXPECT_EQ(tensor(R"("dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4])", "1234"),
            "tensor w: its shape has more elements than 63 bits can count");
  EXPECT_EQ(tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])", "1234"),
            "tensor w: shape/0: is -1, expected an integer from 0 to 9223372036854775807");
  EXPECT_EQ(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])", "1234"),
            "tensor w: data_offsets are not a start and an end");
  EXPECT_EQ(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", "123"),
            "tensor w: truncated: the tensor ends at byte 66, the file at byte 65");
}

TEST(SafetensorsFile, RefusesGapsOverlapsAndRest) {
  auto two = [](int begin, llvm::StringRef data) {
    std::string offsets = "[" + std::to_string(begin) + "," + std::to_string(begin + 4) + "]";
    return openError(safetensors(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                                 R"("b":{"dtype":"F32","shape":[1],"data_offsets":)" +
                                     offsets + "}}",
                                 data));
  };
  EXPECT_EQ(two(2, "12345678"), "tensor b: overlaps another tensor: starts at byte 117, expected byte 119");
  EXPECT_EQ(two(5, "123456789"), "tensor b: there is a gap before it: starts at byte 120, expected byte 119");
  EXPECT_EQ(two(4, "123456789"), "byte 123: the last tensor ends here, the file has 124 bytes");
  EXPECT_EQ(openError(safetensors(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                  R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                  "1")),
            "header: /a (line 1): the key occurs twice");
}

TEST(SafetensorsFile, NoticesThatTheFileShrinks) {
  TemporaryDirectory directory;
  std::string path =
      directory.write("m", safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "12345678"));
  auto file = valueOf(SafetensorsFile::open(path));
  ASSERT_EQ(::truncate(path.c_str(), 20), 0);
  float value = 0;
  EXPECT_EQ(llvm::toString(file->read("a", 1, 1, &value)), path + ": tensor a: the file was changed while it was read");
}

TEST(SafetensorsFile, RefusesDirectories) {
  TemporaryDirectory directory;
  EXPECT_EQ(messageOf(SafetensorsFile::open(directory.path())), directory.path() + ": not a regular file");
}

namespace {

/// Two shards, each with one tensor.
struct Shards : public testing::Test {
  Shards() {
    directory.write("1.safetensors", safetensors(R"({"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}})",
                                                 llvm::StringRef("\x40\x40", 2)));
    directory.write("2.safetensors", safetensors(R"({"b":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}})",
                                                 llvm::StringRef("\x80\x40", 2)));
  }
  llvm::Expected<std::unique_ptr<ShardedSafetensors>> open(llvm::StringRef map) {
    index = directory.write("index.json", (R"({"metadata":{"total_size":4},"weight_map":)" + map + "}").str());
    return ShardedSafetensors::open(index, [&](llvm::StringRef name) { return directory.path(name); });
  }
  TemporaryDirectory directory;
  std::string index;
};

} // namespace

TEST_F(Shards, AreOneSource) {
  auto source = valueOf(open(R"({"a":"1.safetensors","b":"2.safetensors"})"));
  ASSERT_TRUE(source);
  EXPECT_EQ(source->names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(readAll(*source, "a", 1), std::vector<float>{3});
  EXPECT_EQ(readAll(*source, "b", 1), std::vector<float>{4});
  EXPECT_EQ(source->fileOf("b"), directory.path("2.safetensors"));
  EXPECT_EQ(source->fileOf("c"), index);
}

TEST_F(Shards, MustAgreeWithTheIndex) {
  EXPECT_EQ(messageOf(open(R"({"a":"1.safetensors","b":"1.safetensors"})")),
            directory.path("1.safetensors") + ": tensor b: is missing, the index says that it is here");
}

TEST_F(Shards, AnUnlistedTensorIsAnError) {
  directory.write("1.safetensors", safetensors(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                               R"("z":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                                               "12"));
  EXPECT_EQ(messageOf(open(R"({"a":"1.safetensors","b":"2.safetensors"})")),
            directory.path("1.safetensors") + ": tensor z: is not listed for this file in the index");
  EXPECT_EQ(messageOf(open(R"({"a":"3.safetensors"})")),
            directory.path("3.safetensors") + ": No such file or directory");
  EXPECT_EQ(messageOf(open(R"([])")), index + ": /weight_map: is an array, expected an object");
}
