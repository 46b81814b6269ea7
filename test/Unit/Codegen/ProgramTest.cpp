//===- ProgramTest.cpp - the program read off the IR ----------------------===//

#include "vitc/Codegen/Program.h"

#include "mlir/Parser/Parser.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/runtime/program.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "gtest/gtest.h"

#include <map>

using namespace vitc;

namespace {

class ReadProgram : public testing::Test {
protected:
  ReadProgram() { context.loadDialect<kernel::KernelDialect, vit::VitDialect>(); }

  /// Reads the program of a module with one function of this body.
  llvm::Expected<Program>
  read(const std::string &body, const std::string &rest,
       const std::string &plan = "attributes {kernel.arena_bytes = 256, kernel.scratch_bytes = 64, "
                                 "kernel.target = #kernel.target<\"x86-64-v2\", \"\">}") {
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
  EXPECT_EQ(program->weightsBytes, 64u);
  ASSERT_EQ(program->entryPoints.size(), 1u);
  const ProgramEntryPoint &entry = program->entryPoints[0];
  EXPECT_EQ(entry.name, "main");
  ASSERT_EQ(entry.inputs.size(), 1u);
  EXPECT_EQ(entry.inputs[0].name, "image");
  ASSERT_EQ(entry.outputs.size(), 1u);
  EXPECT_EQ(entry.outputs[0].dtype, uint32_t(VITC_DTYPE_F32));
  EXPECT_EQ(entry.outputs[0].shape, (std::vector<int64_t>{4, 16}));
  ASSERT_EQ(program->variants.size(), 1u);
  EXPECT_EQ(program->variants[0].target.cpu, "x86-64-v2");
  ASSERT_EQ(program->variants[0].functions.size(), 1u);
  const ProgramFunction &function = program->variants[0].functions[0];
  EXPECT_EQ(function.arenaBytes, 256u);
  EXPECT_EQ(function.scratchBytes, 64u);
  ASSERT_EQ(function.steps.size(), 1u);
  const ProgramStep &step = function.steps[0];
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

TEST_F(ReadProgram, Target) {
  llvm::Expected<Program> program = read(
      "", "",
      "attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0, kernel.target = #kernel.target<\"x86-64-v3\", "
      "\"+avx,+avx2,+fma\">}");
  ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
  EXPECT_EQ(program->variants[0].target.cpu, "x86-64-v3");
  EXPECT_EQ(program->variants[0].target.features,
            (std::vector<std::string>{"avx", "avx2", "fma", "sse3", "sse4.1", "sse4.2", "ssse3"}));
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
  module = mlir::parseSourceString<mlir::ModuleOp>(
      "func.func @f() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0, kernel.target = "
      "#kernel.target<\"x86-64-v3\", \"+avx,+avx2,+fma\">} {\nreturn\n}",
      &context);
  ASSERT_TRUE(module);
  EXPECT_EQ(llvm::toString(readProgram(*module).takeError()), "the function has no output, a model has at least one");
}

/// A planned function without steps.
static std::string planned(const std::string &symbol, const std::string &entry, const std::string &cpu,
                           const std::string &type = "8xf32") {
  return "func.func @" + symbol + "(%x: memref<" + type +
         ">, %y: memref<2xf32> {kernel.output}) attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = " +
         "0, vit.name = \"" + entry + "\"" +
         (cpu.empty() ? "" : ", kernel.target = #kernel.target<\"" + cpu + "\", \"\">") + "} {\nreturn\n}\n";
}

TEST_F(ReadProgram, EntryPointsAndVariants) {
  llvm::Expected<Program> program =
      readProgram(*(module = mlir::parseSourceString<mlir::ModuleOp>(
                        planned("a", "small", "x86-64-v3") + planned("b", "large", "x86-64-v3", "9xf32") +
                            planned("c", "small", "x86-64-v2") + planned("d", "large", "x86-64-v2", "9xf32"),
                        &context)));
  ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
  ASSERT_EQ(program->entryPoints.size(), 2u);
  EXPECT_EQ(program->entryPoints[0].name, "small");
  EXPECT_EQ(program->entryPoints[1].inputs[0].shape, std::vector<int64_t>{9});
  ASSERT_EQ(program->variants.size(), 2u);
  EXPECT_EQ(program->variants[1].target.cpu, "x86-64-v2");
  EXPECT_EQ(program->variants[1].functions.size(), 2u);
}

TEST_F(ReadProgram, FunctionsThatDoNotFit) {
  auto errorOf = [&](const std::string &text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return llvm::toString(readProgram(*module).takeError());
  };
  EXPECT_EQ(errorOf(planned("a", "main", "")),
            "function 'a' has no kernel.target, expected kernel-set-target to have run");
  EXPECT_EQ(errorOf(planned("a", "x", "x86-64-v3") + planned("b", "x", "x86-64-v3")),
            "function 'b' is the entry point 'x', as another one for x86-64-v3 is");
  const char *const other = "function 'b' for x86-64-v2 is not what the function of that place is for x86-64-v3";
  EXPECT_EQ(errorOf(planned("a", "x", "x86-64-v3") + planned("b", "y", "x86-64-v2")), other);
  EXPECT_EQ(errorOf(planned("a", "x", "x86-64-v3") + planned("b", "x", "x86-64-v2", "9xf32")), other);
  EXPECT_EQ(errorOf(planned("a", "x", "x86-64-v3") + planned("c", "y", "x86-64-v3") + planned("b", "x", "x86-64-v2")),
            "there are 2 functions for x86-64-v3, and 1 for x86-64-v2");
}

// Two sizes of pictures, each for two CPUs.
TEST(EmitProgram, SeveralEntryPointsAndVariants) {
  llvm::LLVMContext context;
  llvm::Module module("model", context);
  auto *pointer = llvm::PointerType::getUnqual(context);
  auto *type =
      llvm::FunctionType::get(llvm::Type::getVoidTy(context), {llvm::Type::getInt64Ty(context), pointer}, false);
  Program program;
  program.manifest = "{}";
  for (int64_t size : {4, 8}) {
    ProgramValue image{"image", VITC_DTYPE_F32, {3, size, size}, {}, {{"rescale", "", {0.5}}}};
    ProgramValue logits{"logits", VITC_DTYPE_F32, {2}, {"cat", "dog"}, {}};
    program.entryPoints.push_back({std::to_string(size), {image}, {logits}});
  }
  for (std::string cpu : {"new", "old"}) {
    ProgramVariant variant;
    variant.target.cpu = cpu;
    variant.target.features = {"avx2", "fma"};
    for (std::string size : {"4", "8"}) {
      std::string kernel = "f_" + size + "_" + cpu;
      auto *function = llvm::Function::Create(type, llvm::GlobalValue::PrivateLinkage, kernel, module);
      llvm::ReturnInst::Create(context, llvm::BasicBlock::Create(context, "entry", function));
      variant.functions.push_back({{{kernel, {{VITC_SPACE_INPUT, 0, 0}}, 1, "node", "f", 1}}, 64, 0});
    }
    program.variants.push_back(variant);
  }
  emitProgram(module, program);
  EXPECT_FALSE(llvm::verifyModule(module, &llvm::errs()));
  std::map<std::string, int> globals;
  for (const llvm::GlobalVariable &global : module.globals())
    ++globals[global.getName().rtrim("0123456789").rtrim('.').str()];
  // What is equal is there once: the outputs with their labels, what both CPUs need, the steps of preprocessing.
  for (const char *name : {"outputs", "labels", "preprocess", "numbers", "cpu_features", "operands", "entry_points",
                           "variants", "note", "vitc_model_program"})
    EXPECT_EQ(globals[name], 1) << name;
  EXPECT_EQ(globals["inputs"], 2);
  EXPECT_EQ(globals["shape"], 3);
  EXPECT_EQ(globals["functions"], 2);
  EXPECT_EQ(globals["steps"], 4);
}

} // namespace
