//===- ExpandPositionsTest.cpp ----------------------------------*- C++ -*-===//
//
// As ExpandBlocksTest.cpp, for positions: added to tokens, to scores, and rotations.
//
//===----------------------------------------------------------------------===//

#include "ExpandedGraph.h"

using namespace mlir;
using namespace vitc;
using namespace vitc::test;

namespace {

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

TEST(ExpandPositions, ResampledPositions) {
  Graph graph = valueOf(expand(positionEmbedding(R"(,"resample":"bicubic","source_grid":[4,5])")));
  EXPECT_EQ(graph.weightShape("e"), (Shape{1, 21, 8}));
  std::vector<vit::WeightResampleOp> resamples = graph.all<vit::WeightResampleOp>();
  ASSERT_EQ(resamples.size(), 1u);
  EXPECT_EQ(shapeOf(resamples[0]), (Shape{7, 8}));
  EXPECT_EQ(resamples[0].getLeading(), 1u);
  // The grid that the table is for needs nothing.
  graph = valueOf(expand(positionEmbedding(R"(,"resample":"bicubic","source_grid":[2,3])")));
  EXPECT_TRUE(graph.all<vit::WeightResampleOp>().empty());
  // A grid that is not known is given; tokens may stand behind it.
  graph = valueOf(expand(R"({"name":"e","op":"position_embedding","inputs":"x","parameters":{"value":"e"},"grid":2,
      "trailing":1,"resample":"bilinear","source_grid":3})"));
  EXPECT_EQ(graph.weightShape("e"), (Shape{1, 11, 8}));

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

TEST(ExpandPositions, SquarePositions) {
  // The patches are 4 x 6.
  const char *positions =
      R"({"name":"p","op":"patch_embedding","inputs":"image","width":8,"patch_size":2,"parameters":"p"},
      {"name":"e","op":"position_embedding","parameters":{"value":"e"},"square":true)";
  Graph graph = valueOf(expand(std::string(positions) + R"(,"resample":"bilinear","source_grid":5})"));
  std::vector<vit::WeightResampleOp> resamples = graph.all<vit::WeightResampleOp>();
  ASSERT_EQ(resamples.size(), 1u);
  EXPECT_EQ(resamples[0].getTo()[0], resamples[0].getTo()[1]);
  EXPECT_EQ(graph.weightShape("e"), (Shape{1, 25, 8}));
  EXPECT_EQ(errorOf(std::string(positions) + "}"), "/nodes/1/square (line 3, node 'e'): goes with 'resample'");
  EXPECT_EQ(errorOf(positionEmbedding(R"(,"square":true,"resample":"bilinear","source_grid":5)")),
            "/nodes/2/square (line 3, node 'e'): is for positions of patches alone");
}

TEST(ExpandPositions, ResampledKernels) {
  const std::string patches =
      R"({"name":"p","op":"patch_embedding","inputs":"image","width":8,"patch_size":2,"parameters":"p")";
  Graph graph = valueOf(expand(patches + R"(,"resample":"bilinear","source_patch_size":[3,2]})"));
  EXPECT_EQ(graph.weightShape("p.weight"), (Shape{8, 3, 3, 2}));
  std::vector<vit::WeightResampleKernelOp> kernels = graph.all<vit::WeightResampleKernelOp>();
  ASSERT_EQ(kernels.size(), 1u);
  EXPECT_EQ(shapeOf(kernels[0]), (Shape{8, 3, 2, 2}));
  graph =
      valueOf(expand(patches + R"(,"weight_layout":"channels_last","resample":"bilinear","source_patch_size":[3,2]})"));
  EXPECT_EQ(graph.weightShape("p.weight"), (Shape{8, 18}));
  // A size that is what it should be needs nothing.
  graph = valueOf(expand(patches + R"(,"resample":"bilinear","source_patch_size":2})"));
  EXPECT_TRUE(graph.all<vit::WeightResampleKernelOp>().empty());
  EXPECT_EQ(errorOf(patches + R"(,"resample":"bilinear"})"),
            "/nodes/0/resample (line 2, node 'p'): goes with 'source_patch_size': both are given or none");
}

TEST(ExpandPositions, FixedPositions) {
  Graph graph = valueOf(expand(positionEmbedding(R"(,"kind":"sincos_2d")", "{}")));
  EXPECT_EQ(graph.outputShape(), (Shape{7, 8}));
  ASSERT_EQ(graph.all<vit::WeightSinusoidsOp>().size(), 1u);
  EXPECT_EQ(shapeOf(graph.all<vit::WeightSinusoidsOp>()[0]), (Shape{2, 6, 4}));
  graph = valueOf(expand(positionEmbedding(R"(,"kind":"sinusoidal")", "{}")));
  EXPECT_EQ(shapeOf(graph.all<vit::WeightSinusoidsOp>()[0]), (Shape{2, 7, 4}));
}

TEST(ExpandPositions, RelativePositions) {
  std::string both = std::string(tokens) + attention + R"(,"relative_positions":"r","shared_relative_positions":"s"})";
  Graph graph = valueOf(expand(both + "}"));
  EXPECT_EQ(graph.weightShape("r"), (Shape{18, 2}));
  EXPECT_EQ(graph.weightShape("s"), (Shape{18, 2}));
  EXPECT_EQ(graph.all<vit::WeightRelativePositionBiasOp>().size(), 2u);
  EXPECT_EQ(shapeOf(graph.all<vit::WeightRelativePositionBiasOp>()[0]), (Shape{2, 7, 7}));
  EXPECT_EQ(graph.all<vit::AddOp>().size(), 2u);
  graph = valueOf(expand(both + R"(,"relative_table":[9,5],"relative_resample":"bilinear"})"));
  EXPECT_EQ(graph.weightShape("r"), (Shape{48, 2}));
  EXPECT_EQ(graph.all<vit::WeightResampleOp>().size(), 2u);

  EXPECT_EQ(errorOf(both + R"(,"relative_table":[9,5]})"), "/nodes/2/relative_table (line 3, node 'a'): [9, 5] is not "
                                                           "[3, 5], as the patches need it: give 'relative_resample'");
  EXPECT_EQ(errorOf(both + R"(,"relative_table":[4,5],"relative_resample":"geometric"})"),
            "/nodes/2/relative_table (line 3, node 'a'): expected odd sizes from 3 on for geometric resampling");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","heads":2,"inputs":"x","grid":2,
      "parameters":{"qkv":"qkv","relative_positions":"r"}})"),
            "/nodes/0/parameters (line 3, node 'a'): relative positions are for patches and a class token, but there "
            "are 2 other tokens");
}

TEST(ExpandPositions, DecomposedPositions) {
  const std::string start =
      R"({"name":"a","op":"attention","inputs":"image","heads":2,"parameters":{"qkv":"q","output":"o")";
  const std::string tables = start + R"(,"relative_rows":"r","relative_columns":"c"})";
  // Three sequences of eight tokens.
  Graph graph = valueOf(expand(tables + R"(,"grid":[4,2]})"));
  EXPECT_EQ(graph.weightShape("r"), (Shape{7, 6}));
  EXPECT_EQ(graph.weightShape("c"), (Shape{3, 6}));
  ASSERT_EQ(graph.all<vit::DecomposedPositionsOp>().size(), 1u);
  EXPECT_EQ(shapeOf(graph.all<vit::DecomposedPositionsOp>()[0]), (Shape{3, 2, 8, 8}));
  EXPECT_EQ(graph.all<vit::WeightReverseOp>().size(), 2u);
  EXPECT_EQ(graph.all<vit::WeightResampleOp>().size(), 0u);
  graph = valueOf(expand(tables + R"(,"grid":[4,2],"relative_table":[9,3],"relative_resample":"bilinear"})"));
  EXPECT_EQ(graph.weightShape("r"), (Shape{9, 6}));
  EXPECT_EQ(graph.all<vit::WeightResampleOp>().size(), 1u);

  EXPECT_EQ(errorOf(tables + "}"),
            "/nodes/0 (line 2, node 'a'): it is not known how the tokens of a sequence lie: give their 'grid'");
  EXPECT_EQ(errorOf(tables + R"(,"grid":[2,2]})"),
            "/nodes/0/grid (line 2, node 'a'): decomposed relative positions are "
            "for patches alone: [2, 2] are not the 8 tokens");
  EXPECT_EQ(errorOf(tables + R"(,"grid":[4,2],"relative_table":[9,3]})"),
            "/nodes/0/relative_table (line 2, node 'a'): 9 is not 7, as the patches need it: give 'relative_resample'");
  EXPECT_EQ(errorOf(tables + R"(,"grid":[4,2],"relative_table":[9,3],"relative_resample":"geometric"})"),
            "/nodes/0/relative_resample (line 2, node 'a'): 'geometric' is for tables of rows and columns together");
  EXPECT_EQ(errorOf(start + R"(,"relative_rows":"r"},"grid":[4,2]})"),
            "/nodes/0/parameters (line 2, node 'a'): 'relative_rows' and 'relative_columns' are both given or none");
}

TEST(ExpandPositions, RotaryPositions) {
  std::string start = std::string(tokens) + attention + "}";
  Graph graph = valueOf(expand(start + R"(,"rotary":"halves","rotary_coordinates":"centred"})"));
  std::vector<vit::WeightSinusoidsOp> tables = graph.all<vit::WeightSinusoidsOp>();
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(shapeOf(tables[0]), (Shape{2, 6, 2}));
  // Two turns across the image; the first of three columns is a third of the image left of its middle.
  EXPECT_DOUBLE_EQ(tables[0].getStep()[1], 4 * M_PI / 3);
  EXPECT_DOUBLE_EQ(tables[0].getOrigin()[1], -4 * M_PI / 3);
  EXPECT_EQ(graph.all<vit::RotaryOp>().size(), 2u);
  graph = valueOf(expand(start + R"(,"rotary":"interleaved","rotary_offset":1,"rotary_grid":6,"rotary_axes":"xy"})"));
  tables = graph.all<vit::WeightSinusoidsOp>();
  EXPECT_EQ(tables[0].getStep(), llvm::ArrayRef<double>({3, 2}));
  EXPECT_EQ(tables[0].getOrigin(), llvm::ArrayRef<double>({3, 2}));
  EXPECT_TRUE(tables[0].getLastAxisFirst());

  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","heads":4,"inputs":"x","grid":2,"rotary":"halves",
      "parameters":{"qkv":"qkv"}})"),
            "/nodes/0/rotary (line 2, node 'a'): needs heads whose features 4 divides, but there are 2");
  EXPECT_EQ(errorOf(R"({"name":"a","op":"attention","heads":2,"inputs":["x","m"],"grid":2,"rotary":"halves",
      "parameters":{"query":"q","key":"k","value":"v"}})"),
            "/nodes/0/inputs (line 2, node 'a'): relative and rotary positions are for self-attention");
}
