//===- RandomWeightsTest.cpp ------------------------------------*- C++ -*-===//

#include "vitc/Weights/RandomWeights.h"

#include "../Support/TestFiles.h"

#include <cstring>

using namespace vitc;

namespace {

std::vector<WeightRequirement> tensorsOfAllRoles() {
  return {{"fc.weight", {2, 4}, WeightRole::Matrix},
          {"fc.bias", {2}, WeightRole::Bias},
          {"norm.weight", {4}, WeightRole::NormWeight},
          {"norm.bias", {4}, WeightRole::NormBias},
          {"t\u00e4ken", {1, 4}, WeightRole::Embedding}};
}

uint32_t bitsOf(const RandomWeights &weights, llvm::StringRef tensor, int64_t index) {
  float value = 0;
  EXPECT_FALSE(bool(weights.read(tensor, index, 1, &value)));
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

} // namespace

// The expected bits were computed by the Python code in RandomWeights.h (numpy 2).
TEST(RandomWeights, HasTheDocumentedBits) {
  RandomWeights zero(0, tensorsOfAllRoles());
  EXPECT_EQ(bitsOf(zero, "fc.weight", 0), 0x3f3c5701u);
  EXPECT_EQ(bitsOf(zero, "fc.weight", 7), 0xbe86e609u);
  EXPECT_EQ(bitsOf(zero, "fc.bias", 1), 0xbb9276e6u);
  EXPECT_EQ(bitsOf(zero, "norm.weight", 3), 0x3f839c5cu);
  EXPECT_EQ(bitsOf(zero, "norm.bias", 0), 0x3c187d40u);
  EXPECT_EQ(bitsOf(zero, "t\u00e4ken", 3), 0xbe21ab24u);
  RandomWeights last(UINT64_MAX, tensorsOfAllRoles());
  EXPECT_EQ(bitsOf(last, "fc.weight", 1), 0xbe54fb2cu);
  EXPECT_EQ(bitsOf(last, "norm.weight", 0), 0x3f83a86du);
  EXPECT_EQ(bitsOf(last, "t\u00e4ken", 0), 0x3ec9773au);
}

TEST(RandomWeights, AnElementDoesNotDependOnHowItIsRead) {
  RandomWeights weights(1, tensorsOfAllRoles());
  float all[8];
  ASSERT_FALSE(bool(weights.read("fc.weight", 0, 8, all)));
  for (int64_t index = 0; index < 8; ++index) {
    float one = 0;
    ASSERT_FALSE(bool(weights.read("fc.weight", index, 1, &one)));
    EXPECT_EQ(one, all[index]);
  }
}

TEST(RandomWeights, RefusesWhatDoesNotExist) {
  RandomWeights weights(1, tensorsOfAllRoles());
  float value[2];
  EXPECT_EQ(llvm::toString(weights.read("none", 0, 1, value)), "random weights: there is no tensor 'none'");
  EXPECT_EQ(llvm::toString(weights.read("fc.bias", 1, 2, value)),
            "random weights: tensor fc.bias: elements out of range");
  EXPECT_EQ(weights.find("none"), nullptr);
  EXPECT_EQ(weights.names().size(), 5u);
}
