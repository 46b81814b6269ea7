//===- TensorPartsTest.cpp --------------------------------------*- C++ -*-===//

#include "vitc/Weights/TensorParts.h"

#include "../Support/TestFiles.h"
#include "vitc/Weights/SafetensorsFile.h"

using namespace vitc;
using namespace vitc::test;

namespace {

/// `t` is 3 x 2, `p` 1 x 3 x 2, both with the elements 0 to 5; `t[1:]` has a name that looks like a part of `t`.
struct Parts : public testing::Test {
  Parts() {
    std::string data;
    for (int copy = 0; copy < 2; ++copy)
      for (float value : {0.f, 1.f, 2.f, 3.f, 4.f, 5.f})
        data.append(reinterpret_cast<const char *>(&value), sizeof value);
    const float nine = 9;
    data.append(reinterpret_cast<const char *>(&nine), sizeof nine);
    directory.write("m.safetensors", safetensors(R"({"t":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},)"
                                                 R"("p":{"dtype":"F32","shape":[1,3,2],"data_offsets":[24,48]},)"
                                                 R"("t[1:]":{"dtype":"F32","shape":[1],"data_offsets":[48,52]}})",
                                                 data));
    parts = std::make_unique<TensorParts>(valueOf(SafetensorsFile::open(directory.path("m.safetensors"))));
  }

  std::vector<float> read(llvm::StringRef name, int64_t first, int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    EXPECT_EQ(llvm::toString(parts->read(name, first, count, values.data())), "");
    return values;
  }

  TemporaryDirectory directory;
  std::unique_ptr<TensorParts> parts;
};

} // namespace

TEST_F(Parts, Rows) {
  EXPECT_EQ(parts->find("t[:2]")->shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(read("t[:2]", 0, 4), (std::vector<float>{0, 1, 2, 3}));
  EXPECT_EQ(read("t[2:3]", 1, 1), std::vector<float>{5});
  // Of the first dimension that is not 1.
  EXPECT_EQ(parts->find("p[1:]")->shape, (std::vector<int64_t>{1, 2, 2}));
  EXPECT_EQ(read("p[1:]", 0, 4), (std::vector<float>{2, 3, 4, 5}));
  EXPECT_EQ(parts->wholeOf("p[1:]"), "p");
}

TEST_F(Parts, Transpose) {
  EXPECT_EQ(parts->find("t^T")->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(read("t^T", 0, 6), (std::vector<float>{0, 2, 4, 1, 3, 5}));
  EXPECT_EQ(read("t^T", 2, 2), (std::vector<float>{4, 1}));
  EXPECT_FALSE(parts->find("p^T"));
}

TEST_F(Parts, OtherNames) {
  EXPECT_EQ(read("t[1:]", 0, 1), std::vector<float>{9});
  EXPECT_EQ(parts->wholeOf("t[1:]"), "t[1:]");
  for (const char *name : {"t[2:1]", "t[:4]", "t[-1:]", "t[1]", "t[a:]", "t]", "[1:]", "x[1:]", "x^T", "^T", ""})
    EXPECT_FALSE(parts->find(name)) << name;
  float value;
  EXPECT_NE(llvm::toString(parts->read("t[:2]", 3, 2, &value)), "");
  EXPECT_NE(llvm::toString(parts->read("x[:2]", 0, 1, &value)), "");
}
