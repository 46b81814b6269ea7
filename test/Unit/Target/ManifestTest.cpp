//===- ManifestTest.cpp - what a compiled model says about itself ---------===//

#include "vitc/Target/Manifest.h"

#include "vitc/Description/DescriptionWriter.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace vitc;
using testing::HasSubstr;
using testing::Not;

namespace {

ModelDescription makeDescription() {
  ModelDescription description;
  description.name = "tiny \"vit\"";
  ModelInput input;
  input.name = "pixel_values";
  input.shape = {3, 8, 8};
  input.isImage = true;
  input.preprocessing = {{"decode", "", {3}},
                         {"resize_shortest_edge", "bicubic", {9}},
                         {"resize", "bilinear", {8, 8}},
                         {"center_crop", "", {8, 8}},
                         {"rescale", "", {0.00390625}},
                         {"normalize", "", {0.5, 0.25, 0.125, 1, 2, 4}}};
  description.inputs = {input};
  description.scores = Scores::Softmax;
  return description;
}

ManifestOptions makeOptions() {
  ManifestOptions options;
  options.descriptionHash = std::string(64, 'd');
  ManifestEntryPoint &entry = options.entryPoints.emplace_back();
  entry.name = "main";
  entry.inputs = {{"pixel_values", "f32", {3, 8, 8}, makeDescription().inputs[0].preprocessing, {}}};
  entry.outputs = {{"logits", "f32", {2}, {}, {"cat", "\"hash\":\"" + std::string(64, '0') + "\""}}};
  entry.arenaBytes = 64;
  entry.scratchBytes = 128;
  options.variants = {{"znver3", {"avx2", "fma"}}};
  options.triple = "x86_64-unknown-linux-gnu";
  options.batch = 4;
  options.weightsBytes = uint64_t(5) << 30;
  return options;
}

TEST(Manifest, WholeText) {
  const ModelDescription description = makeDescription();
  const std::string zeros(64, '0');
  const std::string preprocessing =
      R"json("preprocessing":{"version":1,"steps":[{"step":"decode","channels":3},)json"
      R"json({"step":"resize_shortest_edge","edge":9,"filter":"bicubic"},)json"
      R"json({"step":"resize","height":8,"width":8,"filter":"bilinear"},)json"
      R"json({"step":"center_crop","height":8,"width":8},{"step":"rescale","factor":0.00390625},)json"
      R"json({"step":"normalize","mean":[0.5,0.25,0.125],"std":[1.0,2.0,4.0]}]})json";
  const std::string labels = R"json("labels":["cat","\"hash\":\")json" + zeros + R"json(\""])json";
  const std::string memory = R"json("memory":{"arena_bytes":64,"scratch_bytes":128})json";
  std::string expected =
      R"json({"format":"vitc","manifest_version":2,"name":"tiny \"vit\"","compiler":"vitc 0.1.0 (LLVM 19.1.7)",)json"
      R"json("abi_version":3,"target":{"triple":"x86_64-unknown-linux-gnu","cpu":"znver3",)json"
      R"json("features":["avx2","fma"]},"options":{"batch":4,"precision":"f32","attention":"f32"},"description_hash":")json";
  expected += std::string(64, 'd');
  expected += R"json(","weights":{"bytes":5368709120,"hash":")json" + zeros;
  expected += R"json("},"program_hash":")json" + zeros;
  expected += R"json(","inputs":[{"name":"pixel_values","dtype":"f32","shape":[3,8,8]}],)json"
              R"json("outputs":[{"name":"logits","dtype":"f32","shape":[2]}],"scores":"softmax",)json";
  expected += labels + "," + preprocessing + "," + memory;
  expected +=
      R"json(,"entry_points":[{"name":"main","inputs":[{"name":"pixel_values","dtype":"f32","shape":[3,8,8],)json";
  expected += preprocessing + R"json(}],"outputs":[{"name":"logits","dtype":"f32","shape":[2],)json" + labels;
  expected += "}]," + memory + R"json(}],"variants":[{"cpu":"znver3","features":["avx2","fma"]}]})json";
  EXPECT_EQ(buildManifest(description, makeOptions()), expected);
}

// At the top stands what the first of each are, and the memory for any of them.
TEST(Manifest, SeveralEntryPointsAndVariants) {
  ManifestOptions options = makeOptions();
  ManifestEntryPoint &small = options.entryPoints.front();
  small.name = "8x8";
  ManifestEntryPoint large = small;
  large.name = "16x8";
  large.inputs[0].shape = {3, 16, 8};
  large.inputs[0].preprocessing = {{"decode", "", {1}}};
  large.outputs[0].labels = {};
  large.arenaBytes = 1024;
  large.scratchBytes = 32;
  options.entryPoints.push_back(large);
  options.variants.push_back({"x86-64", {}});
  const std::string manifest = buildManifest(makeDescription(), options);
  EXPECT_THAT(manifest, HasSubstr(R"("inputs":[{"name":"pixel_values","dtype":"f32","shape":[3,8,8]}],"outputs")"));
  EXPECT_THAT(manifest,
              HasSubstr(R"(},"memory":{"arena_bytes":1024,"scratch_bytes":128},"entry_points":[{"name":"8x8")"));
  EXPECT_THAT(manifest,
              HasSubstr(R"("memory":{"arena_bytes":64,"scratch_bytes":128}},{"name":"16x8","inputs":[)"
                        R"({"name":"pixel_values","dtype":"f32","shape":[3,16,8],"preprocessing":{"version":1,)"
                        R"("steps":[{"step":"decode","channels":1}]}}],"outputs":[)"
                        R"({"name":"logits","dtype":"f32","shape":[2]}],)"
                        R"("memory":{"arena_bytes":1024,"scratch_bytes":32}}],)"));
  EXPECT_THAT(manifest, HasSubstr(R"("variants":[{"cpu":"znver3","features":["avx2","fma"]},{"cpu":"x86-64",)"
                                  R"("features":[]}]})"));
}

TEST(Manifest, PlaceOfTheHash) {
  const std::string manifest = buildManifest(makeDescription(), makeOptions()), member = unknownWeightsHash();
  const size_t at = manifest.find(member);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(manifest.find(member, at + 1), std::string::npos);
  EXPECT_EQ(weightsHashMember(std::string(64, 'f')).size(), member.size());
}

TEST(Manifest, LeavesOutWhatAModelHasNot) {
  ModelDescription description = makeDescription();
  description.scores = Scores::None;
  ManifestOptions options = makeOptions();
  options.entryPoints[0].inputs[0].preprocessing.clear();
  options.entryPoints[0].outputs[0].labels.clear();
  const std::string manifest = buildManifest(description, options);
  EXPECT_THAT(manifest, Not(HasSubstr("labels")));
  EXPECT_THAT(manifest, Not(HasSubstr("preprocessing")));
  EXPECT_THAT(manifest, HasSubstr("\"scores\":\"none\""));
}

} // namespace
