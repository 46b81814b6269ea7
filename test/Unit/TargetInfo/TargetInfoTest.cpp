//===- TargetInfoTest.cpp -----------------------------------------------------===//

#include "vitc/TargetInfo/TargetInfo.h"
#include "llvm/ADT/STLExtras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace vitc;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

namespace {

TargetInfo infoOf(llvm::StringRef cpu, llvm::StringRef features = "") {
  llvm::Expected<TargetInfo> info = TargetInfo::create(cpu, features);
  EXPECT_TRUE(bool(info)) << cpu.str();
  return info ? *info : TargetInfo();
}

std::string errorOf(llvm::StringRef cpu, llvm::StringRef features = "") {
  llvm::Expected<TargetInfo> info = TargetInfo::create(cpu, features);
  return info ? "" : llvm::toString(info.takeError());
}

TEST(TargetInfo, EveryKnownCPUIsAccepted) {
  EXPECT_THAT(TargetInfo::knownCPUs(), Contains("znver4"));
  for (const std::string &cpu : TargetInfo::knownCPUs())
    EXPECT_EQ(infoOf(cpu).cpu, cpu);
}

TEST(TargetInfo, NativeIsResolvedToAName) { EXPECT_NE(infoOf("native").cpu, "native"); }

TEST(TargetInfo, ImpliedFeaturesCount) {
  TargetInfo v4 = infoOf("x86-64-v4");
  for (const char *feature : {"avx512f", "avx512vl", "avx2", "avx", "fma", "sse4.2", "ssse3", "sse3"})
    EXPECT_THAT(v4.features, Contains(feature));
  EXPECT_EQ(v4.vectorBytes, 64);
  EXPECT_TRUE(llvm::is_sorted(v4.features));
}

TEST(TargetInfo, RegisterTilesFitTheRegisters) {
  EXPECT_EQ(infoOf("x86-64-v4").maxTileRows(2), 14);
  EXPECT_EQ(infoOf("x86-64-v3").maxTileRows(1), 6);
  EXPECT_EQ(infoOf("x86-64-v2").maxTileRows(1), 3);
  for (const char *cpu : {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"})
    for (int64_t panels : {1, 2, 4}) {
      TargetInfo info = infoOf(cpu);
      int64_t rows = info.maxTileRows(panels);
      EXPECT_GE(rows, 1);
      if (rows > 1) {
        EXPECT_LT(rows * panels * 16 / info.lanes(4), info.vectorRegisters) << cpu << " " << panels;
      }
    }
}

TEST(TargetInfo, FeaturesCanBeTakenAway) {
  TargetInfo info = infoOf("x86-64-v4", "-avx512f");
  EXPECT_EQ(info.vectorBytes, 32);
  EXPECT_THAT(info.features, Not(Contains("avx512bw")));
  EXPECT_TRUE(info.hasFMA);
  EXPECT_EQ(infoOf("x86-64-v2", "+avx2,+fma").vectorBytes, 32);
}

TEST(TargetInfo, CPUsWithTheSameVectorsNeedTheSameFeatures) {
  for (const char *cpu : {"skylake-avx512", "icelake-server", "sapphirerapids", "graniterapids", "znver4", "znver5"})
    EXPECT_EQ(infoOf(cpu).features, infoOf("x86-64-v4").features) << cpu;
  for (const char *cpu : {"haswell", "alderlake", "znver3"})
    EXPECT_EQ(infoOf(cpu).features, infoOf("x86-64-v3").features) << cpu;
}

TEST(TargetInfo, WhatF32CodeDoesNotUseCannotBeSet) {
  for (const char *change :
       {"+avx512vnni", "-avx512vnni", "+avxvnni", "+avx512bf16", "+avx512vbmi", "+avx512cd", "+f16c", "+movbe"})
    EXPECT_THAT(errorOf("x86-64-v4", change),
                HasSubstr("'" + std::string(change) + "' is not a feature that f32 code uses, expected"));
}

TEST(TargetInfo, NumbersOf8BitsUseMoreOfACPU) {
  auto featuresOf = [](llvm::StringRef cpu) {
    llvm::Expected<TargetInfo> info = TargetInfo::create(cpu, "", {/*bf16=*/false, /*int8=*/true});
    EXPECT_TRUE(bool(info)) << cpu.str();
    return info ? info->features : std::vector<std::string>();
  };
  // One for vectors of 512 bits, one for those of 256, and never both.
  for (const char *cpu : {"icelake-server", "znver4"})
    EXPECT_THAT(featuresOf(cpu), Contains("avx512vnni")) << cpu;
  EXPECT_THAT(featuresOf("sapphirerapids"), Contains("avx512vnni"));
  EXPECT_THAT(featuresOf("sapphirerapids"), Not(Contains("avxvnni")));
  EXPECT_THAT(featuresOf("alderlake"), Contains("avxvnni"));
  for (const char *cpu : {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4", "znver3", "skylake-avx512"})
    EXPECT_EQ(featuresOf(cpu), infoOf(cpu).features) << cpu;
}

TEST(TargetInfo, NumbersOfBf16UseMoreOfACPU) {
  auto infoOfBf16 = [](llvm::StringRef cpu) {
    llvm::Expected<TargetInfo> info = TargetInfo::create(cpu, "", {/*bf16=*/true, /*int8=*/false});
    EXPECT_TRUE(bool(info)) << cpu.str();
    return info ? *info : TargetInfo();
  };
  for (const char *cpu : {"znver4", "znver5", "cooperlake", "sapphirerapids"}) {
    EXPECT_THAT(infoOfBf16(cpu).features, Contains("avx512bf16")) << cpu;
    EXPECT_TRUE(infoOfBf16(cpu).multipliesBf16) << cpu;
    EXPECT_THAT(infoOfBf16(cpu).features, Not(Contains("avx512vnni"))) << cpu;
  }
  for (const char *cpu : {"x86-64", "x86-64-v3", "x86-64-v4", "icelake-server", "alderlake"}) {
    EXPECT_EQ(infoOfBf16(cpu).features, infoOf(cpu).features) << cpu;
    EXPECT_FALSE(infoOfBf16(cpu).multipliesBf16) << cpu;
  }
  // Of no use without vectors of 512 bits.
  llvm::Expected<TargetInfo> narrow = TargetInfo::create("znver4", "-avx512vl", {/*bf16=*/true, /*int8=*/true});
  ASSERT_TRUE(bool(narrow));
  EXPECT_THAT(narrow->features, Not(Contains("avx512bf16")));
  EXPECT_FALSE(narrow->multipliesBf16);
}

TEST(TargetInfo, UnknownNamesAreErrors) {
  EXPECT_THAT(errorOf("pentium5"), HasSubstr("unknown CPU 'pentium5'"));
  EXPECT_THAT(errorOf("x86-64-v3", "+mmx9"), HasSubstr("'+mmx9' is not a feature that f32 code uses"));
  EXPECT_THAT(errorOf("x86-64-v3", "avx2"), HasSubstr("'avx2' is not a feature that f32 code uses"));
}

TEST(TargetInfo, RowsArePartitionedExactlyIntoSimilarTiles) {
  for (int64_t rows = 1; rows <= 400; ++rows)
    for (int64_t most : {1, 3, 6, 14}) {
      RowPartition p = TargetInfo::partitionRows(rows, most);
      EXPECT_EQ(p.count * p.rows + p.restCount * p.restRows, rows);
      EXPECT_LE(p.rows, most);
      EXPECT_EQ(p.count + p.restCount, (rows + most - 1) / most);
      if (p.restCount > 0) {
        EXPECT_EQ(p.restRows, p.rows - 1);
      }
    }
}

TEST(TargetInfo, RowsHoldWholePanelsAndDoNotShareCacheSets) {
  EXPECT_EQ(TargetInfo::rowStride(10), 16);
  EXPECT_EQ(TargetInfo::rowStride(192), 192);
  EXPECT_EQ(TargetInfo::rowStride(3072), 3088);
  for (int64_t columns = 1; columns < 5000; ++columns)
    EXPECT_NE(TargetInfo::rowStride(columns) * 4 % 2048, 0);
}

} // namespace

TEST(TargetInfo, SumsAreDividedIntoShortBlocksOfSimilarSize) {
  EXPECT_EQ(TargetInfo::summationBlock(64), 64);
  EXPECT_EQ(TargetInfo::summationBlock(256), 256);
  EXPECT_EQ(TargetInfo::summationBlock(257), 260);
  EXPECT_EQ(TargetInfo::summationBlock(384), 384);
  EXPECT_EQ(TargetInfo::summationBlock(385), 196);
  EXPECT_EQ(TargetInfo::summationBlock(768), 256);
  EXPECT_EQ(TargetInfo::summationBlock(1370), 232);
  for (int64_t depth = 1; depth < 3000; ++depth) {
    int64_t block = TargetInfo::summationBlock(depth);
    EXPECT_TRUE(block >= 1 && block <= (depth <= 384 ? 384 : 256) && block % 4 == 0) << depth;
    EXPECT_EQ((depth + block - 1) / block, depth <= 384 ? 1 : (depth + 255) / 256) << depth;
  }
}
