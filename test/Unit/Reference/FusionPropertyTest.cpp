//===- FusionPropertyTest.cpp - fusion keeps what is computed ---*- C++ -*-===//

#include "HashedWeights.h"
#include "RandomGraph.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"
#include "vitc/Reference/Evaluator.h"

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace vitc;

namespace {

func::FuncOp functionOf(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

std::vector<Tensor64> makeInputs(func::FuncOp function) {
  std::vector<Tensor64> inputs;
  for (Value argument : function.getArguments()) {
    Tensor64 &tensor = inputs.emplace_back(vit::getShape(argument));
    for (size_t index = 0; index < tensor.values.size(); ++index)
      tensor.values[index] = std::sin(double(index + 7 * inputs.size()));
  }
  return inputs;
}

std::vector<Tensor64> run(ModuleOp module) {
  func::FuncOp function = functionOf(module);
  return llvm::cantFail(evaluate(function, makeInputs(function), HashedWeights(function)));
}

std::string textOf(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

/// Checks that `actual` is `expected` but for rounding.
void expectClose(const std::vector<Tensor64> &expected, const std::vector<Tensor64> &actual) {
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t result = 0; result < expected.size(); ++result) {
    ASSERT_EQ(expected[result].shape, actual[result].shape);
    double largest = 0, difference = 0;
    for (size_t index = 0; index < expected[result].values.size(); ++index) {
      largest = std::max(largest, std::abs(expected[result].values[index]));
      double distance = std::abs(expected[result].values[index] - actual[result].values[index]);
      // NaN counts as far away, and stays so whatever follows.
      difference = std::isnan(distance) ? HUGE_VAL : std::max(difference, distance);
    }
    EXPECT_LE(difference, 1e-12 * largest) << "result " << result;
  }
}

/// Builds the graphs of many seeds, runs passes on each, and compares what they compute before and after.
void checkPasses(llvm::function_ref<void(OpPassManager &)> addPasses,
                 llvm::function_ref<void(func::FuncOp)> inspect = nullptr) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MLIRContext context(MLIRContext::Threading::DISABLED);
    OwningOpRef<ModuleOp> module = RandomGraph(context, seed).build();
    ASSERT_TRUE(succeeded(verify(*module)));
    std::string before = textOf(*module);
    std::vector<Tensor64> expected = run(*module);
    PassManager manager(&context);
    addPasses(manager);
    ASSERT_TRUE(succeeded(manager.run(*module))) << before;
    expectClose(expected, run(*module));
    if (inspect)
      inspect(functionOf(*module));
    if (testing::Test::HasFailure())
      FAIL() << "before:\n" << before << "after:\n" << textOf(*module);
  }
}

TEST(FusionProperty, NaNIsADifference) {
  Tensor64 expected(llvm::ArrayRef<int64_t>{3}), actual = expected;
  actual.values.front() = NAN;
  EXPECT_NONFATAL_FAILURE(expectClose({expected}, {actual}), "result 0");
}

TEST(FusionProperty, HoistSlice) {
  checkPasses([](OpPassManager &manager) { manager.addNestedPass<func::FuncOp>(vit::createHoistSlice()); });
}

TEST(FusionProperty, FusePatchEmbedding) {
  checkPasses([](OpPassManager &manager) { manager.addNestedPass<func::FuncOp>(vit::createFusePatchEmbedding()); },
              [](func::FuncOp function) {
                function.walk([](vit::Conv2dOp op) {
                  // Those of one pixel are a dense head's.
                  EXPECT_EQ(vit::getShape(op.getWeight())[2] * vit::getShape(op.getWeight())[3], 1)
                      << "patches are left";
                });
              });
}

TEST(FusionProperty, FoldLayerNorm) {
  checkPasses([](OpPassManager &manager) { manager.addNestedPass<func::FuncOp>(vit::createFoldLayerNorm()); });
}

TEST(FusionProperty, FuseAttention) {
  checkPasses([](OpPassManager &manager) { manager.addNestedPass<func::FuncOp>(vit::createFuseAttention()); });
}

TEST(FusionProperty, FuseMlp) {
  checkPasses(
      [](OpPassManager &manager) { manager.addNestedPass<func::FuncOp>(vit::createFuseMlp()); },
      [](func::FuncOp function) { function.walk([](vit::LinearOp op) { FAIL() << "a linear layer is left"; }); });
}

TEST(FusionProperty, SinkTranspose) {
  checkPasses([](OpPassManager &manager) { manager.addNestedPass<func::FuncOp>(vit::createSinkTranspose()); });
}

TEST(FusionProperty, HoistProduct) {
  checkPasses([](OpPassManager &manager) { manager.addNestedPass<func::FuncOp>(vit::createHoistProduct()); });
}

TEST(FusionProperty, JoinLinear) {
  checkPasses([](OpPassManager &manager) {
    manager.addNestedPass<func::FuncOp>(vit::createJoinLinear());
    manager.addNestedPass<func::FuncOp>(vit::createFuseResize());
  });
}

TEST(FusionProperty, WholePipeline) {
  checkPasses([](OpPassManager &manager) { vit::buildFusePipeline(manager); },
              [](func::FuncOp function) {
                // All attention is fused, however the projections are spelled.
                function.walk([](Operation *op) {
                  EXPECT_FALSE((isa<vit::Conv2dOp, vit::LinearOp, vit::MatmulOp, vit::SoftmaxOp>(op)))
                      << op->getName().getStringRef().str() << " is left";
                });
              });
}

} // namespace
