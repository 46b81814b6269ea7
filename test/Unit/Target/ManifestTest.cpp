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
  description.labels = {"cat", "\"hash\":\"" + std::string(64, '0') + "\""};
  description.scores = Scores::Softmax;
  return description;
}

std::string makeManifest(const ModelDescription &description) {
  TargetInfo target;
  target.triple = "x86_64-unknown-linux-gnu";
  target.cpu = "znver3";
  target.features = {"avx2", "fma"};
  ManifestOptions options;
  options.inputs = {{"pixel_values", "f32", {3, 8, 8}}};
  options.outputs = {{"logits", "f32", {2}}};
  options.batch = 4;
  options.weightsBytes = uint64_t(5) << 30;
  options.arenaBytes = 64;
  options.scratchBytes = 128;
  return buildManifest(description, target, options);
}

TEST(Manifest, WholeText) {
  const ModelDescription description = makeDescription();
  const std::string zeros(64, '0');
  std::string expected =
      R"json({"format":"vitc","manifest_version":1,"name":"tiny \"vit\"","compiler":"vitc 0.1.0 (LLVM 19.1.7)",)json"
      R"json("abi_version":3,"target":{"triple":"x86_64-unknown-linux-gnu","cpu":"znver3",)json"
      R"json("features":["avx2","fma"]},"options":{"batch":4,"precision":"f32"},"description_hash":")json";
  expected += descriptionHash(description);
  expected += R"json(","weights":{"bytes":5368709120,"hash":")json" + zeros;
  expected += R"json("},"program_hash":")json" + zeros;
  expected += R"json(","inputs":[{"name":"pixel_values","dtype":"f32","shape":[3,8,8]}],)json"
              R"json("outputs":[{"name":"logits","dtype":"f32","shape":[2]}],"scores":"softmax",)json"
              R"json("labels":["cat","\"hash\":\")json";
  expected += zeros;
  expected += R"json(\""],"preprocessing":{"version":1,"steps":[{"step":"decode","channels":3},)json"
              R"json({"step":"resize_shortest_edge","edge":9,"filter":"bicubic"},)json"
              R"json({"step":"resize","height":8,"width":8,"filter":"bilinear"},)json"
              R"json({"step":"center_crop","height":8,"width":8},{"step":"rescale","factor":0.00390625},)json"
              R"json({"step":"normalize","mean":[0.5,0.25,0.125],"std":[1.0,2.0,4.0]}]},)json"
              R"json("memory":{"arena_bytes":64,"scratch_bytes":128}})json";
  EXPECT_EQ(makeManifest(description), expected);
}

TEST(Manifest, PlaceOfTheHash) {
  const std::string manifest = makeManifest(makeDescription()), member = unknownWeightsHash();
  const size_t at = manifest.find(member);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(manifest.find(member, at + 1), std::string::npos);
  EXPECT_EQ(weightsHashMember(std::string(64, 'f')).size(), member.size());
}

TEST(Manifest, LeavesOutWhatAModelHasNot) {
  ModelDescription description = makeDescription();
  description.labels.clear();
  description.inputs[0].preprocessing.clear();
  description.scores = Scores::None;
  const std::string manifest = makeManifest(description);
  EXPECT_THAT(manifest, Not(HasSubstr("labels")));
  EXPECT_THAT(manifest, Not(HasSubstr("preprocessing")));
  EXPECT_THAT(manifest, HasSubstr("\"scores\":\"none\""));
}

} // namespace
