//===- PostprocessTest.cpp - from a model's outputs to an answer ----------===//
//
// What the libraries' processors make of pictures is test/Integration/answers.test's; here is what those do not show.
//
//===----------------------------------------------------------------------===//

#include "vitc/Postprocessing/Postprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace vitc;

namespace {
constexpr float kNaN = NAN;

/// The message for a rule of these members.
std::string errorOf(const std::string &members) {
  std::string error;
  bool isThere = false;
  const auto rule = parsePostprocessing(R"({"postprocessing":{)" + members + "}}", isThere, error);
  EXPECT_TRUE(isThere);
  EXPECT_FALSE(rule) << members;
  return error;
}
} // namespace

TEST(Postprocess, ReadsRules) {
  std::string error;
  bool isThere = true;
  EXPECT_FALSE(parsePostprocessing(R"({"name":"main"})", isThere, error));
  EXPECT_FALSE(isThere);
  const auto rule = parsePostprocessing(
      R"({"postprocessing":{"version":1,"kind":"detection","logits":"l","boxes":"b","scores":"sigmoid","threshold":0.25,"top":7}})",
      isThere, error);
  ASSERT_TRUE(rule) << error;
  const auto &detection = std::get<DetectionRule>(*rule);
  EXPECT_EQ(detection.logits, "l");
  EXPECT_EQ(detection.boxes, "b");
  EXPECT_EQ(detection.scores, DetectionRule::Scores::Sigmoid);
  EXPECT_EQ(detection.threshold, 0.25);
  EXPECT_EQ(detection.top, 7);
}

TEST(Postprocess, AnUnknownRuleIsAnError) {
  EXPECT_EQ(errorOf(R"("version":2,"kind":"depth")"), "/postprocessing/version: expected version 1");
  EXPECT_EQ(errorOf(R"("version":1,"kind":"pose")"),
            R"(/postprocessing/kind: expected "segmentation", "detection" or "depth")");
  EXPECT_EQ(errorOf(R"("version":1,"kind":"segmentation")"), R"(/postprocessing: no "output")");
  EXPECT_EQ(errorOf(R"("version":1,"kind":"segmentation","output":3)"),
            "/postprocessing/output: expected the name of an output");
  EXPECT_EQ(errorOf(R"("version":1,"kind":"segmentation","output":"y","palette":"x")"),
            "/postprocessing/palette: unknown key");
  EXPECT_EQ(errorOf(R"("version":1,"kind":"depth","output":"y","filter":"box")"),
            R"(/postprocessing/filter: expected "bilinear" or "bicubic")");
  EXPECT_EQ(
      errorOf(R"("version":1,"kind":"detection","logits":"l","boxes":"b","scores":"softmax","threshold":1.5,"top":1)"),
      "/postprocessing/threshold: expected a number from 0 to 1");
  EXPECT_EQ(
      errorOf(R"("version":1,"kind":"detection","logits":"l","boxes":"b","scores":"softmax","threshold":0,"top":0)"),
      "/postprocessing/top: expected an integer from 1 to 1048576");
}

TEST(Postprocess, TheFirstOfEqualClassesWinsAndNaNOverAll) {
  const auto classOf = [](std::vector<float> scores) { return segment(scores.data(), {3, 1, 1}, 1, 1, 1).classes[0]; };
  EXPECT_EQ(classOf({1, 1, 0}), 0);
  EXPECT_EQ(classOf({0, 2, 2}), 1);
  EXPECT_EQ(classOf({1, 3, kNaN}), 2);
  EXPECT_EQ(classOf({kNaN, 9, kNaN}), 0);
}

TEST(Postprocess, RowsDoNotDependOnThreads) {
  std::vector<float> scores;
  for (int i = 0; i < 5 * 7 * 9; ++i)
    scores.push_back(std::sin(float(i * i)));
  const Segmentation one = segment(scores.data(), {5, 7, 9}, 31, 40, 1);
  for (unsigned threads : {2U, 3U, 64U})
    EXPECT_EQ(segment(scores.data(), {5, 7, 9}, 31, 40, threads).classes, one.classes);
  for (DepthRule::Filter filter : {DepthRule::Filter::Bilinear, DepthRule::Filter::Bicubic})
    EXPECT_EQ(resizeDepth(scores.data(), {1, 7, 9}, filter, 31, 40, 3).values,
              resizeDepth(scores.data(), {1, 7, 9}, filter, 31, 40, 1).values);
}

TEST(Postprocess, TheLastClassIsNothing) {
  // Candidates whose best class is the last, the first, and one that is not a number.
  const float logits[] = {0, 1, 9, 4, 1, 0, kNaN, 0, 0},
              boxes[] = {0.5F, 0.5F, 1, 1, 0.25F, 0.5F, 0.5F, 1, 0, 0.5F, 0.5F, 1};
  DetectionRule rule;
  rule.threshold = 0;
  const std::vector<Detection> all = detect(logits, boxes, 3, 3, rule, 20, 40);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].label, 1);
  EXPECT_LT(all[0].score, 0.01);
  EXPECT_EQ(all[1].label, 0);
  EXPECT_THAT(all[1].box, testing::ElementsAre(0, 0, 20, 20));
  rule.threshold = 0.5;
  EXPECT_EQ(detect(logits, boxes, 3, 3, rule, 20, 40).size(), 1U);
}

TEST(Postprocess, EveryClassOfACandidateCounts) {
  const float logits[] = {2, -1, 3, kNaN}, boxes[] = {0.5F, 0.5F, 1, 1, 0.5F, 0.5F, 0.5F, 0.5F};
  DetectionRule rule;
  rule.scores = DetectionRule::Scores::Sigmoid;
  rule.threshold = 0.1;
  rule.top = 2;
  const std::vector<Detection> best = detect(logits, boxes, 2, 2, rule, 8, 8);
  ASSERT_EQ(best.size(), 2U);
  EXPECT_EQ(best[0].label, 0);
  EXPECT_THAT(best[0].box, testing::ElementsAre(2, 2, 6, 6));
  EXPECT_NEAR(best[1].score, 1 / (1 + std::exp(-2.0)), 1e-12);
  rule.top = 100;
  EXPECT_EQ(detect(logits, boxes, 2, 2, rule, 8, 8).size(), 3U);
}
