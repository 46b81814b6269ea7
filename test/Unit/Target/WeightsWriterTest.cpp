//===- WeightsWriterTest.cpp - packed weights, byte by byte ---------------===//

#include "vitc/Target/WeightsWriter.h"

#include "NaiveWeights.h"

#include "mlir/Parser/Parser.h"
#include "vitc/Reference/Evaluator.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cstring>

using namespace vitc;
using test::WeightsInMemory;
using testing::Pointwise;

namespace {

class WeightsWriter : public testing::Test {
protected:
  WeightsWriter() { context.loadDialect<kernel::KernelDialect, vit::VitDialect>(); }

  mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &text) {
    mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return module;
  }

  /// A module with the weights of these lines.
  mlir::OwningOpRef<mlir::ModuleOp> parseWeights(const std::string &lines) {
    return parse("kernel.weights @weights {" + lines + "\n}");
  }

  std::vector<float> write(mlir::ModuleOp module, uint64_t segmentBytes) {
    std::vector<char> bytes;
    auto sink = [&](llvm::ArrayRef<char> next) {
      bytes.insert(bytes.end(), next.begin(), next.end());
      return llvm::Error::success();
    };
    EXPECT_EQ(llvm::toString(writeWeights(module, weights, segmentBytes, sink)), "");
    EXPECT_EQ(bytes.size(), segmentBytes);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
  }

  /// Writes a module of these lines and compares all values.
  void check(const std::string &text, uint64_t segmentBytes) {
    mlir::OwningOpRef<mlir::ModuleOp> module = parseWeights(text);
    EXPECT_THAT(write(*module, segmentBytes),
                Pointwise(testing::FloatEq(), test::packNaively(*module, weights, segmentBytes)));
  }

  std::string errorOf(const std::string &text, uint64_t segmentBytes) {
    mlir::OwningOpRef<mlir::ModuleOp> module = parseWeights(text);
    return llvm::toString(
        writeWeights(*module, weights, segmentBytes, [](llvm::ArrayRef<char>) { return llvm::Error::success(); }));
  }

  mlir::MLIRContext context;
  WeightsInMemory weights;
};

TEST_F(WeightsWriter, RowsInOrderOfOffsetWithZerosBetween) {
  weights.add("a", {3, 5});
  weights.add("b", {20});
  weights.add("c", {2, 3, 5});
  check(R"(
    %a = vit.weight "a" : tensor<3x5xf32>
    %b = vit.weight "b" : tensor<20xf32>
    %c = vit.weight "c" : tensor<2x3x5xf32>
    kernel.pack @p0 rows %a at 1024 : tensor<3x5xf32> -> memref<3x16xf32>
    kernel.pack @p1 rows %b at 64 : tensor<20xf32> -> memref<32xf32>
    kernel.pack @p2 rows %c at 2048 : tensor<2x3x5xf32> -> memref<2x3x5xf32, strided<[24, 8, 1]>>)",
        4096);
}

TEST_F(WeightsWriter, PanelsOfGroups) {
  weights.add("a", {60, 7});
  weights.add("bias", {60});
  check(R"(
    %a = vit.weight "a" : tensor<60x7xf32>
    kernel.pack @p0 panels<16 x f32 interleave 1> %a group 60 at 0 : tensor<60x7xf32> -> memref<4x7x16xf32>
    kernel.pack @p1 panels<16 x f32 interleave 1> %a group 20 at 4096 : tensor<60x7xf32> -> memref<6x7x16xf32>
    %b = vit.weight "bias" : tensor<60xf32>
    %c = vit.weight_reshape %b : (tensor<60xf32>) -> tensor<60x1xf32>
    kernel.pack @p2 panels<16 x f32 interleave 1> %c group 20 at 8192 : tensor<60x1xf32> -> memref<6x1x16xf32>)",
        16384);
}

TEST_F(WeightsWriter, PanelsWithNeighboursOfAColumn) {
  weights.add("a", {60, 7});
  check(R"(
    %a = vit.weight "a" : tensor<60x7xf32>
    kernel.pack @p0 panels<16 x f32 interleave 2> %a group 60 at 0 : tensor<60x7xf32> -> memref<4x4x16x2xf32>
    kernel.pack @p1 panels<16 x f32 interleave 4> %a group 20 at 4096 : tensor<60x7xf32> -> memref<6x2x16x4xf32>)",
        8192);
}

TEST_F(WeightsWriter, AllExpressions) {
  weights.add("a", {6, 10});
  weights.add("b", {4, 10});
  weights.add("v", {10});
  weights.add("w", {6});
  weights.add("t", {2, 3, 10});
  check(R"(
    %a = vit.weight "a" : tensor<6x10xf32>
    %b = vit.weight "b" : tensor<4x10xf32>
    %v = vit.weight "v" : tensor<10xf32>
    %w = vit.weight "w" : tensor<6xf32>
    %t = vit.weight "t" : tensor<2x3x10xf32>
    %fill = vit.weight_fill 0.1 : tensor<6x2xf32>
    %rows = vit.weight_concat %a, %b dim 0 : (tensor<6x10xf32>, tensor<4x10xf32>) -> tensor<10x10xf32>
    %columns = vit.weight_concat %a, %fill dim 1 : (tensor<6x10xf32>, tensor<6x2xf32>) -> tensor<6x12xf32>
    %middle = vit.weight_concat %t, %t dim 1 : (tensor<2x3x10xf32>, tensor<2x3x10xf32>) -> tensor<2x6x10xf32>
    %slice0 = vit.weight_slice %rows dim 0 [2, 7] : (tensor<10x10xf32>) -> tensor<7x10xf32>
    %slice1 = vit.weight_slice %middle dim 1 [1, 4] : (tensor<2x6x10xf32>) -> tensor<2x4x10xf32>
    %slice2 = vit.weight_slice %columns dim 1 [3, 8] : (tensor<6x12xf32>) -> tensor<6x8xf32>
    %turned = vit.weight_transpose %t [2, 0, 1] : (tensor<2x3x10xf32>) -> tensor<10x2x3xf32>
    %flat = vit.weight_reshape %turned : (tensor<10x2x3xf32>) -> tensor<10x6xf32>
    %add0 = vit.weight_add %a, %v : (tensor<6x10xf32>, tensor<10xf32>) -> tensor<6x10xf32>
    %w1 = vit.weight_slice %w dim 0 [1, 3] : (tensor<6xf32>) -> tensor<3xf32>
    %a1 = vit.weight_reshape %w1 : (tensor<3xf32>) -> tensor<3x1xf32>
    %add1 = vit.weight_add %t, %a1 : (tensor<2x3x10xf32>, tensor<3x1xf32>) -> tensor<2x3x10xf32>
    %scaled = vit.weight_scale %add0 by 0.3 : (tensor<6x10xf32>) -> tensor<6x10xf32>
    %bycolumn = vit.weight_scale_dim %scaled by %v dim 1 : (tensor<6x10xf32>, tensor<10xf32>) -> tensor<6x10xf32>
    %byrow = vit.weight_scale_dim %bycolumn by %w dim 0 : (tensor<6x10xf32>, tensor<6xf32>) -> tensor<6x10xf32>
    %product = vit.weight_matvec %byrow, %v : (tensor<6x10xf32>, tensor<10xf32>) -> tensor<6xf32>
    %sum = vit.weight_add %product, %w : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
    %joined = vit.weight_matmul %byrow, %flat : (tensor<6x10xf32>, tensor<10x6xf32>) -> tensor<6x6xf32>
    %reverse0 = vit.weight_reverse %rows dim 0 : (tensor<10x10xf32>) -> tensor<10x10xf32>
    %reverse1 = vit.weight_reverse %t dim 1 : (tensor<2x3x10xf32>) -> tensor<2x3x10xf32>
    %reverse2 = vit.weight_reverse %a dim 1 : (tensor<6x10xf32>) -> tensor<6x10xf32>
    kernel.pack @p0 rows %slice0 at 0 : tensor<7x10xf32> -> memref<7x16xf32>
    kernel.pack @p1 rows %slice1 at 1024 : tensor<2x4x10xf32> -> memref<2x4x10xf32>
    kernel.pack @p2 rows %slice2 at 2048 : tensor<6x8xf32> -> memref<6x8xf32>
    kernel.pack @p3 rows %turned at 3072 : tensor<10x2x3xf32> -> memref<10x2x3xf32>
    kernel.pack @p4 panels<16 x f32 interleave 1> %flat group 5 at 4096 : tensor<10x6xf32> -> memref<2x6x16xf32>
    kernel.pack @p5 panels<16 x f32 interleave 1> %byrow group 6 at 5120 : tensor<6x10xf32> -> memref<1x10x16xf32>
    kernel.pack @p6 rows %sum at 6144 : tensor<6xf32> -> memref<16xf32>
    kernel.pack @p7 rows %add1 at 7168 : tensor<2x3x10xf32> -> memref<2x3x10xf32>
    kernel.pack @p8 rows %columns at 8192 : tensor<6x12xf32> -> memref<6x12xf32>
    kernel.pack @p9 rows %joined at 9216 : tensor<6x6xf32> -> memref<6x6xf32>
    kernel.pack @p10 rows %reverse0 at 10240 : tensor<10x10xf32> -> memref<10x10xf32>
    kernel.pack @p11 rows %reverse1 at 11264 : tensor<2x3x10xf32> -> memref<2x3x10xf32>
    kernel.pack @p12 panels<16 x f32 interleave 1> %reverse2 group 6 at 12288 : tensor<6x10xf32> -> memref<1x10x16xf32>)",
        16384);
}

/// Against the reference, which computes them otherwise. Ranges begin and end within rows.
TEST_F(WeightsWriter, AgainstTheReference) {
  weights.add("f", {5, 3, 2, 4});
  weights.add("t", {15, 9000});
  weights.add("b", {18, 3});
  const std::string ops = R"(
    %f = vit.weight "f" : tensor<5x3x2x4xf32>
    %smaller = vit.weight_resample_kernel bicubic_antialias %f to [1, 7] : (tensor<5x3x2x4xf32>) -> tensor<5x3x1x7xf32>
    %larger = vit.weight_resample_kernel bilinear %f to [9, 3] : (tensor<5x3x2x4xf32>) -> tensor<5x3x9x3xf32>
    %filters = vit.weight_standardize %f {epsilon = 1.0e-8 : f64} : (tensor<5x3x2x4xf32>) -> tensor<5x3x2x4xf32>
    %t = vit.weight "t" : tensor<15x9000xf32>
    %r0 = vit.weight_resample bilinear %t from [4, 3] to [7, 2] {leading = 1 : i64, trailing = 2 : i64} : (tensor<15x9000xf32>) -> tensor<17x9000xf32>
    %r1 = vit.weight_resample bilinear_corners %t from [5, 3] to [3, 6] : (tensor<15x9000xf32>) -> tensor<18x9000xf32>
    %r2 = vit.weight_resample bilinear_antialias %t from [3, 5] to [2, 3] : (tensor<15x9000xf32>) -> tensor<6x9000xf32>
    %r3 = vit.weight_resample bicubic %t from [3, 5] to [7, 2] : (tensor<15x9000xf32>) -> tensor<14x9000xf32>
    %r4 = vit.weight_resample bicubic_offset %t from [3, 5] to [7, 2] : (tensor<15x9000xf32>) -> tensor<14x9000xf32>
    %r5 = vit.weight_resample bicubic_antialias %t from [3, 5] to [1, 9] : (tensor<15x9000xf32>) -> tensor<9x9000xf32>
    %r6 = vit.weight_resample geometric %t from [3, 5] to [5, 3] : (tensor<15x9000xf32>) -> tensor<15x9000xf32>
    %all = vit.weight_concat %r0, %r1, %r2, %r3, %r4, %r5, %r6 dim 0 : (tensor<17x9000xf32>, tensor<18x9000xf32>, tensor<6x9000xf32>, tensor<14x9000xf32>, tensor<14x9000xf32>, tensor<9x9000xf32>, tensor<15x9000xf32>) -> tensor<93x9000xf32>
    %b = vit.weight "b" : tensor<18x3xf32>
    %bias = vit.weight_relative_position_bias %b window [2, 3] {class_token} : (tensor<18x3xf32>) -> tensor<3x7x7xf32>
    %s0 = vit.weight_sinusoids grid [3, 40] origin [-0.5, 0.25] step [1.0, 7.0] theta 1.0e4 : tensor<2x120x12xf32>
    %s1 = vit.weight_sinusoids grid [120] origin [-600.0] step [10.0] theta 50.0 : tensor<2x120x12xf32>
    %sinusoids = vit.weight_concat %s0, %s1 dim 1 : (tensor<2x120x12xf32>, tensor<2x120x12xf32>) -> tensor<2x240x12xf32>)";
  const auto packed = [&](const char *name, const char *shape) {
    return std::string("\n    kernel.pack @packed rows %") + name + " at 0 : tensor<" + shape + "xf32> -> memref<" +
           shape + "xf32>";
  };
  const auto evaluated = [&](const char *name, const char *shape) {
    const std::string type = std::string("tensor<") + shape + "xf32>";
    mlir::OwningOpRef<mlir::ModuleOp> module =
        parse("func.func @f() -> " + type + " {" + ops + "\n    return %" + name + " : " + type + "\n}");
    auto results = evaluate(*module->getOps<mlir::func::FuncOp>().begin(), {}, weights);
    EXPECT_TRUE(bool(results));
    return std::vector<float>(results->front().values.begin(), results->front().values.end());
  };
  for (auto [name, shape] :
       {std::pair("all", "93x9000"), std::pair("bias", "3x7x7"), std::pair("sinusoids", "2x240x12"),
        std::pair("filters", "5x3x2x4"), std::pair("smaller", "5x3x1x7"), std::pair("larger", "5x3x9x3")}) {
    const std::vector<float> expected = evaluated(name, shape);
    mlir::OwningOpRef<mlir::ModuleOp> module = parseWeights(ops + packed(name, shape));
    const std::vector<float> actual = write(*module, expected.size() * sizeof(float));
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(actual[i], expected[i], 1.2e-7f * std::max(1.0f, std::abs(expected[i]))) << name << " at " << i;
  }
}

/// More than the writer evaluates at once, in every direction.
TEST_F(WeightsWriter, LargerThanABlock) {
  weights.add("m", {700, 210});
  weights.add("k", {210});
  weights.add("n", {700});
  check(R"(
    %m = vit.weight "m" : tensor<700x210xf32>
    %k = vit.weight "k" : tensor<210xf32>
    %n = vit.weight "n" : tensor<700xf32>
    %scaled = vit.weight_scale_dim %m by %k dim 1 : (tensor<700x210xf32>, tensor<210xf32>) -> tensor<700x210xf32>
    %twice = vit.weight_scale_dim %scaled by %n dim 0 : (tensor<700x210xf32>, tensor<700xf32>) -> tensor<700x210xf32>
    %stack = vit.weight_concat %twice, %m dim 0 : (tensor<700x210xf32>, tensor<700x210xf32>) -> tensor<1400x210xf32>
    %turned = vit.weight_transpose %m [1, 0] : (tensor<700x210xf32>) -> tensor<210x700xf32>
    kernel.pack @p0 panels<16 x f32 interleave 1> %stack group 40 at 0 : tensor<1400x210xf32> -> memref<105x210x16xf32>
    kernel.pack @p1 panels<16 x f32 interleave 1> %turned group 210 at 1572864 : tensor<210x700xf32> -> memref<14x700x16xf32>
    kernel.pack @p2 rows %twice at 2359296 : tensor<700x210xf32> -> memref<700x224xf32>
    kernel.pack @p3 rows %m at 3145728 : tensor<700x210xf32> -> memref<700x210xf32>)",
        4 << 20);
}

TEST_F(WeightsWriter, RoundsOnce) {
  weights.add("m", {16, 999});
  weights.add("v", {999});
  mlir::OwningOpRef<mlir::ModuleOp> module = parseWeights(R"(
    %m = vit.weight "m" : tensor<16x999xf32>
    %v = vit.weight "v" : tensor<999xf32>
    %p = vit.weight_matvec %m, %v : (tensor<16x999xf32>, tensor<999xf32>) -> tensor<16xf32>
    %s = vit.weight_scale %p by 1.1 : (tensor<16xf32>) -> tensor<16xf32>
    kernel.pack @p0 rows %s at 0 : tensor<16xf32> -> memref<16xf32>)");
  EXPECT_EQ(write(*module, 64), test::packNaively(*module, weights, 64));
}

TEST_F(WeightsWriter, Errors) {
  weights.add("a", {3, 5});
  const std::string a = R"(%a = vit.weight "a" : tensor<3x5xf32>
)";
  EXPECT_EQ(errorOf(a + "kernel.pack @p0 rows %a : tensor<3x5xf32> -> memref<3x5xf32>", 64),
            "weights segment: a weight has no place, expected kernel-plan-memory to have run");
  EXPECT_EQ(errorOf(a + "kernel.pack @p0 rows %a at 64 : tensor<3x5xf32> -> memref<3x5xf32>", 64),
            "weights segment: offset 64: a weight ends at 124, beyond the segment's 64");
  EXPECT_EQ(errorOf(a + "kernel.pack @p0 rows %a at 0 : tensor<3x5xf32> -> memref<3x32xf32>\n"
                        "kernel.pack @p1 rows %a at 64 : tensor<3x5xf32> -> memref<3x5xf32>",
                    512),
            "weights segment: offset 64: a weight overlaps the one that ends at 384");
  EXPECT_EQ(errorOf(R"(%b = vit.weight "b" : tensor<3x5xf32>
                       kernel.pack @p0 rows %b at 0 : tensor<3x5xf32> -> memref<3x5xf32>)",
                    64),
            "weights: b: no such tensor");
  EXPECT_EQ(errorOf(R"(%b = vit.weight "a" : tensor<3x4xf32>
                       kernel.pack @p0 rows %b at 0 : tensor<3x4xf32> -> memref<3x4xf32>)",
                    64),
            "weights: a: 15 elements, expected 12");
}

TEST_F(WeightsWriter, StopsAtAnErrorOfTheSink) {
  weights.add("a", {3, 5});
  mlir::OwningOpRef<mlir::ModuleOp> module = parseWeights(R"(
    %a = vit.weight "a" : tensor<3x5xf32>
    kernel.pack @p0 rows %a at 64 : tensor<3x5xf32> -> memref<3x5xf32>)");
  int calls = 0;
  llvm::Error error = writeWeights(*module, weights, 1 << 20, [&](llvm::ArrayRef<char>) -> llvm::Error {
    return ++calls == 2 ? llvm::createStringError("full") : llvm::Error::success();
  });
  EXPECT_EQ(llvm::toString(std::move(error)), "full");
  EXPECT_EQ(calls, 2);
}

} // namespace
