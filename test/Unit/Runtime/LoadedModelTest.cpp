//===- LoadedModelTest.cpp - models through the C++ interface -------------===//

#include "vitc/RuntimeHost/LoadedModel.h"

#include "TestModels.h"
#include "fake_program.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <numeric>
#include <thread>

using namespace vitc;

namespace {

constexpr int imageFloats = FAKE_CHANNELS * FAKE_PIXELS;

/// The logits of the fake model for three images.
std::vector<float> logitsOf(ModelInstance &instance) {
  std::vector<float> images(3 * imageFloats), logits(3 * FAKE_CLASSES), hidden(3 * imageFloats);
  std::iota(images.begin(), images.end(), 0.0f);
  std::optional<HostError> error = instance.run(3, {images.data()}, {logits.data(), hidden.data()});
  EXPECT_FALSE(error) << error->line();
  EXPECT_EQ(hidden[1], 3.0f);
  return logits;
}

TEST(LoadedModel, RunsAndDescribes) {
  HostExpected<LoadedModel> model = LoadedModel::load(testModel("fake"));
  ASSERT_TRUE(model) << model.error().line();
  EXPECT_EQ(model->file().manifest, "{\"name\":\"fake\",\"program_hash\":\"" + std::string(64, '0') + "\"}");
  ASSERT_EQ(model->inputs().size(), 1u);
  EXPECT_STREQ(model->inputs()[0].name, "pixel_values");
  ASSERT_EQ(model->outputs().size(), 2u);
  EXPECT_STREQ(model->outputs()[1].name, "hidden");
  EXPECT_TRUE(model->inputs(1).empty());
  ASSERT_EQ(model->preprocessing().size(), 2u);
  EXPECT_STREQ(model->preprocessing()[1].kind, "normalize");
  EXPECT_STREQ(model->api().label(2), "cat");

  HostExpected<ModelInstance> one = model->createInstance({1, 0, nullptr});
  HostExpected<ModelInstance> four = model->createInstance({4, 0, nullptr});
  ASSERT_TRUE(one);
  ASSERT_TRUE(four);
  EXPECT_EQ(four->info().threads, 4u);
  std::vector<float> logits = logitsOf(*one);
  EXPECT_EQ(logits, logitsOf(*four));
  EXPECT_EQ(logits[0], 3.0f * (0 + 5 + 10 + 15) - 0.5f * (20 + 25 + 30) + 0.5f * (35 + 40 + 45));
}

TEST(LoadedModel, InstancesOfTwoThreadsAreIndependent) {
  HostExpected<LoadedModel> model = LoadedModel::load(testModel("fake"));
  ASSERT_TRUE(model);
  std::vector<float> results[2];
  auto use = [&](int index) {
    HostExpected<ModelInstance> instance = model->createInstance({2, 0, nullptr});
    ASSERT_TRUE(instance);
    for (int i = 0; i < 100; ++i)
      results[index] = logitsOf(*instance);
  };
  std::thread other(use, 1);
  use(0);
  other.join();
  EXPECT_EQ(results[0], results[1]);
}

TEST(LoadedModel, FindsFilesInTheCurrentDirectory) {
  ASSERT_EQ(chdir(TEST_MODELS_DIR), 0);
  HostExpected<LoadedModel> model = LoadedModel::load("fake.so");
  EXPECT_TRUE(model) << model.error().line();
}

TEST(LoadedModel, RefusesWhatIsNotAModelWithoutLoadingIt) {
  HostExpected<LoadedModel> model = LoadedModel::load("/proc/self/exe");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().line(),
            "error: /proc/self/exe: ELF notes: no manifest of vitc, expected a model compiled by vitc");
}

TEST(LoadedModel, NamesTheMissingCpuFeature) {
  HostExpected<LoadedModel> model = LoadedModel::load(testModel("fake_needs_unknown"));
  ASSERT_TRUE(model) << model.error().line();
  HostExpected<ModelInstance> instance = model->createInstance();
  ASSERT_FALSE(instance);
  EXPECT_EQ(instance.error().line(), "error: " + testModel("fake_needs_unknown") +
                                         ": create: the model was compiled for x86-64 and needs teleport, which this "
                                         "runtime does not know");
}

TEST(LoadedModel, ReportsBadRuns) {
  HostExpected<LoadedModel> model = LoadedModel::load(testModel("fake"));
  ASSERT_TRUE(model);
  HostExpected<ModelInstance> instance = model->createInstance({1, 0, nullptr});
  ASSERT_TRUE(instance);
  auto messageOf = [](std::optional<HostError> error) { return error ? error->message : "no error"; };
  EXPECT_EQ(messageOf(instance->run(1, {}, {nullptr})), "0 inputs and 1 outputs, expected 1 and 2");
  EXPECT_EQ(messageOf(instance->run(1, {nullptr}, {nullptr, nullptr})), "input 'pixel_values' is NULL");
  EXPECT_EQ(messageOf(instance->run(1, {}, {}, 3)), "there is no entry point 3");
}

} // namespace
