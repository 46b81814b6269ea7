//===- ProgramTest.cpp - the program read off the IR ----------------------===//

#include "vitc/Codegen/Program.h"

#include "mlir/Parser/Parser.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/runtime/program.h"
#include "gtest/gtest.h"

using namespace vitc;

namespace {

class ReadProgram : public testing::Test {
protected:
  ReadProgram() { context.loadDialect<kernel::KernelDialect, vit::VitDialect>(); }

  /// Reads the program of a module with one function of this body.
  llvm::Expected<Program> read(const std::string &body, const std::string &rest,
                               const std::string &plan = "attributes {kernel.arena_bytes = 256, kernel.scratch_bytes = "
                                                         "64}") {
    const std::string text = "func.func @f(%x: memref<4x16xf32> {vit.name = \"image\"}, %y: memref<4x16xf32> "
                             "{kernel.output}) " +
                             plan + " {\n" + body + "\nreturn\n}\n" + rest + R"(
                             kernel.weights @weights bytes 64 {
                               %w = vit.weight "w" : tensor<16xf32>
                               kernel.pack @p rows %w at 0 : tensor<16xf32> -> memref<16xf32>
                             })";
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return readProgram(*module);
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

const char *const kLaunch = R"(
  %p = kernel.weight @weights::@p : memref<16xf32>
  %a = kernel.buffer at 0 : memref<4x16xf32>
  %s = kernel.scratch : memref<16xf32>
  kernel.launch "norm" @norm(%x, %p, %a, %s, %y) tasks 3 flops 5
    : memref<4x16xf32>, memref<16xf32>, memref<4x16xf32>, memref<16xf32>, memref<4x16xf32> loc("node"))";
const char *const kTypes = "index, memref<4x16xf32>, memref<16xf32>, memref<4x16xf32>, memref<16xf32>, "
                           "memref<4x16xf32>";

TEST_F(ReadProgram, Steps) {
  llvm::Expected<Program> program =
      read(kLaunch, "func.func private @norm(%t: index, %a: memref<4x16xf32>, %b: memref<16xf32>, %c: "
                    "memref<4x16xf32>, %d: memref<16xf32>, %e: memref<4x16xf32>) {\nreturn\n}");
  ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
  EXPECT_EQ(program->arenaBytes, 256u);
  EXPECT_EQ(program->scratchBytes, 64u);
  EXPECT_EQ(program->weightsBytes, 64u);
  ASSERT_EQ(program->inputs.size(), 1u);
  EXPECT_EQ(program->inputs[0].name, "image");
  ASSERT_EQ(program->outputs.size(), 1u);
  EXPECT_EQ(program->outputs[0].shape, (std::vector<int64_t>{4, 16}));
  ASSERT_EQ(program->steps.size(), 1u);
  const ProgramStep &step = program->steps[0];
  EXPECT_EQ(step.kernel, "norm");
  EXPECT_EQ(step.name, "node");
  EXPECT_EQ(step.tasks, 3);
  EXPECT_EQ(step.flops, 5);
  std::vector<uint32_t> spaces;
  for (const ProgramOperand &operand : step.operands)
    spaces.push_back(operand.space);
  EXPECT_EQ(spaces, (std::vector<uint32_t>{VITC_SPACE_INPUT, VITC_SPACE_WEIGHTS, VITC_SPACE_ARENA, VITC_SPACE_SCRATCH,
                                           VITC_SPACE_OUTPUT}));
}

TEST_F(ReadProgram, Errors) {
  EXPECT_EQ(llvm::toString(read("", "", "").takeError()),
            "no function has a memory plan, expected kernel-plan-memory to have run");
  EXPECT_EQ(llvm::toString(read("kernel.layer_norm %x into %y epsilon 0.5 rows_per_task 1 : memref<4x16xf32>, "
                                "memref<4x16xf32>",
                                "")
                               .takeError()),
            "a step is not a launch, expected convert-kernel-to-vector to have run");
  EXPECT_EQ(llvm::toString(read(kLaunch, std::string("func.func private @norm(") + kTypes + ")").takeError()),
            "kernel function 'norm' has no body");
}

} // namespace
