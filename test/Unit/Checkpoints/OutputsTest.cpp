//===- OutputsTest.cpp - outputs that are asked for -------------*- C++ -*-===//

#include "vitc/Checkpoints/ReadModel.h"

#include "../Importer/CheckedModel.h"
#include "../Support/TestFiles.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;
using namespace vitc::test;

namespace {

const char *const description = R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[6,8]}],"nodes":[
    {"repeat":3,"nodes":[{"name":"block.{i}","op":"encoder_block","heads":2,"hidden_size":4,"epsilon":0,
      "parameters":{"norm1":"{i}.n1","qkv":"{i}.qkv","output":"{i}.o","norm2":"{i}.n2","fc1":"{i}.f1","fc2":"{i}.f2"}}]},
    {"name":"token","op":"pooling","kind":"token"},
    {"name":"classifier","op":"classifier","classes":3,"parameters":"c"}],
    "outputs":[{"name":"logits","from":"classifier"},{"name":"tokens","from":"block.1"},
      {"name":"attention","from":"block.1/attention/probabilities"}],"labels":["a","b","c"],"scores":"softmax"})";

llvm::Expected<CheckedModel> load(std::vector<std::string> outputs, const std::string &text = description) {
  TemporaryDirectory directory;
  std::string file = directory.write("m.json", text);
  ReadOptions options;
  options.randomSeed = 0;
  options.outputs = std::move(outputs);
  return readAndImport(file, options);
}

std::string errorOf(std::vector<std::string> outputs, const std::string &text = description) {
  std::string message = messageOf(load(std::move(outputs), text));
  return message.substr(message.find("m.json: ") + 8);
}

} // namespace

TEST(Outputs, AllByDefault) {
  CheckedModel model = valueOf(load({}));
  ASSERT_EQ(model.forward().outputShapes.size(), 3u);
  EXPECT_EQ(model.outputShape(2), (Shape{2, 6, 6}));
  EXPECT_TRUE(mlir::isa<vit::SoftmaxOp>(model.outputOp(2)));
}

TEST(Outputs, OnlyWhatTheyNeedIsLeft) {
  CheckedModel model = valueOf(load({"attention", "tokens"}));
  ASSERT_EQ(model.description.outputs.size(), 2u);
  EXPECT_EQ(model.description.outputs[0].name, "attention");
  EXPECT_EQ(model.description.nodes.size(), 2u);
  // Another output than the one that they are names for comes first.
  EXPECT_TRUE(model.description.labels.empty());
  EXPECT_EQ(model.description.scores, Scores::None);
  // A file with all tensors fits as before.
  EXPECT_TRUE(llvm::is_contained(model.description.ignoredTensors, "2.qkv.weight"));
  EXPECT_TRUE(llvm::is_contained(model.description.ignoredTensors, "c.bias"));
  EXPECT_FALSE(llvm::is_contained(model.description.ignoredTensors, "1.f1.weight"));
}

TEST(Outputs, LabelsStayWithTheirOutput) {
  CheckedModel model = valueOf(load({"logits"}));
  EXPECT_EQ(model.description.labels.size(), 3u);
  EXPECT_EQ(model.description.scores, Scores::Softmax);
  EXPECT_EQ(model.description.nodes.size(), 5u);
}

TEST(Outputs, UnknownNamesAreErrors) {
  EXPECT_EQ(errorOf({"tokens", "embeddings"}),
            "--outputs: the model has no output 'embeddings', expected some of logits, tokens, attention, or a node");
  EXPECT_EQ(errorOf({"tokens", "tokens"}), "--outputs: 'tokens' occurs twice");
  EXPECT_EQ(errorOf({""}),
            "--outputs: the model has no output '', expected some of logits, tokens, attention, or a node");
}

TEST(Outputs, AnyNodeOfADescriptionIsOne) {
  CheckedModel model = valueOf(load({"block.1", "logits"}));
  ASSERT_EQ(model.description.outputs.size(), 2u);
  EXPECT_EQ(model.description.outputs[0].name, "block.1");
  EXPECT_EQ(model.description.outputs[0].from, "block.1");
  EXPECT_TRUE(model.description.labels.empty());
  // An output's name comes before a node's.
  std::string text = description;
  const std::string name = R"("name":"tokens")";
  ASSERT_NE(text.find(name), std::string::npos);
  text.replace(text.find(name), name.size(), R"("name":"block.0")");
  const CheckedModel same = valueOf(load({"block.0"}, text)), plain = valueOf(load({"tokens"}));
  EXPECT_EQ(same.description.outputs[0].from, plain.description.outputs[0].from);
  EXPECT_NE(same.description.outputs[0].from, "block.0");
}

TEST(Outputs, PartsMustExist) {
  std::string text = description;
  const std::string from = "block.1/attention/probabilities";
  text.replace(text.find(from), from.size(), "block.1/attention/weights");
  EXPECT_EQ(errorOf({}, text),
            "/outputs/2/from (line 7): node 'block.1' has no part 'attention/weights', expected one of norm1, "
            "attention/query, attention/key, attention/value, attention/scores, "
            "attention/probabilities, attention/context, attention/output, norm2, mlp/fc1, mlp/fc2");
  text.replace(text.find("block.1/attention"), 7, "block.4");
  EXPECT_EQ(errorOf({}, text).substr(0, 49), "/outputs/2/from (line 7): unknown value 'block.4'");
}
