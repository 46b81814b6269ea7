//===- ExpandBlocksTest.cpp -------------------------------------*- C++ -*-===//
//
// Structure and shapes; what the graphs compute is tested against goldens of PyTorch elsewhere.
//
//===----------------------------------------------------------------------===//

#include "../Support/TestFiles.h"
#include "vitc/Description/DescriptionParser.h"
#include "vitc/Description/PrimitiveGraph.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;
using namespace vitc::test;

namespace {

/// Expands nodes behind the inputs x (6 tokens of 8), m (5 of 10), image (3x8x12).
llvm::Expected<PrimitiveGraph> expand(llvm::StringRef nodes) {
  std::string text = (R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[6,8]},{"name":"m","shape":[5,10]},
      {"name":"image","channels":3,"size":[8,12]}],"nodes":[)" +
                      nodes + R"(],"outputs":[{"name":"y"}]})")
                         .str();
  llvm::Expected<JsonValue> json = parseJson(text, "f");
  if (!json)
    return json.takeError();
  llvm::Expected<ModelDescription> description = parseDescription(*json, "f");
  if (!description)
    return description.takeError();
  return expandBlocks(*description);
}

Shape outputShape(const PrimitiveGraph &graph) { return graph.operations[graph.outputs.front()].shape; }

std::vector<Primitive> kindsOf(const PrimitiveGraph &graph) {
  std::vector<Primitive> kinds;
  for (const GraphOperation &operation : graph.operations)
    if (operation.kind > Primitive::WeightTranspose)
      kinds.push_back(operation.kind);
  return kinds;
}

Shape weightShape(const PrimitiveGraph &graph, llvm::StringRef tensor) {
  for (const WeightRequirement &weight : graph.weights)
    if (weight.tensor == tensor)
      return weight.shape;
  ADD_FAILURE() << "no tensor " << tensor.str();
  return {};
}

std::string errorOf(llvm::StringRef nodes) { return messageOf(expand(nodes)).substr(3); }

/// Weights that exist in name and shape only.
class NamedShapes : public WeightSource {
public:
  explicit NamedShapes(std::map<std::string, TensorInfo> tensors) : tensors(std::move(tensors)) {}
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    names.reserve(tensors.size());
    for (const auto &[name, info] : tensors)
      names.push_back(name);
    return names;
  }
  const TensorInfo *find(llvm::StringRef name) const override {
    auto found = tensors.find(name.str());
    return found == tensors.end() ? nullptr : &found->second;
  }
  llvm::Error read(llvm::StringRef, int64_t, int64_t, float *) const override { return llvm::Error::success(); }

private:
  std::map<std::string, TensorInfo> tensors;
};

} // namespace

TEST(ExpandBlocks, PatchEmbedding) {
  PrimitiveGraph graph = valueOf(
      expand(R"({"name":"p","op":"patch_embedding","inputs":"image","width":16,"patch_size":[2,4],"parameters":"p"})"));
  EXPECT_EQ(kindsOf(graph), (std::vector<Primitive>{Primitive::Transpose, Primitive::Conv2d, Primitive::Reshape}));
  EXPECT_EQ(outputShape(graph), (Shape{12, 16}));
  EXPECT_EQ(weightShape(graph, "p.weight"), (Shape{16, 3, 2, 4}));
}

TEST(ExpandBlocks, PatchVectorsWithChannelsLast) {
  PrimitiveGraph graph =
      valueOf(expand(R"({"name":"p","op":"patch_embedding","inputs":"image","width":16,"patch_size":[2,4],
      "weight_layout":"channels_last","parameters":"p"})"));
  EXPECT_EQ(weightShape(graph, "p.weight"), (Shape{16, 24}));
  auto transposed =
      llvm::find_if(graph.operations, [](const GraphOperation &o) { return o.kind == Primitive::WeightTranspose; });
  ASSERT_NE(transposed, graph.operations.end());
  EXPECT_EQ(transposed->permutation, (std::vector<int64_t>{0, 3, 1, 2}));
  EXPECT_EQ(transposed->shape, (Shape{16, 3, 2, 4}));
  EXPECT_EQ(graph.operations[transposed->operands[0]].shape, (Shape{16, 2, 4, 3}));
}

TEST(ExpandBlocks, PatchesThatDoNotFillTheImage) {
  const std::string node = R"({"name":"p","op":"patch_embedding","inputs":"image","width":16,"patch_size":[3,5],)";
  EXPECT_EQ(errorOf(node + R"("parameters":"p"})"),
            "/nodes/0/patch_size (line 2, node 'p'): 3x5 does not divide the image of 8x12");
  PrimitiveGraph graph = valueOf(expand(node + R"("crop":true,"parameters":"p"})"));
  EXPECT_EQ(kindsOf(graph), (std::vector<Primitive>{Primitive::Slice, Primitive::Slice, Primitive::Transpose,
                                                    Primitive::Conv2d, Primitive::Reshape}));
  EXPECT_EQ(outputShape(graph), (Shape{4, 16}));
  // Not even one patch.
  EXPECT_EQ(errorOf(R"({"name":"p","op":"patch_embedding","inputs":"image","width":16,"patch_size":9,"crop":true,)"
                    R"("parameters":"p"})"),
            "/nodes/0/patch_size (line 2, node 'p'): 9x9 does not divide the image of 8x12");
}

TEST(ExpandBlocks, TokensBehindTheFirstOnes) {
  const std::string node = R"({"name":"t","op":"prefix_tokens","inputs":"x","registers":3,"parameters":)"
                           R"({"register_tokens":"r"},"after":)";
  PrimitiveGraph graph = valueOf(expand(node + "1}"));
  EXPECT_EQ(kindsOf(graph), (std::vector<Primitive>{Primitive::Slice, Primitive::Slice, Primitive::Concat}));
  EXPECT_EQ(outputShape(graph), (Shape{9, 8}));
  EXPECT_EQ(outputShape(valueOf(expand(node + "6}"))), (Shape{9, 8}));
  EXPECT_EQ(errorOf(node + "7}"), "/nodes/0/after (line 2, node 't'): is 7, there are 6 tokens");
}

TEST(ExpandBlocks, SlicesFromTheEndAndToTheEnd) {
  auto slice = [](const std::string &range) {
    return R"({"name":"s","op":"slice","inputs":"x","dim":0,)" + range + "}";
  };
  PrimitiveGraph graph = valueOf(expand(slice(R"("offset":-2,"size":-1)")));
  EXPECT_EQ(outputShape(graph), (Shape{2, 8}));
  EXPECT_EQ(graph.operations.back().offset, 4);
  EXPECT_EQ(outputShape(valueOf(expand(slice(R"("offset":1,"size":-1)")))), (Shape{5, 8}));
  EXPECT_EQ(outputShape(valueOf(expand(slice(R"("offset":1,"size":-3)")))), (Shape{3, 8}));
  EXPECT_NE(errorOf(slice(R"("offset":1,"size":-6)")).find("are not within a dimension of 6"), std::string::npos);
  EXPECT_EQ(errorOf(slice(R"("offset":0,"size":0)")),
            "/nodes/0/size (line 2, node 's'): expected a size greater than 0, or -1 for all up to the end");
  EXPECT_NE(errorOf(slice(R"("offset":-7,"size":1)")).find("are not within a dimension of 6"), std::string::npos);
  EXPECT_NE(errorOf(slice(R"("offset":6,"size":-1)")).find("are not within a dimension of 6"), std::string::npos);
}

TEST(ExpandBlocks, OneOfSeveralTablesOfPositions) {
  const std::string node = R"({"name":"e","op":"position_embedding","inputs":"x","parameters":{"value":"e"})";
  PrimitiveGraph graph = valueOf(expand(node + R"(,"tables":4,"table":3})"));
  EXPECT_EQ(outputShape(graph), (Shape{6, 8}));
  EXPECT_EQ(weightShape(graph, "e"), (Shape{1, 4, 1, 6, 8}));
  EXPECT_EQ(errorOf(node + R"(,"tables":4,"table":4})"), "/nodes/0/table (line 2, node 'e'): is 4, there are 4 tables");
  EXPECT_EQ(errorOf(node + R"(,"table":1})"), "/nodes/0/table (line 2, node 'e'): goes with 'tables'");
}

TEST(ExpandBlocks, EncoderBlock) {
  PrimitiveGraph graph =
      valueOf(expand(R"({"name":"e","op":"encoder_block","inputs":"x","heads":2,"hidden_size":32,"epsilon":0,
      "parameters":{"norm1":"n1","query":"q","key":"k","value":"v","output":"o","norm2":"n2","fc1":"f1","fc2":"f2"}})"));
  using P = Primitive;
  EXPECT_EQ(kindsOf(graph), (std::vector<P>{P::LayerNorm, P::Linear, P::Reshape,    P::Transpose, P::Linear, P::Reshape,
                                            P::Transpose, P::Linear, P::Reshape,    P::Transpose, P::Matmul, P::Scale,
                                            P::Softmax,   P::Matmul, P::Transpose,  P::Reshape,   P::Linear, P::Add,
                                            P::LayerNorm, P::Linear, P::Activation, P::Linear,    P::Add}));
  EXPECT_EQ(outputShape(graph), (Shape{6, 8}));
  EXPECT_EQ(graph.operations[graph.outputs[0]].location, "e");
  std::vector<std::string> locations;
  locations.reserve(graph.operations.size());
  for (const GraphOperation &operation : graph.operations)
    locations.push_back(operation.location);
  EXPECT_TRUE(llvm::is_contained(locations, "e/attention/query"));
  EXPECT_TRUE(llvm::is_contained(locations, "e/mlp/fc2"));
  auto scale = llvm::find_if(graph.operations, [](const GraphOperation &o) { return o.kind == P::Scale; });
  EXPECT_EQ(scale->number, 0.5);
}

TEST(ExpandBlocks, FusedProjectionIsCut) {
  PrimitiveGraph graph = valueOf(expand(
      R"({"name":"a","op":"attention","inputs":"x","heads":2,"head_dim":6,"parameters":{"qkv":"qkv","output":"o"}})"));
  EXPECT_EQ(weightShape(graph, "qkv.weight"), (Shape{36, 8}));
  EXPECT_EQ(weightShape(graph, "o.weight"), (Shape{8, 12}));
  std::vector<int64_t> offsets;
  for (const GraphOperation &operation : graph.operations)
    if (operation.kind == Primitive::WeightSlice && operation.shape.size() == 2)
      offsets.push_back(operation.offset);
  EXPECT_EQ(offsets, (std::vector<int64_t>{0, 12, 24}));
}

TEST(ExpandBlocks, FusedProjectionWithBiasesOfItsParts) {
  PrimitiveGraph graph = valueOf(expand(R"({"name":"a","op":"attention","inputs":"x","heads":2,
      "parameters":{"qkv":{"weight":"w"},"query_bias":"q","value_bias":"v"}})"));
  EXPECT_EQ(weightShape(graph, "w"), (Shape{24, 8}));
  EXPECT_EQ(weightShape(graph, "q"), (Shape{8}));
  std::vector<size_t> operands;
  for (const GraphOperation &operation : graph.operations)
    if (operation.kind == Primitive::Linear)
      operands.push_back(operation.operands.size());
  EXPECT_EQ(operands, (std::vector<size_t>{3, 2, 3}));
  PrimitiveGraph pair = valueOf(expand(R"({"name":"a","op":"attention","inputs":["x","m"],"heads":2,
      "parameters":{"query":"q","key_value":"kv"}})"));
  EXPECT_EQ(weightShape(pair, "q.weight"), (Shape{8, 8}));
  EXPECT_EQ(weightShape(pair, "kv.weight"), (Shape{16, 10}));
}

TEST(ExpandBlocks, InnerNormsOfEitherKind) {
  PrimitiveGraph graph = valueOf(expand(R"({"name":"e","op":"encoder_block","inputs":"x","heads":2,"hidden_size":32,
      "epsilon":0.5,"inner_norm_epsilon":0.25,"qk_norm_epsilon":0.125,"norm_kind":"rms_norm",
      "parameters":{"norm1":{"weight":"n1"},"qkv":"qkv","query_norm":{"weight":"qn"},"context_norm":{"weight":"cn"},
      "output":"o","norm2":{"weight":"n2"},"fc1":"f1","hidden_norm":{"weight":"hn"},"fc2":"f2"}})"));
  std::vector<double> epsilons;
  for (const GraphOperation &operation : graph.operations)
    if (operation.kind == Primitive::LayerNorm) {
      EXPECT_TRUE(operation.rms);
      epsilons.push_back(operation.number);
    }
  EXPECT_EQ(epsilons, (std::vector<double>{0.5, 0.125, 0.25, 0.5, 0.25}));
  EXPECT_EQ(weightShape(graph, "cn"), (Shape{8}));
  EXPECT_EQ(weightShape(graph, "hn"), (Shape{32}));
  PrimitiveGraph plain =
      valueOf(expand(R"({"name":"n","op":"rms_norm","inputs":"x","epsilon":0.5,"parameters":{"weight":"w"}})"));
  EXPECT_TRUE(plain.operations[plain.outputs[0]].rms);
}

TEST(ExpandBlocks, CrossAttentionWithBias) {
  PrimitiveGraph graph = valueOf(expand(R"({"name":"b","op":"parameter","shape":[2,6,5],"parameters":{"value":"bias"}},
      {"name":"a","op":"attention","inputs":["x","m","b"],"bias_input":true,"heads":2,"width":20,
       "parameters":{"query":"q","key":"k","value":"v","query_norm":"qn","key_norm":{"weight":"kn"},"output":"o"}})"));
  EXPECT_EQ(weightShape(graph, "k.weight"), (Shape{8, 10}));
  EXPECT_EQ(weightShape(graph, "kn"), (Shape{4}));
  EXPECT_EQ(outputShape(graph), (Shape{6, 20}));
  EXPECT_EQ(llvm::count(kindsOf(graph), Primitive::LayerNorm), 2);
}

TEST(ExpandBlocks, GatedMlp) {
  PrimitiveGraph halves = valueOf(expand(R"({"name":"g","op":"mlp","inputs":"x","hidden_size":12,"gate":"second_half",
      "activation":"silu","parameters":{"fc1":"a","fc2":"b"}})"));
  EXPECT_EQ(weightShape(halves, "a.weight"), (Shape{24, 8}));
  const GraphOperation &activation =
      *llvm::find_if(halves.operations, [](const GraphOperation &o) { return o.kind == Primitive::Activation; });
  const GraphOperation &gate = halves.operations[activation.operands[0]];
  EXPECT_EQ(halves.operations[gate.operands[1]].offset, 12);
  PrimitiveGraph separate = valueOf(expand(R"({"name":"g","op":"mlp","inputs":"x","hidden_size":12,"gate":"separate",
      "parameters":{"fc1":"a","gate":"g","fc2":"b"}})"));
  EXPECT_EQ(weightShape(separate, "g.weight"), (Shape{12, 8}));
}

TEST(ExpandBlocks, OrdersOfNormalisation) {
  auto last = [](llvm::StringRef order) {
    PrimitiveGraph graph = valueOf(expand((R"({"name":"e","op":"encoder_block","inputs":"x","heads":2,"hidden_size":4,
        "epsilon":0,"norm":")" + order + R"(","parameters":{"norm1":"n1","qkv":"q","output":"o","norm2":"n2","fc1":"f1",
        "fc2":"f2","layer_scale1":"s1","layer_scale2":"s2"}})")
                                              .str()));
    std::vector<Primitive> kinds = kindsOf(graph);
    return std::vector<Primitive>(kinds.end() - 3, kinds.end());
  };
  using P = Primitive;
  EXPECT_EQ(last("pre"), (std::vector<P>{P::Linear, P::Mul, P::Add}));
  EXPECT_EQ(last("post"), (std::vector<P>{P::Mul, P::Add, P::LayerNorm}));
  EXPECT_EQ(last("residual_post"), (std::vector<P>{P::Mul, P::LayerNorm, P::Add}));
}

TEST(ExpandBlocks, DecoderBlock) {
  PrimitiveGraph graph =
      valueOf(expand(R"({"name":"d","op":"decoder_block","inputs":["x","m"],"heads":4,"hidden_size":16,
      "epsilon":0,"parameters":{"norm1":"n1","self_qkv":"s","self_output":"so","norm2":"n2","cross_query":"cq",
      "cross_key":"ck","cross_value":"cv","cross_output":"co","norm3":"n3","fc1":"f1","fc2":"f2"}})"));
  EXPECT_EQ(outputShape(graph), (Shape{6, 8}));
  EXPECT_EQ(weightShape(graph, "cv.weight"), (Shape{8, 10}));
}

TEST(ExpandBlocks, PrimitivesInferTheirShapes) {
  PrimitiveGraph graph = valueOf(expand(R"({"name":"t","op":"transpose","inputs":"image","permutation":[1,2,0]},
      {"name":"c","op":"conv2d","out_channels":6,"kernel_size":3,"stride":[2,3],"padding":[1,0,1,2],"dilation":[1,2],"groups":3,
       "parameters":{"weight":"c"}},
      {"name":"r","op":"reshape","shape":[-1,6]},{"name":"s","op":"slice","dim":0,"offset":2,"size":3},
      {"name":"k","op":"concat","inputs":["s","r"],"dim":0},{"name":"n","op":"reduce_mean","dim":1}, 
      {"name":"u","op":"mul","inputs":["k","n"]})"));
  EXPECT_EQ(weightShape(graph, "c"), (Shape{6, 1, 3, 3}));
  EXPECT_EQ(outputShape(graph), (Shape{19, 6}));
}

TEST(ExpandBlocks, ReportsWhatDoesNotFit) {
  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","inputs":"x","heads":3,"parameters":{"qkv":"q"}})"),
            "/nodes/0/heads (line 2, node 'a'): 3 heads do not divide the width 8");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","inputs":"x","heads":2,"parameters":{"qkv":"q","key":"k"}})"),
            "/nodes/0/parameters (line 2, node 'a'): expected either 'qkv' or 'query', 'key' and 'value' (for the last "
            "two, 'key_value' "
            "may stand)");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","inputs":"x","heads":2,
                        "parameters":{"query":"q","key":"k","value":"v","key_value":"kv"}})"),
            "/nodes/0/parameters (line 3, node 'a'): expected either 'qkv' or 'query', 'key' and 'value' (for the last "
            "two, 'key_value' "
            "may stand)");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","inputs":"x","heads":2,
                        "parameters":{"qkv":"q","query_bias":"b"}})"),
            "/nodes/0/parameters (line 3, node 'a'): 'query_bias' and 'value_bias' go with a 'qkv' without bias");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","inputs":"x","heads":2,"head_dim":3,"parameters":{"qkv":"q"}})"),
            "/nodes/0/parameters (line 2, node 'a'): without 'output' the heads have 6 features together, expected 8");
  EXPECT_EQ(
      errorOf(R"({"name":"p","op":"patch_embedding","inputs":"image","width":4,"patch_size":5,"parameters":"p"})"),
      "/nodes/0/patch_size (line 2, node 'p'): 5x5 does not divide the image of 8x12");
  EXPECT_EQ(errorOf(R"({"name":"p","op":"prefix_tokens","inputs":"x"})"),
            "/nodes/0 (line 2, node 'p'): op 'prefix_tokens' needs at least one token");
  EXPECT_EQ(errorOf(R"({"name":"p","op":"prefix_tokens","inputs":"image","parameters":{"class_token":"c"}})"),
            "/nodes/0/inputs (line 2, node 'p'): expected tokens (tokens x width), the input has shape [3, 8, 12]");
  EXPECT_EQ(errorOf(R"({"name":"p","op":"pooling","inputs":"x","kind":"mean","index":6})"),
            "/nodes/0/index (line 2, node 'p'): is 6, there are 6 tokens");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"add","inputs":["x","m"]})"),
            "/nodes/0/inputs (line 2, node 'a'): shapes [6, 8] and [5, 10] do not broadcast");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"reshape","inputs":"x","shape":[5,-1]})").substr(0, 35),
            "/nodes/0/shape (line 2, node 'a'): ");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"slice","inputs":"x","dim":1,"offset":7,"size":2})"),
            "/nodes/0 (line 2, node 'a'): elements 7 to 7 + 2 are not within a dimension of 8");
  EXPECT_EQ(
      errorOf(R"({"name":"a","op":"linear","inputs":"x","out_features":8,"parameters":"w"},
      {"name":"b","op":"linear","out_features":4,"parameters":"w"})"),
      "/nodes/1/parameters (line 3, node 'b'): tensor w.weight would have shape [4, 8] here and [8, 8] in node 'a'");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"parameter","shape":[2147483648,2147483648],"parameters":{"value":"w"}})"),
            "/nodes/0 (line 2, node 'a'): a tensor of shape [1, 2147483648, 2147483648] is too large");
}

TEST(ExpandBlocks, AllWeightsTogetherHaveALimit) {
  // The first two have 2^36 - 2^18 weights.
  auto wide = [](llvm::StringRef name, llvm::StringRef input, int64_t features) {
    return R"({"name":")" + name.str() + R"(","op":"linear","inputs":")" + input.str() + R"(","out_features":)" +
           std::to_string(features) + R"(,"parameters":{"weight":")" + name.str() + R"("}})";
  };
  const int64_t features = int64_t(1) << 18;
  std::string most = wide("a", "x", features) + "," + wide("b", "a", features - 9);
  EXPECT_TRUE(bool(expand(most)));
  EXPECT_EQ(errorOf(most + "," + wide("c", "a", 2)),
            "/nodes/2 (line 2, node 'c'): from here on the model has more than 68719476736 weights");
}

TEST(ExpandBlocks, NodesKnowTheirOperations) {
  PrimitiveGraph graph = valueOf(expand(R"({"name":"a","op":"mlp","inputs":"x","hidden_size":4,"parameters":
      {"fc1":"a","fc2":"b"}},{"name":"b","op":"activation","kind":"none"},{"name":"c","op":"softmax"})"));
  ASSERT_EQ(graph.nodes.size(), 3u);
  // Behind the three inputs.
  EXPECT_EQ(graph.nodes[0].begin, 3u);
  EXPECT_EQ(graph.nodes[0].result, graph.nodes[0].end - 1);
  EXPECT_EQ(graph.nodes[1].begin, graph.nodes[1].end);
  EXPECT_EQ(graph.nodes[1].result, graph.nodes[0].result);
  EXPECT_EQ(graph.operations[graph.nodes[2].result].kind, Primitive::Softmax);
  EXPECT_EQ(graph.nodes[2].end, graph.operations.size());
}

TEST(BindWeights, ChecksEveryTensor) {
  const char *nodes = R"({"name":"l","op":"linear","inputs":"x","out_features":3,"parameters":"l"},
      {"name":"c","op":"prefix_tokens","inputs":"l","parameters":{"class_token":"c"}})";
  auto bind = [&](std::map<std::string, TensorInfo> tensors, std::vector<std::string> ignored) {
    PrimitiveGraph graph = valueOf(expand(nodes));
    return llvm::toString(bindWeights(graph, NamedShapes(std::move(tensors)), ignored));
  };
  std::map<std::string, TensorInfo> good = {
      {"l.weight", {DType::F16, {3, 8}}}, {"l.bias", {DType::F32, {3}}}, {"c", {DType::BF16, {3}}}};
  EXPECT_EQ(bind(good, {}), "");
  auto with = [&](const char *name, TensorInfo info) {
    std::map<std::string, TensorInfo> changed = good;
    changed[name] = std::move(info);
    return changed;
  };
  EXPECT_EQ(bind(with("l.weight", {DType::F32, {8, 3}}), {}),
            "weights: tensor l.weight: has shape [8, 3], expected [3, 8]");
  EXPECT_EQ(bind(with("l.bias", {DType::F32, {1, 3}}), {}), "weights: tensor l.bias: has shape [1, 3], expected [3]");
  EXPECT_EQ(bind(with("c", {DType::F32, {1, 1, 1, 3}}), {}), "");
  EXPECT_EQ(bind(with("c", {DType::I64, {3}}), {}),
            "weights: tensor c: has the dtype I64, expected F64, F32, F16 or BF16");
  EXPECT_EQ(bind(with("rest.0.x", {}), {}), "weights: tensor rest.0.x: is not used by the model");
  EXPECT_EQ(bind(with("rest.0.x", {}), {"rest.*.x"}), "");
  EXPECT_EQ(bind(with("rest.0.x", {}), {"rest.*.y", "*x.", "est.*"}),
            "weights: tensor rest.0.x: is not used by the model");
  good.erase("l.bias");
  EXPECT_EQ(bind(good, {}), "weights: tensor l.bias: is missing, node 'l' needs it with shape [3]");
}

namespace {

/// The operations of one kind.
std::vector<GraphOperation> operationsOf(const PrimitiveGraph &graph, Primitive kind) {
  std::vector<GraphOperation> found;
  llvm::copy_if(graph.operations, std::back_inserter(found), [&](const GraphOperation &op) { return op.kind == kind; });
  return found;
}

/// Patches of 4x4, 2 x 3 of them, 8 features; behind a class token.
const char *const tokens =
    R"({"name":"p","op":"patch_embedding","inputs":"image","width":8,"patch_size":4,"parameters":"p"},
    {"name":"t","op":"prefix_tokens","parameters":{"class_token":"c"}},)";
/// An attention node but for its end.
const char *const attention = R"({"name":"a","op":"attention","heads":2,"parameters":{"qkv":"qkv")";

std::string positionEmbedding(llvm::StringRef attributes, llvm::StringRef parameters = R"({"value":"e"})") {
  return (tokens + llvm::Twine(R"({"name":"e","op":"position_embedding","parameters":)") + parameters + attributes +
          "}")
      .str();
}

} // namespace

TEST(ExpandBlocks, ResampledPositions) {
  PrimitiveGraph graph = valueOf(expand(positionEmbedding(R"(,"resample":"bicubic","source_grid":[4,5])")));
  EXPECT_EQ(weightShape(graph, "e"), (Shape{1, 21, 8}));
  std::vector<GraphOperation> resamples = operationsOf(graph, Primitive::WeightResample);
  ASSERT_EQ(resamples.size(), 1u);
  EXPECT_EQ(resamples[0].shape, (Shape{7, 8}));
  EXPECT_EQ(resamples[0].leading, 1);
  // The grid that the table is for needs nothing.
  graph = valueOf(expand(positionEmbedding(R"(,"resample":"bicubic","source_grid":[2,3])")));
  EXPECT_TRUE(operationsOf(graph, Primitive::WeightResample).empty());
  // A grid that is not known is given; tokens may stand behind it.
  graph = valueOf(expand(R"({"name":"e","op":"position_embedding","inputs":"x","parameters":{"value":"e"},"grid":2,
      "trailing":1,"resample":"bilinear","source_grid":3})"));
  EXPECT_EQ(weightShape(graph, "e"), (Shape{1, 11, 8}));

  EXPECT_EQ(errorOf(positionEmbedding(R"(,"resample":"bicubic")")),
            "/nodes/2/resample (line 3, node 'e'): goes with 'source_grid': both are given or none");
  EXPECT_EQ(errorOf(positionEmbedding(R"(,"kind":"sincos_2d")")),
            "/nodes/2/kind (line 3, node 'e'): 'learned' goes with the parameter 'value'");
  EXPECT_EQ(errorOf(R"({"name":"e","op":"position_embedding","inputs":"x","parameters":{"value":"e"},
      "resample":"bilinear","source_grid":3})"),
            "/nodes/0 (line 2, node 'e'): it is not known which tokens are patches of an image: give their 'grid'");
  EXPECT_EQ(errorOf(positionEmbedding(R"(,"grid":3,"resample":"bilinear","source_grid":3)")),
            "/nodes/2/grid (line 3, node 'e'): [3, 3] has more patches than there are tokens: 7");
}

TEST(ExpandBlocks, FixedPositions) {
  PrimitiveGraph graph = valueOf(expand(positionEmbedding(R"(,"kind":"sincos_2d")", "{}")));
  EXPECT_EQ(outputShape(graph), (Shape{7, 8}));
  ASSERT_EQ(operationsOf(graph, Primitive::WeightSinusoids).size(), 1u);
  EXPECT_EQ(operationsOf(graph, Primitive::WeightSinusoids)[0].shape, (Shape{2, 6, 4}));
  graph = valueOf(expand(positionEmbedding(R"(,"kind":"sinusoidal")", "{}")));
  EXPECT_EQ(operationsOf(graph, Primitive::WeightSinusoids)[0].shape, (Shape{2, 7, 4}));
}

TEST(ExpandBlocks, RelativePositions) {
  std::string both = std::string(tokens) + attention + R"(,"relative_positions":"r","shared_relative_positions":"s"})";
  PrimitiveGraph graph = valueOf(expand(both + "}"));
  EXPECT_EQ(weightShape(graph, "r"), (Shape{18, 2}));
  EXPECT_EQ(weightShape(graph, "s"), (Shape{18, 2}));
  EXPECT_EQ(operationsOf(graph, Primitive::WeightRelativePositionBias).size(), 2u);
  EXPECT_EQ(operationsOf(graph, Primitive::WeightRelativePositionBias)[0].shape, (Shape{2, 7, 7}));
  EXPECT_EQ(operationsOf(graph, Primitive::Add).size(), 2u);
  graph = valueOf(expand(both + R"(,"relative_table":[9,5],"relative_resample":"bilinear"})"));
  EXPECT_EQ(weightShape(graph, "r"), (Shape{48, 2}));
  EXPECT_EQ(operationsOf(graph, Primitive::WeightResample).size(), 2u);

  EXPECT_EQ(errorOf(both + R"(,"relative_table":[9,5]})"), "/nodes/2/relative_table (line 3, node 'a'): [9, 5] is not "
                                                           "[3, 5], as the patches need it: give 'relative_resample'");
  EXPECT_EQ(errorOf(both + R"(,"relative_table":[4,5],"relative_resample":"geometric"})"),
            "/nodes/2/relative_table (line 3, node 'a'): expected odd sizes from 3 on for geometric resampling");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","heads":2,"inputs":"x","grid":2,
      "parameters":{"qkv":"qkv","relative_positions":"r"}})"),
            "/nodes/0/parameters (line 3, node 'a'): relative positions are for patches and a class token, but there "
            "are 2 other tokens");
}

TEST(ExpandBlocks, RotaryPositions) {
  std::string start = std::string(tokens) + attention + "}";
  PrimitiveGraph graph = valueOf(expand(start + R"(,"rotary":"halves","rotary_coordinates":"centred"})"));
  std::vector<GraphOperation> tables = operationsOf(graph, Primitive::WeightSinusoids);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].shape, (Shape{2, 6, 2}));
  // Two turns across the image; the first of three columns is a third of the image left of its middle.
  EXPECT_DOUBLE_EQ(tables[0].step[1], 4 * M_PI / 3);
  EXPECT_DOUBLE_EQ(tables[0].origin[1], -4 * M_PI / 3);
  EXPECT_EQ(operationsOf(graph, Primitive::Rotary).size(), 2u);
  graph = valueOf(expand(start + R"(,"rotary":"interleaved","rotary_offset":1,"rotary_grid":6,"rotary_axes":"xy"})"));
  tables = operationsOf(graph, Primitive::WeightSinusoids);
  EXPECT_EQ(tables[0].step, (std::vector<double>{3, 2}));
  EXPECT_EQ(tables[0].origin, (std::vector<double>{3, 2}));
  EXPECT_TRUE(tables[0].flag);

  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","heads":4,"inputs":"x","grid":2,"rotary":"halves",
      "parameters":{"qkv":"qkv"}})"),
            "/nodes/0/rotary (line 2, node 'a'): needs heads whose features 4 divides, but there are 2");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","heads":2,"inputs":["x","m"],"grid":2,"rotary":"halves",
      "parameters":{"query":"q","key":"k","value":"v"}})"),
            "/nodes/0/inputs (line 2, node 'a'): relative and rotary positions are for self-attention");
}
