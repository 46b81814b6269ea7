//===- ExpandBlocksTest.cpp -------------------------------------*- C++ -*-===//
//
// Structure and shapes; what the graphs compute is tested against goldens of PyTorch elsewhere.
//
//===----------------------------------------------------------------------===//

#include "ExpandedGraph.h"
#include "vitc/Description/OpSpec.h"
#include "llvm/ADT/STLExtras.h"

#include <set>

using namespace mlir;
using namespace vitc;
using namespace vitc::test;

namespace {

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
  Graph graph = valueOf(
      expand(R"({"name":"p","op":"patch_embedding","inputs":"image","width":16,"patch_size":[2,4],"parameters":"p"})"));
  EXPECT_EQ(graph.kinds(), (Kinds{"transpose", "conv2d", "reshape"}));
  EXPECT_EQ(graph.outputShape(), (Shape{12, 16}));
  EXPECT_EQ(graph.weightShape("p.weight"), (Shape{16, 3, 2, 4}));
}

TEST(ExpandBlocks, PatchVectorsWithChannelsLast) {
  Graph graph = valueOf(expand(R"({"name":"p","op":"patch_embedding","inputs":"image","width":16,"patch_size":[2,4],
      "weight_layout":"channels_last","parameters":"p"})"));
  EXPECT_EQ(graph.weightShape("p.weight"), (Shape{16, 24}));
  std::vector<vit::WeightTransposeOp> transposes = graph.all<vit::WeightTransposeOp>();
  ASSERT_EQ(transposes.size(), 1u);
  EXPECT_EQ(transposes[0].getPermutation(), llvm::ArrayRef<int64_t>({0, 3, 1, 2}));
  EXPECT_EQ(shapeOf(transposes[0]), (Shape{16, 3, 2, 4}));
  EXPECT_EQ(Shape(vit::getShape(transposes[0].getInput())), (Shape{16, 2, 4, 3}));
}

TEST(ExpandBlocks, PatchesThatDoNotFillTheImage) {
  const std::string node = R"({"name":"p","op":"patch_embedding","inputs":"image","width":16,"patch_size":[3,5],)";
  EXPECT_EQ(errorOf(node + R"("parameters":"p"})"),
            "/nodes/0/patch_size (line 2, node 'p'): 3x5 does not divide the image of 8x12");
  Graph graph = valueOf(expand(node + R"("crop":true,"parameters":"p"})"));
  EXPECT_EQ(graph.kinds(), (Kinds{"slice", "slice", "transpose", "conv2d", "reshape"}));
  EXPECT_EQ(graph.outputShape(), (Shape{4, 16}));
  // Not even one patch.
  EXPECT_EQ(errorOf(R"({"name":"p","op":"patch_embedding","inputs":"image","width":16,"patch_size":9,"crop":true,)"
                    R"("parameters":"p"})"),
            "/nodes/0/patch_size (line 2, node 'p'): 9x9 does not divide the image of 8x12");
}

TEST(ExpandBlocks, TokensBehindTheFirstOnes) {
  const std::string node = R"({"name":"t","op":"prefix_tokens","inputs":"x","registers":3,"parameters":)"
                           R"({"register_tokens":"r"},"after":)";
  Graph graph = valueOf(expand(node + "1}"));
  EXPECT_EQ(graph.kinds(), (Kinds{"slice", "slice", "concat"}));
  EXPECT_EQ(graph.outputShape(), (Shape{9, 8}));
  EXPECT_EQ(valueOf(expand(node + "6}")).outputShape(), (Shape{9, 8}));
  EXPECT_EQ(errorOf(node + "7}"), "/nodes/0/after (line 2, node 't'): is 7, there are 6 tokens");
}

TEST(ExpandBlocks, SlicesFromTheEndAndToTheEnd) {
  auto slice = [](const std::string &range) {
    return R"({"name":"s","op":"slice","inputs":"x","dim":0,)" + range + "}";
  };
  Graph graph = valueOf(expand(slice(R"("offset":-2,"size":-1)")));
  EXPECT_EQ(graph.outputShape(), (Shape{2, 8}));
  EXPECT_EQ(graph.all<vit::SliceOp>()[0].getOffset(), 4u);
  EXPECT_EQ(valueOf(expand(slice(R"("offset":1,"size":-1)"))).outputShape(), (Shape{5, 8}));
  EXPECT_EQ(valueOf(expand(slice(R"("offset":1,"size":-3)"))).outputShape(), (Shape{3, 8}));
  EXPECT_NE(errorOf(slice(R"("offset":1,"size":-6)")).find("expected a range within the 6 elements"),
            std::string::npos);
  EXPECT_EQ(errorOf(slice(R"("offset":0,"size":0)")),
            "/nodes/0/size (line 2, node 's'): expected a size greater than 0, or -1 for all up to the end");
  EXPECT_NE(errorOf(slice(R"("offset":-7,"size":1)")).find("expected a range within the 6 elements"),
            std::string::npos);
  EXPECT_NE(errorOf(slice(R"("offset":6,"size":-1)")).find("expected a range within the 6 elements"),
            std::string::npos);
}

TEST(ExpandBlocks, OneOfSeveralTablesOfPositions) {
  const std::string node = R"({"name":"e","op":"position_embedding","inputs":"x","parameters":{"value":"e"})";
  Graph graph = valueOf(expand(node + R"(,"tables":4,"table":3})"));
  EXPECT_EQ(graph.outputShape(), (Shape{6, 8}));
  EXPECT_EQ(graph.weightShape("e"), (Shape{1, 4, 1, 6, 8}));
  EXPECT_EQ(errorOf(node + R"(,"tables":4,"table":4})"), "/nodes/0/table (line 2, node 'e'): is 4, there are 4 tables");
  EXPECT_EQ(errorOf(node + R"(,"table":1})"), "/nodes/0/table (line 2, node 'e'): goes with 'tables'");
}

TEST(ExpandBlocks, EncoderBlock) {
  Graph graph = valueOf(expand(R"({"name":"e","op":"encoder_block","inputs":"x","heads":2,"hidden_size":32,"epsilon":0,
      "parameters":{"norm1":"n1","query":"q","key":"k","value":"v","output":"o","norm2":"n2","fc1":"f1","fc2":"f2"}})"));
  EXPECT_EQ(graph.kinds(), (Kinds{"layer_norm", "linear", "reshape",    "transpose", "linear", "reshape",
                                  "transpose",  "linear", "reshape",    "transpose", "matmul", "scale",
                                  "softmax",    "matmul", "transpose",  "reshape",   "linear", "add",
                                  "layer_norm", "linear", "activation", "linear",    "add"}));
  EXPECT_EQ(graph.outputShape(), (Shape{6, 8}));
  auto hasLocation = [](llvm::StringRef name) {
    return [name](Operation *op) { return cast<NameLoc>(op->getLoc()).getName() == name; };
  };
  EXPECT_TRUE(hasLocation("e")(graph.output()));
  EXPECT_TRUE(llvm::any_of(graph.all<vit::LinearOp>(), hasLocation("e/attention/query")));
  EXPECT_TRUE(llvm::any_of(graph.all<vit::LinearOp>(), hasLocation("e/mlp/fc2")));
  EXPECT_EQ(graph.all<vit::ScaleOp>()[0].getFactor().convertToDouble(), 0.5);
}

TEST(ExpandBlocks, FusedProjectionIsCut) {
  Graph graph = valueOf(expand(
      R"({"name":"a","op":"attention","inputs":"x","heads":2,"head_dim":6,"parameters":{"qkv":"qkv","output":"o"}})"));
  EXPECT_EQ(graph.weightShape("qkv.weight"), (Shape{36, 8}));
  EXPECT_EQ(graph.weightShape("o.weight"), (Shape{8, 12}));
  std::vector<int64_t> offsets;
  for (vit::WeightSliceOp slice : graph.all<vit::WeightSliceOp>())
    if (shapeOf(slice).size() == 2)
      offsets.push_back(int64_t(slice.getOffset()));
  EXPECT_EQ(offsets, (std::vector<int64_t>{0, 12, 24}));
}

TEST(ExpandBlocks, FusedProjectionWithBiasesOfItsParts) {
  Graph graph = valueOf(expand(R"({"name":"a","op":"attention","inputs":"x","heads":2,
      "parameters":{"qkv":{"weight":"w"},"query_bias":"q","value_bias":"v"}})"));
  EXPECT_EQ(graph.weightShape("w"), (Shape{24, 8}));
  EXPECT_EQ(graph.weightShape("q"), (Shape{8}));
  std::vector<size_t> operands;
  for (vit::LinearOp linear : graph.all<vit::LinearOp>())
    operands.push_back(linear->getNumOperands());
  EXPECT_EQ(operands, (std::vector<size_t>{3, 2, 3}));
  Graph pair = valueOf(expand(R"({"name":"a","op":"attention","inputs":["x","m"],"heads":2,
      "parameters":{"query":"q","key_value":"kv"}})"));
  EXPECT_EQ(pair.weightShape("q.weight"), (Shape{8, 8}));
  EXPECT_EQ(pair.weightShape("kv.weight"), (Shape{16, 10}));
}

TEST(ExpandBlocks, InnerNormsOfEitherKind) {
  Graph graph = valueOf(expand(R"({"name":"e","op":"encoder_block","inputs":"x","heads":2,"hidden_size":32,
      "epsilon":0.5,"inner_norm_epsilon":0.25,"qk_norm_epsilon":0.125,"norm_kind":"rms_norm",
      "parameters":{"norm1":{"weight":"n1"},"qkv":"qkv","query_norm":{"weight":"qn"},"context_norm":{"weight":"cn"},
      "output":"o","norm2":{"weight":"n2"},"fc1":"f1","hidden_norm":{"weight":"hn"},"fc2":"f2"}})"));
  std::vector<double> epsilons;
  for (vit::LayerNormOp norm : graph.all<vit::LayerNormOp>()) {
    EXPECT_TRUE(norm.getRms());
    epsilons.push_back(norm.getEpsilon().convertToDouble());
  }
  EXPECT_EQ(epsilons, (std::vector<double>{0.5, 0.125, 0.25, 0.5, 0.25}));
  EXPECT_EQ(graph.weightShape("cn"), (Shape{8}));
  EXPECT_EQ(graph.weightShape("hn"), (Shape{32}));
  Graph plain =
      valueOf(expand(R"({"name":"n","op":"rms_norm","inputs":"x","epsilon":0.5,"parameters":{"weight":"w"}})"));
  EXPECT_TRUE(cast<vit::LayerNormOp>(plain.output()).getRms());
}

TEST(ExpandBlocks, CrossAttentionWithBias) {
  Graph graph = valueOf(expand(R"({"name":"b","op":"parameter","shape":[2,6,5],"parameters":{"value":"bias"}},
      {"name":"a","op":"attention","inputs":["x","m","b"],"bias_input":true,"heads":2,"width":20,
       "parameters":{"query":"q","key":"k","value":"v","query_norm":"qn","key_norm":{"weight":"kn"},"output":"o"}})"));
  EXPECT_EQ(graph.weightShape("k.weight"), (Shape{8, 10}));
  EXPECT_EQ(graph.weightShape("kn"), (Shape{4}));
  EXPECT_EQ(graph.outputShape(), (Shape{6, 20}));
  EXPECT_EQ(llvm::count(graph.kinds(), "layer_norm"), 2);
}

TEST(ExpandBlocks, GatedMlp) {
  Graph halves = valueOf(expand(R"({"name":"g","op":"mlp","inputs":"x","hidden_size":12,"gate":"second_half",
      "activation":"silu","parameters":{"fc1":"a","fc2":"b"}})"));
  EXPECT_EQ(halves.weightShape("a.weight"), (Shape{24, 8}));
  auto gate = halves.all<vit::ActivationOp>()[0].getInput().getDefiningOp<vit::LinearOp>();
  EXPECT_EQ(gate.getWeight().getDefiningOp<vit::WeightSliceOp>().getOffset(), 12u);
  Graph separate = valueOf(expand(R"({"name":"g","op":"mlp","inputs":"x","hidden_size":12,"gate":"separate",
      "parameters":{"fc1":"a","gate":"g","fc2":"b"}})"));
  EXPECT_EQ(separate.weightShape("g.weight"), (Shape{12, 8}));
}

TEST(ExpandBlocks, OrdersOfNormalisation) {
  auto last = [](llvm::StringRef order) {
    Graph graph = valueOf(expand((R"({"name":"e","op":"encoder_block","inputs":"x","heads":2,"hidden_size":4,
        "epsilon":0,"norm":")" + order +
                                  R"(","parameters":{"norm1":"n1","qkv":"q","output":"o","norm2":"n2","fc1":"f1",
        "fc2":"f2","layer_scale1":"s1","layer_scale2":"s2"}})")
                                     .str()));
    Kinds kinds = graph.kinds();
    return Kinds(kinds.end() - 3, kinds.end());
  };
  EXPECT_EQ(last("pre"), (Kinds{"linear", "mul", "add"}));
  EXPECT_EQ(last("post"), (Kinds{"mul", "add", "layer_norm"}));
  EXPECT_EQ(last("residual_post"), (Kinds{"mul", "layer_norm", "add"}));
}

TEST(ExpandBlocks, DecoderBlock) {
  Graph graph = valueOf(expand(R"({"name":"d","op":"decoder_block","inputs":["x","m"],"heads":4,"hidden_size":16,
      "epsilon":0,"parameters":{"norm1":"n1","self_qkv":"s","self_output":"so","norm2":"n2","cross_query":"cq",
      "cross_key":"ck","cross_value":"cv","cross_output":"co","norm3":"n3","fc1":"f1","fc2":"f2"}})"));
  EXPECT_EQ(graph.outputShape(), (Shape{6, 8}));
  EXPECT_EQ(graph.weightShape("cv.weight"), (Shape{8, 10}));
}

TEST(ExpandBlocks, PrimitivesInferTheirShapes) {
  Graph graph = valueOf(expand(R"({"name":"t","op":"transpose","inputs":"image","permutation":[1,2,0]},
      {"name":"c","op":"conv2d","out_channels":6,"kernel_size":3,"stride":[2,3],"padding":[1,0,1,2],"dilation":[1,2],"groups":3,
       "parameters":{"weight":"c"}},
      {"name":"r","op":"reshape","shape":[-1,6]},{"name":"s","op":"slice","dim":0,"offset":2,"size":3},
      {"name":"k","op":"concat","inputs":["s","r"],"dim":0},{"name":"n","op":"reduce_mean","dim":1}, 
      {"name":"u","op":"mul","inputs":["k","n"]})"));
  EXPECT_EQ(graph.weightShape("c"), (Shape{6, 1, 3, 3}));
  EXPECT_EQ(graph.outputShape(), (Shape{19, 6}));
}

TEST(ExpandBlocks, MapsOfPatches) {
  Graph graph =
      valueOf(expand(R"({"name":"p","op":"patch_embedding","inputs":"image","width":5,"patch_size":4,"parameters":"p"},
      {"name":"t","op":"prefix_tokens","parameters":{"class_token":"c"}},{"name":"q","op":"patch_map"},
      {"name":"i","op":"transpose","inputs":"image","permutation":[1,2,0]},
      {"name":"r","op":"resize2d","kind":"bilinear","inputs":["q","i"]})"));
  EXPECT_EQ(graph.outputShape(), (Shape{8, 12, 5}));
}

TEST(ExpandBlocks, NormsOfWholeMapsAndPooling) {
  Graph graph = valueOf(expand(R"({"name":"g","op":"group_norm","inputs":"image","groups":3,"parameters":"g"},
      {"name":"r","op":"global_response_norm","parameters":"r"},
      {"name":"p","op":"adaptive_average_pool","size":[2,10]},
      {"name":"a","op":"reshape","shape":[-1,4]},
      {"name":"s","op":"reshape_as","inputs":["a","p"]})"));
  EXPECT_EQ(graph.weightShape("g.weight"), (Shape{12}));
  EXPECT_EQ(graph.weightShape("r.bias"), (Shape{1, 12}));
  EXPECT_EQ(graph.outputShape(), (Shape{2, 10, 12}));
  EXPECT_EQ(errorOf(R"({"name":"g","op":"group_norm","inputs":"x","groups":3})"),
            "/nodes/0/groups (line 2, node 'g'): 3 groups do not divide 8 channels");
  EXPECT_EQ(
      errorOf(R"({"name":"p","op":"adaptive_average_pool","inputs":"x","size":2})"),
      "/nodes/0/inputs (line 2, node 'p'): expected a map (height x width x channels), the input has shape [6, 8]");
  EXPECT_EQ(errorOf(R"({"name":"p","op":"adaptive_average_pool","inputs":"image","size":5000})"),
            "/nodes/0/size (line 2, node 'p'): 5000 windows are too many, expected at most 4096");
  EXPECT_EQ(errorOf(R"({"name":"r","op":"reshape_as","inputs":["x","m"]})"),
            "/nodes/0/inputs (line 2, node 'r'): shapes [6, 8] and [5, 10] have not as many elements");
}

TEST(ExpandBlocks, ReportsWhatDoesNotFit) {
  EXPECT_EQ(errorOf(R"({"name":"q","op":"patch_map","inputs":"x"})"),
            "/nodes/0 (line 2, node 'q'): it is not known which tokens are patches of an image: give their 'grid'");
  EXPECT_EQ(errorOf(R"({"name":"q","op":"patch_map","inputs":"x","grid":[2,3],"trailing":1})"),
            "/nodes/0/trailing (line 2, node 'q'): there are fewer tokens beside the patches");
  EXPECT_EQ(errorOf(R"({"name":"r","op":"resize2d","inputs":"image","kind":"nearest"})"),
            "/nodes/0/size (line 2, node 'r'): is given, or a second input that has it: one of them");
  EXPECT_EQ(
      errorOf(R"({"name":"r","op":"resize2d","inputs":["image","x"],"kind":"nearest"})"),
      "/nodes/0/inputs (line 2, node 'r'): expected a map (height x width x channels), the input has shape [6, 8]");
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
      errorOf(
          R"({"name":"a","op":"attention","inputs":["image","x"],"heads":2,"parameters":{"query":"q","key":"k","value":"v","output":"o"}})"),
      "/nodes/0/inputs (line 2, node 'a'): queries, keys and values are not of as many sequences: [3, 8, 12], [6, 8] "
      "and [6, 8]");
  EXPECT_EQ(
      errorOf(
          R"({"name":"a","op":"attention","inputs":"image","heads":2,"rotary":"halves","parameters":{"qkv":"q","output":"o"}})"),
      "/nodes/0/inputs (line 2, node 'a'): relative and rotary positions are for one sequence; give sequences a bias");
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
            "/nodes/0/inputs (line 2, node 'a'): expected shapes that broadcast, but got [6, 8] and [5, 10]");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"matmul","inputs":["x","m"]})"),
            "/nodes/0/inputs (line 2, node 'a'): expected the same contracted dimension, but got 8 and 5");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"concat","inputs":["x","m"],"dim":0})"),
            "/nodes/0/inputs (line 2, node 'a'): expected inputs that differ in dimension 0 only, but got [6, 8] and "
            "[5, 10]");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"reduce_max","inputs":"x","dim":2})"),
            "/nodes/0/dim (line 2, node 'a'): expected dim to be a dimension of a tensor of rank 2, but got 2");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"transpose","inputs":"x","permutation":[1,1]})"),
            "/nodes/0/permutation (line 2, node 'a'): expected a permutation of 2 dimensions, but got [1, 1]");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"transpose","inputs":"image","permutation":[1,2,0]},
      {"name":"c","op":"conv2d","out_channels":6,"kernel_size":3,"dilation":1048576,"parameters":{"weight":"c"}})"),
            "/nodes/1/kernel_size (line 3, node 'c'): expected a dilated kernel of at most 8 (the padded input) in "
            "dimension 0, but got 2097153");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"reshape","inputs":"x","shape":[7,7]})"),
            "/nodes/0/shape (line 2, node 'a'): expected 48 elements in the result as in the input, but got 49");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"reshape","inputs":"x","shape":[2147483648,2147483648,2147483648]})"),
            "/nodes/0 (line 2, node 'a'): a tensor of shape [2147483648, 2147483648, 2147483648] is too large");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"reshape","inputs":"x","shape":[5,-1]})").substr(0, 35),
            "/nodes/0/shape (line 2, node 'a'): ");
  EXPECT_EQ(
      errorOf(R"({"name":"a","op":"slice","inputs":"x","dim":1,"offset":7,"size":2})"),
      "/nodes/0/offset (line 2, node 'a'): expected a range within the 8 elements of dimension 1, but got 2 from 7");
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

TEST(ExpandBlocks, NodesKnowTheirShapes) {
  Graph graph = valueOf(expand(R"({"name":"a","op":"mlp","inputs":"x","hidden_size":4,"parameters":
      {"fc1":"a","fc2":"b"}},{"name":"b","op":"activation","kind":"none"},{"name":"c","op":"pooling","kind":"mean"})"));
  EXPECT_EQ(graph.imported.nodeShapes, (std::vector<Shape>{{6, 8}, {6, 8}, {8}}));
}

TEST(ExpandBlocks, OutputsAreValuesOfNodes) {
  Graph graph = valueOf(expand(R"({"name":"a","op":"softmax","inputs":"x"},{"name":"b","op":"scale","factor":2})",
                               R"({"name":"a","from":"b"},{"name":"b","from":"a"},{"name":"x","from":"x"})"));
  EXPECT_TRUE(isa<vit::ScaleOp>(graph.output(0)));
  EXPECT_TRUE(isa<vit::SoftmaxOp>(graph.output(1)));
  EXPECT_FALSE(graph.output(2));
}

/// What has no expander of its own becomes the op of its name.
TEST(ExpandBlocks, OpsOfTheTableAreThoseOfTheDialect) {
  importContext().loadDialect<vit::VitDialect>();
  for (const OpSpec &spec : opSpecs()) {
    if (spec.isBlock || !spec.parameters.empty() ||
        llvm::is_contained({"softmax", "pool2d", "activation", "reshape", "slice", "cast"}, llvm::StringRef(spec.name)))
      continue;
    std::optional<RegisteredOperationName> op =
        RegisteredOperationName::lookup("vit." + std::string(spec.name), &importContext());
    ASSERT_TRUE(op) << spec.name;
    EXPECT_TRUE(op->hasInterface<InferTypeOpInterface>()) << spec.name;
    std::set<llvm::StringRef> attributes, described;
    for (StringAttr name : op->getAttributeNames())
      attributes.insert(name.strref());
    for (const AttributeSpec &attribute : spec.attributes)
      described.insert(attribute.name);
    EXPECT_EQ(attributes, described) << spec.name;
  }
}

TEST(BindWeights, ChecksEveryTensor) {
  const char *nodes = R"({"name":"l","op":"linear","inputs":"x","out_features":3,"parameters":"l"},
      {"name":"c","op":"prefix_tokens","inputs":"l","parameters":{"class_token":"c"}})";
  auto bind = [&](std::map<std::string, TensorInfo> tensors, std::vector<std::string> ignored) {
    Graph graph = valueOf(expand(nodes));
    return llvm::toString(bindWeights(graph.imported, NamedShapes(std::move(tensors)), ignored));
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
  EXPECT_EQ(bind(with("rest.0.x", {}), {}),
            "weights: tensor rest.0.x: is not used by the model; --ignore-tensors=rest.0.x leaves it out");
  EXPECT_EQ(bind(with("rest.0.x", {}), {"rest.*.x"}), "");
  EXPECT_EQ(bind(with("rest.0.x", {}), {"rest.*.y", "*x.", "est.*"}),
            "weights: tensor rest.0.x: is not used by the model; --ignore-tensors=rest.0.x leaves it out");
  good.erase("l.bias");
  EXPECT_EQ(bind(good, {}), "weights: tensor l.bias: is missing, node 'l' needs it with shape [3]; the nearest name in "
                            "the file is 'l.weight'");
}
