//===- DescriptionTest.cpp - parser, validator, writer, schema --*- C++ -*-===//

#include "../Support/TestFiles.h"
#include "vitc/Description/DescriptionParser.h"
#include "vitc/Description/DescriptionWriter.h"
#include "vitc/Description/OpSpec.h"

#include <cmath>

using namespace vitc;
using namespace vitc::test;

namespace {

llvm::Expected<ModelDescription> parse(llvm::StringRef text) {
  llvm::Expected<JsonValue> json = parseJson(text, "f");
  if (!json)
    return json.takeError();
  return parseDescription(*json, "f");
}

/// A description around these nodes; its input is x, 4 tokens of 8 features.
std::string withNodes(llvm::StringRef nodes) {
  return (R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[4,8]}],"nodes":[)" + nodes +
          R"(],"outputs":[{"name":"y"}]})")
      .str();
}

/// A description around these preprocessing steps, for images of 3x8x8.
std::string withSteps(llvm::StringRef steps) {
  return (R"({"version":1,"name":"m","inputs":[{"name":"x","size":8,"preprocessing":[)" + steps +
          R"(]}],"nodes":[{"name":"s","op":"softmax"}],"outputs":[{"name":"y"}]})")
      .str();
}

/// The message for a description around these nodes, without the file.
std::string errorOfNodes(llvm::StringRef nodes) { return messageOf(parse(withNodes(nodes))).substr(3); }

const std::string modelsDirectory = VITC_MODELS_DIR;

} // namespace

TEST(DescriptionParser, FillsInDefaults) {
  ModelDescription m =
      valueOf(parse(withNodes(R"({"name":"a","op":"softmax"},{"name":"b","op":"matmul","inputs":["a","x"]},
      {"name":"c","op":"linear","out_features":3,"parameters":"p"})")));
  ASSERT_EQ(m.nodes.size(), 3u);
  EXPECT_EQ(m.nodes[0].inputs, std::vector<std::string>{"x"});
  EXPECT_EQ(std::get<bool>(m.nodes[1].attributes.at("transpose_rhs")), false);
  EXPECT_EQ(m.nodes[2].inputs, std::vector<std::string>{"b"});
  EXPECT_EQ(m.nodes[2].parameters, (std::map<std::string, std::string>{{"weight", "p.weight"}, {"bias", "p.bias"}}));
  EXPECT_EQ(m.nodes[2].where, "/nodes/2");
  EXPECT_EQ(m.outputs[0].from, "c");
}

TEST(DescriptionParser, RepeatsNodes) {
  ModelDescription m = valueOf(parse(withNodes(R"({"repeat":2,"first":3,"nodes":[
      {"name":"a.{i}","op":"linear","out_features":8,"parameters":{"weight":"l.{i}.w.{i}"}},
      {"name":"b.{i}","op":"add","inputs":["a.{i}","x"]}]})")));
  ASSERT_EQ(m.nodes.size(), 4u);
  EXPECT_EQ(m.nodes[2].name, "a.4");
  EXPECT_EQ(m.nodes[2].parameters.at("weight"), "l.4.w.4");
  EXPECT_EQ(m.nodes[2].inputs, std::vector<std::string>{"b.3"});
  EXPECT_EQ(m.nodes[3].inputs, (std::vector<std::string>{"a.4", "x"}));
  EXPECT_EQ(m.nodes[3].where, "/nodes/0/nodes/1");
}

TEST(DescriptionParser, RepetitionsReferToTheRoundBefore) {
  // A residual network: the first block has a name of the series.
  ModelDescription m = valueOf(parse(withNodes(R"({"name":"out.0","op":"softmax"},
      {"repeat":2,"first":1,"nodes":[
      {"name":"a.{i}","op":"linear","out_features":8,"parameters":{"weight":"l.{i-1}.w.{i}"}},
      {"name":"out.{i}","op":"add","inputs":["a.{i}","out.{i-1}"]}]})")));
  ASSERT_EQ(m.nodes.size(), 5u);
  EXPECT_EQ(m.nodes[1].parameters.at("weight"), "l.0.w.1");
  EXPECT_EQ(m.nodes[2].inputs, (std::vector<std::string>{"a.1", "out.0"}));
  EXPECT_EQ(m.nodes[3].parameters.at("weight"), "l.1.w.2");
  EXPECT_EQ(m.nodes[4].inputs, (std::vector<std::string>{"a.2", "out.1"}));

  EXPECT_EQ(errorOfNodes(R"({"repeat":2,"nodes":[{"name":"a.{i}","op":"add","inputs":["x","a.{i-1}"]}]})"),
            "/nodes/0/nodes/0/inputs/1 (line 1, node 'a.0'): before round 0 there is none, expected \"first\": 1, and "
            "what '{i-1}' stands for then before the repetition");
  EXPECT_EQ(errorOfNodes(R"({"repeat":2,"first":1,"nodes":[{"name":"a.{i}","op":"add","inputs":["x","a.{i-1}"]}]})"),
            "/nodes/0/nodes/0/inputs/1 (line 1, node 'a.1'): unknown value 'a.0'");
  for (const char *other : {"{i-2}", "{i+1}", "{i-1"})
    EXPECT_EQ(errorOfNodes(R"({"repeat":2,"first":4,"nodes":[{"name":"a.{i}","op":"softmax","inputs":"a.)" +
                           std::string(other) + R"("}]})"),
              "/nodes/0/nodes/0/inputs (line 1, node 'a.4'): '" + llvm::StringRef(other).rtrim('}').str() +
                  "}' is the number of no round that is known here, expected {i} or {i-1}");
  auto errorPlace = [](const std::string &parameters) {
    std::string error = errorOfNodes(
        R"({"repeat":1,"nodes":[{"name":"a","op":"linear","out_features":8,"parameters":)" + parameters + "}]}");
    return error.substr(0, error.find(' '));
  };
  EXPECT_EQ(errorPlace(R"("p.{i-1}")"), "/nodes/0/nodes/0/parameters");
  EXPECT_EQ(errorPlace(R"({"weight":"p.{i-1}"})"), "/nodes/0/nodes/0/parameters/weight");
  EXPECT_EQ(errorPlace(R"({"weight":"p","bias":"p.{i-1}"})"), "/nodes/0/nodes/0/parameters/bias");
  // Other words in braces are part of a tensor's name.
  ModelDescription other = valueOf(parse(withNodes(
      R"({"repeat":1,"nodes":[{"name":"a","op":"linear","out_features":8,"parameters":{"weight":"{index}{i}"}}]})")));
  EXPECT_EQ(other.nodes[0].parameters.at("weight"), "{index}0");
}

TEST(DescriptionParser, NamesTheMistake) {
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"atention"})"),
            "/nodes/0/op (line 1, node 'a'): unknown op 'atention'; did you mean 'attention'?");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"linear","out_feature":3})"),
            "/nodes/0 (line 1, node 'a'): the key 'out_features' is missing");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"softmax","axis":1})").substr(0, 55),
            "/nodes/0/axis (line 1, node 'a'): unknown key 'axis', e");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"scale","factor":"2"})"),
            "/nodes/0/factor (line 1, node 'a'): is a string, expected a number");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"linear","out_features":0,"parameters":"p"})"),
            "/nodes/0/out_features (line 1, node 'a'): is 0, expected an integer from 1 to 2147483648");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"linear","out_features":3})"),
            "/nodes/0 (line 1, node 'a'): op 'linear' needs the parameter 'weight'");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"linear","out_features":3,"parameters":{"bias":"b"}})"),
            "/nodes/0/parameters (line 1, node 'a'): the key 'weight' is missing");
  EXPECT_EQ(
      errorOfNodes(R"({"name":"a","op":"prefix_tokens","parameters":{"cls_token":"c"}})"),
      "/nodes/0/parameters/cls_token (line 1, node 'a'): unknown parameter 'cls_token'; did you mean 'class_token'?");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"activation","kind":"gelu2"})"),
            "/nodes/0/kind (line 1, node 'a'): unknown value 'gelu2'; did you mean 'gelu'?");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"scale","factor":1e400})").substr(0, 6), "byte 1");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"layer_norm","epsilon":-1})"),
            "/nodes/0/epsilon (line 1, node 'a'): is -1.0, expected at least 0");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"transpose","permutation":[0,1,2,3,4,5,6,7,8]})"),
            "/nodes/0/permutation (line 1, node 'a'): expected 1 to 8 integers, here are 9");
  EXPECT_EQ(errorOfNodes(R"({"name":"a/b","op":"softmax"})").substr(0, 60),
            "/nodes/0/name (line 1, node 'a/b'): 'a/b' is not a name: up ");
  EXPECT_EQ(errorOfNodes("7"), "/nodes/0 (line 1): is an integer, expected an object");
  EXPECT_EQ(errorOfNodes(""), "/nodes (line 1): a model has at least one node");
}

TEST(DescriptionParser, NamesReferToEarlierValues) {
  EXPECT_EQ(errorOfNodes(R"({"name":"x","op":"softmax"})"),
            "/nodes/0/name (line 1, node 'x'): the name 'x' occurs twice");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"softmax","inputs":["b"]},{"name":"b","op":"softmax"})"),
            "/nodes/0/inputs/0 (line 1, node 'a'): 'b' is computed later");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"softmax","inputs":"abcdef"})"),
            "/nodes/0/inputs/0 (line 1, node 'a'): unknown value 'abcdef'");
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"add"})"),
            "/nodes/0/inputs (line 1, node 'a'): op 'add' has 2 inputs, here are 1");
  EXPECT_EQ(messageOf(parse(R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[4]}],
      "nodes":[{"name":"a","op":"softmax"}],"outputs":[{"name":"y","from":"q"}]})")),
            "f: /outputs/0/from (line 2): unknown value 'q'");
}

TEST(DescriptionParser, OutputsTakeTheNodeOfTheirName) {
  auto from = [](const std::string &outputs) {
    llvm::Expected<ModelDescription> m = parse(R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[4]}],
      "nodes":[{"name":"a","op":"softmax"},{"name":"b","op":"softmax"},{"name":"c","op":"softmax"}],"outputs":)" +
                                               outputs + "}");
    if (!m)
      return llvm::toString(m.takeError());
    std::string text = writeDescription(*m);
    EXPECT_TRUE(valueOf(parse(text)) == *m) << text;
    std::string nodes;
    for (const ModelOutput &output : m->outputs)
      nodes += output.from;
    return nodes;
  };
  EXPECT_EQ(from(R"([{"name":"a"},{"name":"b"}])"), "ab");
  EXPECT_EQ(from(R"([{"name":"a"}])"), "a");
  // The last node, if that is the only output.
  EXPECT_EQ(from(R"([{"name":"y"}])"), "c");
  EXPECT_EQ(from(R"([{"name":"a"},{"name":"y"}])"),
            "f: /outputs/1 (line 2): the key 'from' is missing: no node is called 'y', and there are several outputs");
  // What is said comes first.
  EXPECT_EQ(from(R"([{"name":"a","from":"b"},{"name":"b","from":"a"},{"name":"c"},{"name":"y","from":"c"}])"), "bacc");
}

TEST(DescriptionParser, RepetitionsAreLimited) {
  EXPECT_EQ(errorOfNodes(R"({"repeat":20001,"nodes":[]})"),
            "/nodes/0/repeat (line 1): is 20001, expected an integer from 1 to 20000");
  EXPECT_EQ(errorOfNodes(R"({"repeat":20000,"nodes":[{"name":"a{i}","op":"softmax"},{"name":"b{i}","op":"softmax"}]})"),
            "/nodes/0/nodes/0 (line 1): more than 20000 nodes");
  EXPECT_EQ(errorOfNodes(R"({"repeat":2,"nodes":[{"name":"a","op":"softmax"}]})"),
            "/nodes/0/nodes/0/name (line 1, node 'a'): the name 'a' occurs twice");
  EXPECT_EQ(errorOfNodes(R"({"repeat":2,"nodes":[{"repeat":2,"nodes":[]}]})"),
            "/nodes/0/nodes/0 (line 1): the key 'name' is missing");
}

TEST(DescriptionParser, NamesLineAndNode) {
  const std::string repeated = R"({"repeat":2,"nodes":[
      {"name":"a.{i}","op":"softmax"},
      {"name":"b.{i}","op":"linear",
       "out_features":8,
       "parameters":"p"}]},
      )";
  // While it is parsed, when it is checked, and when it is expanded (ExpandBlocksTest.cpp); in the round that is wrong.
  EXPECT_EQ(errorOfNodes(repeated + "{\"name\":\"c\",\"op\":\"scale\",\n\"factor\":[]}"),
            "/nodes/1/factor (line 7, node 'c'): is an array, expected a number");
  EXPECT_EQ(errorOfNodes(repeated + "{\"name\":\"c\",\"op\":\"add\",\"inputs\":[\"b.1\",\n\"d\"]}"),
            "/nodes/1/inputs/1 (line 7, node 'c'): unknown value 'd'");
  EXPECT_EQ(errorOfNodes(repeated + R"({"name":"a.1","op":"softmax"})"),
            "/nodes/1/name (line 6, node 'a.1'): the name 'a.1' occurs twice");
  EXPECT_EQ(errorOfNodes(R"({"repeat":3,"first":4,"nodes":[{"name":"a.{i}","op":"add",
      "inputs":["x","a.5"]}]})"),
            "/nodes/0/nodes/0/inputs/1 (line 2, node 'a.4'): 'a.5' is computed later");
  // Without a name there is none, and behind a node it is told no longer.
  EXPECT_EQ(errorOfNodes(R"({"name":"a","op":"softmax"},
      {"op":"softmax"})"),
            "/nodes/1 (line 2): the key 'name' is missing");
  EXPECT_EQ(messageOf(parse(R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[4,8]}],
      "nodes":[{"name":"a","op":"softmax"}],
      "outputs":[{"name":"y"}],
      "labels":["a",
        7]})")),
            "f: /labels/1 (line 5): is an integer, expected a string");
  EXPECT_EQ(messageOf(parse(R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[4,8]}],
      "nodes":[{"name":"a","op":"softmax"}],
      "outputs":[
        {"name":"y","from":"q"}]})")),
            "f: /outputs/0/from (line 4): unknown value 'q'");
}

TEST(DescriptionParser, AnOutputMayHaveTheNameOfAnotherNode) {
  const std::string text = R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[4,8]}],"nodes":[
      {"name":"a","op":"softmax"},{"name":"b","op":"scale","factor":2}],
      "outputs":[{"name":"a","from":"b"},{"name":"b","from":"a"},{"name":"x","from":"a"}]})";
  ModelDescription m = valueOf(parse(text));
  ASSERT_EQ(m.outputs.size(), 3u);
  EXPECT_EQ(m.outputs[0].from, "b");
  EXPECT_EQ(m.outputs[1].from, "a");
  EXPECT_EQ(m.outputs[2].from, "a");
  EXPECT_TRUE(valueOf(parse(writeDescription(m))) == m);
}

TEST(DescriptionParser, ChecksTheVersionFirst) {
  EXPECT_EQ(messageOf(parse(R"({"version":3,"nodez":[]})")),
            "f: /version (line 1): this compiler reads versions 1 and 2");
  EXPECT_EQ(messageOf(parse(R"({"nodes":[]})")), "f: the key 'version' is missing");
  EXPECT_EQ(messageOf(parse("[]")), "f: is an array, expected an object");
}

TEST(DescriptionParser, WeightsAreAPlainName) {
  std::string text = withNodes(R"({"name":"a","op":"softmax"})");
  for (const char *name : {"/etc/passwd", "../m.safetensors", "..", "sub/m.safetensors"}) {
    std::string weights = std::string(R"({"weights":")") + name + "\",";
    EXPECT_EQ(messageOf(parse(weights + text.substr(1))),
              "f: /weights (line 1): is not a plain file name in the description's directory");
  }
}

TEST(DescriptionParser, PreprocessingLeadsToTheInput) {
  std::string resize = R"({"step":"resize","size":[9,10],"filter":"bicubic"},)";
  ModelDescription m =
      valueOf(parse(withSteps(resize + R"({"step":"center_crop","size":8},{"step":"rescale","factor":2},
      {"step":"normalize","mean":[1,2,3],"std":[4,5,6]})")));
  const std::vector<PreprocessStep> &steps = m.inputs[0].preprocessing;
  ASSERT_EQ(steps.size(), 5u);
  EXPECT_EQ(steps[0].kind, "decode");
  EXPECT_EQ(steps[0].values, std::vector<double>{3});
  EXPECT_EQ(steps[1].values, (std::vector<double>{9, 10}));
  EXPECT_EQ(steps[1].filter, "bicubic");
  EXPECT_EQ(steps[4].values, (std::vector<double>{1, 2, 3, 4, 5, 6}));
  auto error = [](llvm::StringRef text) { return messageOf(parse(withSteps(text))); };
  std::string where = "f: /inputs/0/preprocessing";
  EXPECT_EQ(error(R"({"step":"resize","size":9,"filter":"bicubic"})"),
            where + " (line 1): the steps lead to 9x9, the input is 8x8");
  EXPECT_EQ(error(R"({"step":"resize_shortest_edge","edge":8,"filter":"box"})"),
            where + " (line 1): the steps do not lead to one size: end with 'resize' or 'center_crop'");
  // Pictures of the right size are needed then.
  EXPECT_EQ(valueOf(parse(withSteps(R"({"step":"rescale","factor":2})"))).inputs[0].preprocessing.size(), 2u);
  EXPECT_EQ(error(R"({"step":"resize_shortest_edge","filter":"box"})"),
            where + "/0 (line 1): the key 'edge' is missing");
  EXPECT_EQ(error(R"({"step":"resize","size":8,"filter":"bicubi"})"),
            where + "/0/filter (line 1): unknown filter 'bicubi'; did you mean 'bicubic'?");
  EXPECT_EQ(error(R"({"step":"flip_channels","size":8})"),
            where + "/0/size (line 1): unknown key 'size', expected one of step");
  EXPECT_EQ(valueOf(parse(withSteps(R"({"step":"flip_channels"})"))).inputs[0].preprocessing.size(), 2u);
  EXPECT_EQ(error(R"({"step":"flip"})").substr(0, 63), where + "/0/step (line 1): unknown step 'flip'");
  EXPECT_EQ(
      error(R"({"step":"rescale","factor":1},{"step":"pad","size":9,"fill":[0,0,0]},{"step":"center_crop","size":8})"),
      where + "/1 (line 1): pictures are padded before 'rescale' and 'normalize'");
  EXPECT_EQ(error(R"({"step":"pad","size":9,"fill":[0,0]},{"step":"center_crop","size":8})"),
            where + "/0/fill (line 1): has one number for each of the 3 channels");
  EXPECT_EQ(error(R"({"step":"pad","size":9,"fill":[0,0.5,0]},{"step":"center_crop","size":8})"),
            where + "/0/fill (line 1): has 0.5, expected integers from 0 to 255");
  EXPECT_EQ(error(R"({"step":"resize_cover","size":8,"filter":"box"})"),
            where + " (line 1): the steps do not lead to one size: end with 'resize' or 'center_crop'");
  EXPECT_EQ(error(R"({"step":"center_crop","size":8},{"step":"normalize","mean":[1],"std":[1]})"),
            where + "/1 (line 1): mean and std have one number for each of the 3 channels");
  EXPECT_EQ(error(R"({"step":"center_crop","size":8},{"step":"normalize","mean":[1,1,1],"std":[1,0,1]})"),
            where + "/1/std/1 (line 1): is 0.0, a standard deviation is greater than 0");
  // It would be 0 as f32.
  EXPECT_EQ(error(R"({"step":"center_crop","size":8},{"step":"normalize","mean":[1,1,1],"std":[1,1,1e-60]})"),
            where + "/1/std/2 (line 1): is 1e-60, a standard deviation is greater than 0");
}

TEST(DescriptionParser, NumbersAreFiniteInF32) {
  auto scale = [](const std::string &factor) {
    return withNodes(R"({"name":"a","op":"scale","factor":)" + factor + "}");
  };
  // The largest f32, and the last double that is rounded to it; tiny numbers become 0, which is a factor like any
  // other.
  for (const char *factor : {"3.4028234663852886e38", "-3.4028235677973362e38", "1e-300", "0"})
    EXPECT_TRUE(bool(parse(scale(factor)))) << factor;
  for (const char *factor : {"1e300", "-1e300", "3.4028235677973366e38"})
    EXPECT_EQ(messageOf(parse(scale(factor))).substr(0, 43),
              "f: /nodes/0/factor (line 1, node 'a'): is " + std::string(1, *factor));
  EXPECT_EQ(messageOf(parse(scale("1e39"))),
            "f: /nodes/0/factor (line 1, node 'a'): is 1e+39, expected a number that is finite in 32 bits");
  EXPECT_EQ(messageOf(parse(withNodes(R"({"name":"a","op":"layer_norm","epsilon":1e39})"))),
            "f: /nodes/0/epsilon (line 1, node 'a'): is 1e+39, expected a number that is finite in 32 bits");
  std::string crop = R"({"step":"center_crop","size":8},)";
  EXPECT_EQ(messageOf(parse(withSteps(crop + R"({"step":"rescale","factor":1e39})"))),
            "f: /inputs/0/preprocessing/1/factor (line 1): is 1e+39, expected a number that is finite in 32 bits");
  EXPECT_EQ(messageOf(parse(withSteps(crop + R"({"step":"normalize","mean":[1,1e39,1],"std":[1,1,1]})"))),
            "f: /inputs/0/preprocessing/1/mean/1 (line 1): is 1e+39, expected a number that is finite in 32 bits");
  // Descriptions that do not come from text.
  ModelDescription m = valueOf(parse(scale("2")));
  m.nodes[0].attributes["factor"] = 1e39;
  EXPECT_EQ(llvm::toString(validateDescription(m)),
            "f: /nodes/0/factor (line 1, node 'a'): is 1e+39, expected a number that is finite in 32 bits");
  m.nodes[0].attributes["factor"] = std::nan("");
  EXPECT_EQ(llvm::toString(validateDescription(m)),
            "f: /nodes/0/factor (line 1, node 'a'): is not finite, expected a number that is finite in 32 bits");
}

TEST(DescriptionWriter, RollsLayersUp) {
  std::string text = withNodes(R"({"repeat":3,"first":9,"nodes":[
      {"name":"l.{i}","op":"linear","out_features":8,"parameters":{"weight":"a.{i}.b12.weight"}}]},{"name":"s","op":"softmax"})");
  ModelDescription m = valueOf(parse(text));
  std::string written = writeDescription(m);
  EXPECT_NE(written.find("\"repeat\": 3,\n      \"first\": 9,"), std::string::npos) << written;
  EXPECT_NE(written.find(R"({"weight": "a.{i}.b12.weight"})"), std::string::npos) << written;
  EXPECT_TRUE(valueOf(parse(written)) == m);
}

TEST(DescriptionWriter, WritesWhatIsReadBackEqual) {
  // No repetition: numbers that do not count together, literal braces, explicit inputs, optional attributes.
  ModelDescription m =
      valueOf(parse(R"({"version":1,"name":"m","weights":"w.safetensors","inputs":[{"name":"i","channels":1,
      "size":[4,6]},{"name":"x","shape":[2,4]}],"nodes":[
      {"name":"a1","op":"linear","inputs":"x","out_features":8,"parameters":"{i}.1"},
      {"name":"a2","op":"linear","inputs":"x","out_features":8,"parameters":"{i}.2"},
      {"name":"b1","op":"linear","inputs":"x","out_features":8,"parameters":"p.3"},
      {"name":"b2","op":"linear","inputs":"x","out_features":8,"parameters":"p.5"},
      {"name":"t","op":"attention","heads":2,"head_dim":3,"scale":0.1,"bias_input":true,"inputs":["a1","a2","b1","b2"],
       "parameters":{"query":"q","key":{"weight":"k"},"value":{"weight":"v","bias":"w"}}},
      {"name":"c","op":"parameter","shape":[8],"parameters":{"value":"c"}}],
      "outputs":[{"name":"y","from":"t"},{"name":"z","from":"c"}],"labels":["ä","\n"],"scores":"sigmoid","ignored_tensors":["z*"]})"));
  ModelDescription again = valueOf(parse(writeDescription(m)));
  EXPECT_EQ(writeDescription(again), writeDescription(m));
  EXPECT_TRUE(again == m);
  again.nodes[0].parameters["bias"] = "other";
  EXPECT_FALSE(again == m);
}

TEST(DescriptionHash, FollowsTheModelOnly) {
  std::string text = withNodes(R"({"name":"a","op":"scale","factor":2})");
  std::string hash = descriptionHash(valueOf(parse(text)));
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(hash, descriptionHash(
                      valueOf(parse(R"({"weights":"w","comment":"c","ignored_tensors":["*"],)" + text.substr(1)))));
  EXPECT_EQ(hash,
            descriptionHash(valueOf(parse(withNodes(R"({"op":"scale","factor":2.0,"name":"a","inputs":["x"]})")))));
  EXPECT_NE(hash, descriptionHash(valueOf(parse(withNodes(R"({"name":"a","op":"scale","factor":3})")))));
}

// With VITC_UPDATE_MODELS in the environment, this test and those of ModelsReadmeTest.cpp write what they would
// compare.
TEST(DescriptionSchema, CommittedFileIsUpToDate) {
  std::string file = modelsDirectory + "/schema/vitc-model.schema.json";
  std::string schema = writeJson(descriptionSchema(), JsonLayout::Readable) + "\n";
  updateIfAsked(file, schema);
  EXPECT_EQ(contentOf(file), schema);
}

TEST(DescriptionSchema, KnowsEveryOp) {
  JsonValue schema = descriptionSchema();
  for (const OpSpec &op : opSpecs())
    EXPECT_NE(schema.find("$defs")->find(op.name), nullptr) << op.name;
}

TEST(BundledModels, AreFormatted) {
  std::error_code error;
  unsigned count = 0;
  for (llvm::sys::fs::directory_iterator it(modelsDirectory, error), end; it != end && !error; it.increment(error)) {
    if (llvm::sys::path::extension(it->path()) != ".json")
      continue;
    SCOPED_TRACE(it->path());
    ++count;
    std::string text = contentOf(it->path());
    ModelDescription m = valueOf(parse(text));
    EXPECT_EQ(writeDescription(m), text);
    EXPECT_EQ(m.name, llvm::sys::path::stem(it->path()));
  }
  EXPECT_EQ(count, 32u);
}
