//===- NpzFileTest.cpp ------------------------------------------*- C++ -*-===//

#include "vitc/Weights/NpzFile.h"
#include "vitc/Weights/FlaxParameters.h"

#include "../Support/TestFiles.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/Compression.h"

#include <cmath>
#include <unistd.h>

using namespace vitc;
using namespace vitc::test;
using namespace std::string_literals;

namespace {

std::string littleEndian(uint64_t value, int bytes) {
  std::string text;
  for (int byte = 0; byte < bytes; ++byte)
    text += byte < 8 ? char((value >> (8 * byte)) & 0xff) : '\0';
  return text;
}

/// A member of an archive, and what is wrong with it.
struct Member {
  std::string name, content;
  bool isCompressed = false;
  uint16_t method = 0, flags = 0;
  uint32_t wrongChecksum = 0;
};

/// A ZIP archive: for each member a header and its data, then the directory.
std::string archive(const std::vector<Member> &members) {
  std::string data, directory;
  for (const Member &member : members) {
    std::string stored = member.content;
    uint16_t method = member.method;
    if (member.isCompressed) {
      llvm::SmallVector<uint8_t> compressed;
      llvm::compression::zlib::compress(llvm::arrayRefFromStringRef(member.content), compressed);
      // Without zlib's own header and checksum.
      stored.assign(compressed.begin() + 2, compressed.end() - 4);
      method = 8;
    }
    const uint32_t checksum = llvm::crc32(llvm::arrayRefFromStringRef(member.content)) ^ member.wrongChecksum;
    // Version, flags, method, time, date, checksum, sizes, length of the name, no extra field.
    const std::string common = littleEndian(20, 2) + littleEndian(member.flags, 2) + littleEndian(method, 2) +
                               littleEndian(0, 2) + littleEndian(33, 2) + littleEndian(checksum, 4) +
                               littleEndian(stored.size(), 4) + littleEndian(member.content.size(), 4) +
                               littleEndian(member.name.size(), 2) + littleEndian(0, 2);
    directory += "PK\1\2"s + littleEndian(20, 2) + common + littleEndian(0, 2 + 2 + 2 + 4) +
                 littleEndian(data.size(), 4) + member.name;
    data += "PK\3\4"s + common + member.name + stored;
  }
  return data + directory + "PK\5\6"s + littleEndian(0, 4) + littleEndian(members.size(), 2) +
         littleEndian(members.size(), 2) + littleEndian(directory.size(), 4) + littleEndian(data.size(), 4) +
         littleEndian(0, 2);
}

std::string npy(llvm::StringRef descr, llvm::StringRef shape, llvm::StringRef data, bool isFortranOrder = false) {
  const std::string header = ("{'descr': '" + descr + "', 'fortran_order': " + (isFortranOrder ? "True" : "False") +
                              ", 'shape': (" + shape + "), }\n")
                                 .str();
  return "\x93NUMPY\x01\x00"s + littleEndian(header.size(), 2) + header + data.str();
}

std::string floats(llvm::ArrayRef<float> values) {
  return std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float));
}

/// 0, 1, 2, …
std::string countingFloats(int count) {
  std::vector<float> values;
  for (int k = 0; k < count; ++k)
    values.push_back(float(k));
  return floats(values);
}

/// What opening such a file says, without the path.
std::string openError(const std::string &content) {
  TemporaryDirectory directory;
  std::string path = directory.write("m.npz", content);
  std::string message = messageOf(NpzFile::open(path));
  EXPECT_EQ(message.substr(0, path.size() + 2), path + ": ");
  return message.substr(std::min(message.size(), path.size() + 2));
}

std::string openError(Member member) { return openError(archive({std::move(member)})); }

/// The same for what is noticed when "a" is read.
std::string readError(Member member) {
  TemporaryDirectory directory;
  std::string path = directory.write("m.npz", archive({std::move(member)}));
  auto file = valueOf(NpzFile::open(path));
  float value = 0;
  std::string message = llvm::toString(file->read("a", 0, 1, &value));
  EXPECT_EQ(message.substr(0, path.size() + 2), path + ": ");
  return message.substr(std::min(message.size(), path.size() + 2));
}

std::vector<float> readAll(const WeightSource &source, llvm::StringRef name) {
  int64_t count = 1;
  for (int64_t size : source.find(name)->shape)
    count *= size;
  std::vector<float> values(static_cast<size_t>(count));
  EXPECT_EQ(llvm::toString(source.read(name, 0, count, values.data())), "");
  return values;
}

} // namespace

TEST(NpzFile, ReadsEveryFloatingType) {
  TemporaryDirectory directory;
  std::string path = directory.write(
      "m.npz", archive({{"x/h.npy", npy("<f2", "2,", "\x00\x3c\x00\xc0"s)},
                        {"big.npy", npy(">f4", "1,", "\x41\x20\x00\x00"s)},
                        {"d.npy", npy("<f8", "", "\x00\x00\x00\x00\x00\x00\xf8\x3f"s)},
                        {"b.npy", npy("|V2", "2,", "\x80\x3f\x00\x80"s)},
                        {"b2.npy", npy("<V2", "1,", "\x80\x3f"s), /*isCompressed=*/true},
                        {"i.npy", npy("|u1", "1,", "\x01"s)},
                        {"empty.npy", npy("<f4", "0, 3", "")},
                        {"f.npy", npy("<f4", "2, 3", floats({0, 3, 1, 4, 2, 5}), /*isFortranOrder=*/true)}}));
  auto file = valueOf(NpzFile::open(path));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->names(), (std::vector<std::string>{"b", "b2", "big", "d", "empty", "f", "i", "x/h"}));
  EXPECT_EQ(readAll(*file, "x/h"), (std::vector<float>{1, -2}));
  EXPECT_EQ(readAll(*file, "big"), std::vector<float>{10});
  EXPECT_EQ(readAll(*file, "d"), std::vector<float>{1.5});
  EXPECT_EQ(readAll(*file, "b"), (std::vector<float>{1, 0}));
  EXPECT_TRUE(std::signbit(readAll(*file, "b")[1]));
  EXPECT_EQ(readAll(*file, "b2"), std::vector<float>{1});
  EXPECT_EQ(readAll(*file, "f"), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(readAll(*file, "empty"), std::vector<float>{});
  EXPECT_EQ(file->find("f")->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(file->find("i")->dtype, DType::U8);
  float values[2] = {};
  ASSERT_FALSE(bool(file->read("f", 3, 2, values)));
  EXPECT_EQ(values[0], 3);
  EXPECT_EQ(values[1], 4);
  EXPECT_EQ(llvm::toString(file->read("f", 5, 2, values)), path + ": tensor f: elements out of range");
  EXPECT_EQ(llvm::toString(file->read("i", 0, 1, values)),
            path + ": tensor i: has the dtype U8, expected F64, F32, F16 or BF16");
  EXPECT_EQ(llvm::toString(file->read("y", 0, 1, values)), path + ": tensor y: is missing");
}

TEST(NpzFile, ReadsRangesWhateverTheCompression) {
  constexpr int count = 300000; // several chunks
  TemporaryDirectory directory;
  std::string array = npy("<f4", std::to_string(count) + ",", countingFloats(count));
  auto file = valueOf(NpzFile::open(
      directory.write("m.npz", archive({{"stored.npy", array}, {"compressed.npy", array, /*isCompressed=*/true}}))));
  ASSERT_TRUE(file);
  // The first time the checksum is verified on the way, the second time it is not.
  for (const char *name : {"stored", "compressed", "stored", "compressed"})
    for (int first : {70000, 0, 299998}) {
      float values[2] = {};
      ASSERT_EQ(llvm::toString(file->read(name, first, 2, values)), "");
      EXPECT_EQ(values[0], float(first));
      EXPECT_EQ(values[1], float(first + 1));
    }
}

TEST(NpzFile, RefusesWhatIsNoArchiveOfArrays) {
  const std::string array = npy("<f4", "1,", "1234");
  EXPECT_EQ(openError("PK"), "not a ZIP archive, or truncated");
  EXPECT_EQ(openError(array), "not a ZIP archive, or truncated");
  const std::string good = archive({{"a.npy", array}});
  for (size_t size : {size_t(40), good.size() / 2, good.size() - 1})
    EXPECT_NE(openError(good.substr(0, size)), "") << size;
  EXPECT_EQ(openError({"data.pkl", array}), "member data.pkl: is no array: its name does not end in .npy");
  EXPECT_EQ(openError(archive({{"a.npy", array}, {"a.npy", array}})), "tensor a: occurs twice");
  EXPECT_EQ(openError({"a.npy", array, false, /*method=*/12}),
            "tensor a: is compressed by method 12, expected none (0) or DEFLATE (8)");
  EXPECT_EQ(openError({"a.npy", array, false, 0, /*flags=*/1}), "tensor a: is encrypted");
  TemporaryDirectory directory;
  EXPECT_EQ(messageOf(NpzFile::open(directory.path())), directory.path() + ": not a regular file");
}

TEST(NpzFile, RefusesBrokenArrays) {
  auto array = [](const std::string &content) { return openError({"a.npy", content}); };
  EXPECT_EQ(array("1234567890"), "tensor a: byte 0: not a .npy file");
  EXPECT_EQ(array(npy("<f4", "1,", "1234").substr(0, 20)), "tensor a: byte 20: the file is truncated in its header");
  EXPECT_EQ(array(npy("|O", "1,", "1234")), "tensor a: holds pickled objects, which are not read: they may run code");
  EXPECT_EQ(array(npy("<c8", "1,", "12345678")), "tensor a: has elements of type '<c8', which is not supported");
  EXPECT_EQ(array(npy("<\xc1", "1,", "1")),
            "tensor a: header: elements of type '<?', expected a byte order and a type");
  EXPECT_EQ(array(npy("<f4", "2,", "1234")), "tensor a: its shape needs 8 bytes, the member has 4");
  EXPECT_EQ(array(npy("<f4", "1,", "12345")), "tensor a: its shape needs 4 bytes, the member has 5");
  EXPECT_EQ(array(npy("<f4", "4611686018427387904, 4", "1234")),
            "tensor a: header: expected at most 32 integers of at most 18 digits as shape");
  EXPECT_EQ(array(npy("<f4", "461168601842738790, 40", "1234")),
            "tensor a: its shape has more elements than 63 bits can count");
  EXPECT_EQ(array(npy("<f4", "4294967296, 4294967296, 4", "1234")),
            "tensor a: its shape has more elements than 63 bits can count");
  EXPECT_EQ(array("\x93NUMPY\x02\x00\xff\xff\xff\x7f{}"s),
            "tensor a: byte 8: a header of 2147483647 bytes, at most 10000 are allowed");
}

TEST(NpzFile, NoticesDamage) {
  const std::string array = npy("<f4", "2,", "12345678");
  EXPECT_EQ(readError({"a.npy", array, false, 0, 0, /*wrongChecksum=*/1}),
            "tensor a: the data are damaged: the checksum is another");
  EXPECT_EQ(readError({"a.npy", array, true, 0, 0, /*wrongChecksum=*/1}),
            "tensor a: the data are damaged: the checksum is another");
  TemporaryDirectory directory;
  std::string path = directory.write("m.npz", archive({{"a.npy", array}}));
  auto file = valueOf(NpzFile::open(path));
  ASSERT_EQ(::truncate(path.c_str(), 20), 0);
  float value = 0;
  EXPECT_EQ(llvm::toString(file->read("a", 1, 1, &value)), path + ": tensor a: the file was changed while it was read");
}

TEST(FlaxParameters, PresentsOurLayout) {
  TemporaryDirectory directory;
  std::string path = directory.write(
      "m.npz", archive({{"x/Dense_0/kernel.npy", npy("<f4", "2, 3", countingFloats(6))},
                        {"x/query/kernel.npy", npy("<f4", "2, 1, 3", countingFloats(6))},
                        {"x/query/bias.npy", npy("<f4", "2, 2", countingFloats(4))},
                        {"x/out/kernel.npy", npy("<f4", "3, 1, 2", countingFloats(6))},
                        {"x/out/bias.npy", npy("<f4", "2, 2", countingFloats(4))},
                        {"x/scale.npy", npy("<f4", "2, 3", countingFloats(6))},
                        {"embedding/kernel.npy", npy("<f4", "1, 2, 2, 3", countingFloats(12)), /*isCompressed=*/true},
                        {"y/encoderblock/Dense_0/kernel.npy", npy("<f4", "2, 2, 3", countingFloats(12))},
                        {"y/encoderblock/scale.npy", npy("<f4", "2, 3", countingFloats(6))}}));
  auto file = valueOf(FlaxParameters::open(path));
  ASSERT_TRUE(file);
  auto expect = [&](llvm::StringRef name, std::vector<int64_t> shape, std::vector<float> values) {
    ASSERT_TRUE(file->find(name)) << name.str();
    EXPECT_EQ(file->find(name)->shape, shape) << name.str();
    EXPECT_EQ(readAll(*file, name), values) << name.str();
  };
  expect("x/Dense_0/kernel", {3, 2}, {0, 3, 1, 4, 2, 5});
  expect("x/query/kernel", {3, 2}, {0, 3, 1, 4, 2, 5});
  expect("x/query/bias", {4}, {0, 1, 2, 3});
  expect("x/out/kernel", {2, 3}, {0, 2, 4, 1, 3, 5});
  expect("x/out/bias", {2, 2}, {0, 1, 2, 3});
  expect("x/scale", {2, 3}, {0, 1, 2, 3, 4, 5});
  // Element (o, i, y, x) is the file's (y, x, i, o).
  expect("embedding/kernel", {3, 2, 1, 2}, {0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11});
  expect("y/encoderblock_0/Dense_0/kernel", {3, 2}, {0, 3, 1, 4, 2, 5});
  expect("y/encoderblock_1/Dense_0/kernel", {3, 2}, {6, 9, 7, 10, 8, 11});
  expect("y/encoderblock_1/scale", {3}, {3, 4, 5});
  EXPECT_FALSE(file->find("y/encoderblock/scale"));
  EXPECT_EQ(file->find("x/Dense_0/kernel")->original, "[2, 3] in the file");
  EXPECT_EQ(file->find("y/encoderblock_1/scale")->original, "[2, 3] in the file's tensor y/encoderblock/scale");
  EXPECT_EQ(file->find("x/scale")->original, "");
  EXPECT_EQ(file->shapeInFile("x/query/kernel"), (std::vector<int64_t>{2, 1, 3}));
  float value = 0;
  ASSERT_FALSE(bool(file->read("x/Dense_0/kernel", 4, 1, &value)));
  EXPECT_EQ(value, 2);
  EXPECT_EQ(llvm::toString(file->read("x/Dense_0/kernel", 5, 2, &value)),
            path + ": tensor x/Dense_0/kernel: elements out of range");
}

TEST(FlaxParameters, RefusesStacksThatAreNone) {
  TemporaryDirectory directory;
  std::string path = directory.write("m.npz", archive({{"encoderblock/x.npy", npy("<f4", "5000, 0", "")},
                                                       {"y/encoderblock/x.npy", npy("<f4", "5000, 0", "")}}));
  EXPECT_EQ(messageOf(FlaxParameters::open(path)),
            path + ": tensor y/encoderblock/x: has shape [5000, 0]: at most 4096 layers are expected in front");
  path = directory.write("m.npz", archive({{"y/encoderblock/x.npy", npy("<f4", "1, 1", "1234")},
                                           {"y/encoderblock_0/x.npy", npy("<f4", "1,", "1234")}}));
  EXPECT_EQ(messageOf(FlaxParameters::open(path)),
            path + ": tensor y/encoderblock_0/x: is there alone and in a stack of layers");
}
