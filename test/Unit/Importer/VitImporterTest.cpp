//===- VitImporterTest.cpp --------------------------------------*- C++ -*-===//
//
// What the text of the IR does not show; the ops themselves are tested in test/Importer.
//
//===----------------------------------------------------------------------===//

#include "../Support/TestFiles.h"
#include "CheckedModel.h"
#include "mlir/IR/Verifier.h"
#include "vitc/Description/DescriptionParser.h"
#include "vitc/Weights/RandomWeights.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace vitc::test;

namespace {

std::string nameOf(Location location) {
  auto name = llvm::dyn_cast<NameLoc>(location);
  return name ? name.getName().str() : "";
}

} // namespace

TEST(VitImporter, LocationsAreTheNamesOfNodes) {
  vitc::ReadOptions options;
  options.needsWeights = false;
  CheckedModel model = valueOf(readAndImport(std::string(VITC_MODELS_DIR) + "/vit_tiny_patch16_224.json", options));
  func::FuncOp function = model.forward().function;
  EXPECT_EQ(function.getName(), "forward");
  EXPECT_EQ(nameOf(function.getArgument(0).getLoc()), "pixel_values");
  std::vector<std::string> linears, softmaxes;
  function.walk([&](vitc::vit::LinearOp op) { linears.push_back(nameOf(op.getLoc())); });
  function.walk([&](vitc::vit::SoftmaxOp op) { softmaxes.push_back(nameOf(op.getLoc())); });
  ASSERT_EQ(linears.size(), 12 * 6 + 1u);
  EXPECT_EQ(linears[6], "encoder.layer.1/attention/query");
  EXPECT_EQ(linears[9], "encoder.layer.1/attention/output");
  EXPECT_EQ(linears[11], "encoder.layer.1/mlp/fc2");
  EXPECT_EQ(linears.back(), "classifier");
  ASSERT_EQ(softmaxes.size(), 12u);
  EXPECT_EQ(softmaxes[3], "encoder.layer.3/attention/probabilities");
}

namespace {

vitc::ModelDescription describe(const std::string &node) {
  std::string text = R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[6,8]}],"nodes":[)" + node +
                     R"(],"outputs":[{"name":"y"}]})";
  return valueOf(vitc::parseDescription(valueOf(vitc::parseJson(text, "f")), "f"));
}

} // namespace

TEST(VitImporter, AddsAFunctionToAModuleOrNothing) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&importContext()));
  const vitc::ModelDescription good = describe(R"({"name":"a","op":"softmax"})");
  EXPECT_EQ(valueOf(vitc::importFunction(*module, "small", good)).function.getName(), "small");
  EXPECT_EQ(messageOf(vitc::importFunction(
                *module, "wrong", describe(R"({"name":"a","op":"softmax"},{"name":"b","op":"reduce_max","dim":3})"))),
            "f: /nodes/1/dim (line 1, node 'b'): expected dim to be a dimension of a tensor of rank 2, but got 3");
  EXPECT_EQ(valueOf(vitc::importFunction(*module, "large", good)).function.getName(), "large");
  EXPECT_EQ(llvm::range_size(*module->getBody()), 2u);
  EXPECT_TRUE(succeeded(verify(*module)));
}

TEST(VitImporter, WeightsHaveTheShapesOfTheFile) {
  const vitc::ModelDescription description = describe(R"({"name":"a","op":"parameter","shape":[8],
      "parameters":{"value":"w"}},{"name":"b","op":"parameter","shape":[1,8],"parameters":{"value":"v"}},
      {"name":"c","op":"linear","inputs":"x","out_features":3,"parameters":{"weight":"l"}},
      {"name":"d","op":"concat","inputs":["b","x"],"dim":0},{"name":"e","op":"add","inputs":["d","a"]})");
  TestFunction function = valueOf(importAlone(description));
  EXPECT_EQ(function.imported.weights[0].shape, (vitc::Shape{1, 8}));
  // The file has one dimension fewer, and one more.
  const std::vector<vitc::WeightRequirement> file = {{"w", {8}}, {"v", {1, 1, 1, 8}}, {"l", {3, 8}}};
  ASSERT_FALSE(bool(vitc::bindWeights(function.imported, vitc::RandomWeights(0, file), {})));
  for (auto [weight, expected] : llvm::zip_equal(function.imported.weights, file))
    EXPECT_EQ(weight.shape, expected.shape);
  EXPECT_TRUE(succeeded(verify(*function.module)));
  // What needs no reshaping any more has none.
  EXPECT_EQ(llvm::range_size(function.imported.function.getOps<vitc::vit::WeightReshapeOp>()), 1u);
}

TEST(VitImporter, BundledModelsFit) {
  std::error_code error;
  unsigned count = 0;
  for (llvm::sys::fs::directory_iterator it(VITC_MODELS_DIR, error), end; it != end && !error; it.increment(error)) {
    if (llvm::sys::path::extension(it->path()) != ".json")
      continue;
    SCOPED_TRACE(it->path());
    ++count;
    vitc::ReadOptions options;
    options.needsWeights = false;
    EXPECT_GT(valueOf(readAndImport(it->path(), options)).forward().weights.size(), 50u);
  }
  EXPECT_EQ(count, 32u);
}
