//===- VitImporterTest.cpp --------------------------------------*- C++ -*-===//
//
// What the text of the IR does not show; the ops themselves are tested in test/Importer.
//
//===----------------------------------------------------------------------===//

#include "vitc/Importer/VitImporter.h"

#include "../Support/TestFiles.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"

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
  vitc::SourceModel model =
      valueOf(vitc::readModel(std::string(VITC_MODELS_DIR) + "/vit_tiny_patch16_224.json", options));
  MLIRContext context;
  OwningOpRef<ModuleOp> module = valueOf(vitc::importModel(context, model));
  ASSERT_TRUE(module);
  auto function = module->lookupSymbol<func::FuncOp>("forward");
  ASSERT_TRUE(function);
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
