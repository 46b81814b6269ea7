//===- ImageSizeTest.cpp - models for pictures of another size --*- C++ -*-===//

#include "vitc/Checkpoints/ReadModel.h"

#include "../Importer/CheckedModel.h"
#include "../Support/TestFiles.h"

using namespace vitc;
using namespace vitc::test;

namespace {

const char *const preprocessing = R"([{"step":"resize_shortest_edge","edge":10,"filter":"bicubic"},
    {"step":"center_crop","size":8},{"step":"rescale","factor":0.5}])";
const char *const nodes = R"({"name":"p","op":"patch_embedding","width":4,"patch_size":4,"parameters":"p"},
    {"name":"e","op":"position_embedding","resample":"bicubic","source_grid":2,"parameters":{"value":"e"}})";

/// Loads a model for pictures of 8x8 as one for another size.
llvm::Expected<CheckedModel> load(std::vector<int64_t> size, const std::string &steps = preprocessing) {
  TemporaryDirectory directory;
  std::string file =
      directory.write("m.json", R"({"version":1,"name":"m_8","inputs":[{"name":"image","size":8,"preprocessing":)" +
                                    steps + R"(}],"nodes":[)" + nodes + R"(],"outputs":[{"name":"y"}]})");
  ReadOptions options;
  options.randomSeed = 0;
  options.imageSize = std::move(size);
  return readAndImport(file, options);
}

} // namespace

TEST(ImageSize, OfAText) {
  EXPECT_EQ(parseImageSize("384"), (std::vector<int64_t>{384, 384}));
  EXPECT_EQ(parseImageSize("14x1024"), (std::vector<int64_t>{14, 1024}));
  for (const char *text : {"", "x", "0", "5x", "x5", "5x0", "1x2x3", "-4", "65537", "99999999999999999999", "4 x4"})
    EXPECT_FALSE(parseImageSize(text)) << text;
}

TEST(ImageSize, ChangesInputsAndPositions) {
  CheckedModel model = valueOf(load({12, 16}));
  EXPECT_EQ(model.description.name, "m_12x16");
  EXPECT_EQ(model.description.inputs[0].shape, (std::vector<int64_t>{3, 12, 16}));
  EXPECT_EQ(model.outputShape(0), (Shape{12, 4}));
  // Weights are those of the model as it is.
  EXPECT_EQ(model.forward().weights.back().shape, (Shape{1, 4, 4}));
  const std::vector<PreprocessStep> &steps = model.description.inputs[0].preprocessing;
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[1].values, std::vector<double>{20});
  EXPECT_EQ(steps[2].values, (std::vector<double>{12, 16}));
  model = valueOf(load({4, 8}, R"([{"step":"resize","size":8,"filter":"bicubic"}])"));
  EXPECT_EQ(model.description.inputs[0].preprocessing[1].values, (std::vector<double>{4, 8}));
}

TEST(ImageSize, IsTheEndOfTheName) {
  TemporaryDirectory directory;
  auto rename = [&](const std::string &name, std::vector<int64_t> size) {
    ReadOptions options;
    options.randomSeed = 0;
    options.imageSize = std::move(size);
    return valueOf(readAndImport(directory.write("m.json", R"({"version":1,"name":")" + name +
                                                               R"(","inputs":[{"name":"image","size":8}],"nodes":[)" +
                                                               nodes + R"(],"outputs":[{"name":"y"}]})"),
                                 options))
        .description.name;
  };
  EXPECT_EQ(rename("vit-patch4-8", {12, 12}), "vit-patch4-12");
  EXPECT_EQ(rename("vit_8", {12, 16}), "vit_12x16");
  EXPECT_EQ(rename("vit8", {12, 12}), "vit8");
  EXPECT_EQ(rename("vit_8.v2", {12, 12}), "vit_8.v2");
  // A name of 255 characters cannot grow.
  const std::string longest = std::string(253, 'v') + "_8";
  EXPECT_EQ(rename(longest, {12, 12}), longest);
}

TEST(ImageSize, MustBeDividedByPatches) {
  EXPECT_NE(
      messageOf(load({12, 10})).find("/nodes/0/patch_size (line 2, node 'p'): 4x4 does not divide the image of 12x10"),
      std::string::npos);
}

TEST(ImageSize, NeedsOneImage) {
  TemporaryDirectory directory;
  std::string file = directory.write("m.json", R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[2,1]}],
      "nodes":[{"name":"l","op":"softmax"}],"outputs":[{"name":"y"}]})");
  ReadOptions options;
  options.imageSize = {8, 8};
  options.needsWeights = false;
  EXPECT_EQ(messageOf(readAndImport(file, options)), file + ": --image-size: is for models with one image as input");
}
