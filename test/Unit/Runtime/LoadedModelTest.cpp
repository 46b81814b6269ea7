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
  std::optional<HostError> error =
      instance.run(3, {{images.data(), images.size() * sizeof(float)}},
                   {{logits.data(), logits.size() * sizeof(float)}, {hidden.data(), hidden.size() * sizeof(float)}});
  EXPECT_FALSE(error) << error->line();
  EXPECT_EQ(hidden[1], 3.0f);
  return logits;
}

TEST(LoadedModel, RunsAndDescribes) {
  HostExpected<LoadedModel> model = LoadedModel::load(testModel("fake"));
  ASSERT_TRUE(model) << model.error().line();
  EXPECT_EQ(model->file().manifest,
            "{\"name\":\"fake\",\"abi_version\":3,\"program_hash\":\"" + std::string(64, '0') + "\"}");
  ASSERT_EQ(model->inputs().size(), 1u);
  EXPECT_STREQ(model->inputs()[0].name, "pixel_values");
  ASSERT_EQ(model->outputs().size(), 2u);
  EXPECT_STREQ(model->outputs()[1].name, "hidden");
  EXPECT_TRUE(model->inputs(1).empty());
  EXPECT_STREQ(model->api().label(0, 0, 2), "cat");

  HostExpected<ModelInstance> one = model->createInstance({1, 0, nullptr});
  HostExpected<ModelInstance> four = model->createInstance({4, 0, nullptr});
  ASSERT_TRUE(one);
  ASSERT_TRUE(four);
  EXPECT_EQ(four->info().threads, 4u);
  std::vector<float> logits = logitsOf(*one);
  EXPECT_EQ(logits, logitsOf(*four));
  EXPECT_EQ(logits[0], 3.0f * (0 + 5 + 10 + 15) - 0.5f * (20 + 25 + 30) + 0.5f * (35 + 40 + 45));
}

TEST(LoadedModel, EntryPointsAndVariants) {
  HostExpected<LoadedModel> model = LoadedModel::load(testModel("two_sizes"));
  ASSERT_TRUE(model) << model.error().line();
  ASSERT_EQ(model->entryPoints().size(), 2u);
  EXPECT_STREQ(model->entryPoints()[1].name, "6x8");
  EXPECT_EQ(model->entryPoints()[1].output_count, 1u);
  ASSERT_EQ(model->variants().size(), 2u);
  EXPECT_STREQ(model->variants()[0].target_cpu, "best");
  EXPECT_EQ(model->variants()[0].feature_count, 3u);
  EXPECT_EQ(model->inputs(1)[0].bytes, 3u * 6 * 8 * sizeof(float));
  EXPECT_STREQ(model->api().label(1, 0, 2), "blue");
  EXPECT_EQ(model->api().label(1, 0, 3), nullptr);
  vitc_preprocess_step step;
  ASSERT_EQ(model->api().preprocess(1, 0, 0, &step), VITC_OK);
  EXPECT_STREQ(step.kind, "rescale");
  EXPECT_EQ(*model->findEntryPoint("6x8"), 1u);
  EXPECT_EQ(*model->findVariant("x86-64"), 1u);
  EXPECT_EQ(model->findEntryPoint("6x").error().line(),
            "error: command line: --entry: the model has no entry point '6x', expected one of: 4x4, 6x8");

  HostExpected<ModelInstance> instance = model->createInstance({1, 0, nullptr});
  ASSERT_TRUE(instance) << instance.error().line();
  EXPECT_EQ(instance->info().variant, 1u);
  EXPECT_FALSE(model->createInstance({1, 1, nullptr}));
  std::vector<float> pixels(3 * 48, 3.0f), logits(3);
  std::optional<HostError> error = instance->run(1, {{pixels.data(), pixels.size() * sizeof(float)}},
                                                 {{logits.data(), logits.size() * sizeof(float)}}, 1);
  EXPECT_FALSE(error) << error->line();
  EXPECT_EQ(logits, (std::vector<float>{3, 6, 12}));
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
  const vitc_input_buffer none = {nullptr, 0};
  EXPECT_EQ(messageOf(instance->run(1, {}, {})), "0 inputs were given, expected 1");
  EXPECT_EQ(messageOf(instance->run(1, {none}, {})), "input 'pixel_values' is NULL");
  EXPECT_EQ(messageOf(instance->run(1, {none}, {}, 3)), "there is no entry point 3");
}

/// What LoadedModel says about a file, after its name.
std::string loadError(const std::string &path) {
  HostExpected<LoadedModel> model = LoadedModel::load(path);
  return model ? "no error" : model.error().line().substr(("error: " + path + ": ").size());
}

TEST(LoadedModel, RefusesAnotherVersionWithoutLoadingIt) {
  const char *message = "/abi_version: 1, expected 3: the model is of another version of vitc, compile it anew";
  EXPECT_EQ(loadError(testModel("other_version")), message);
  EXPECT_EQ(getenv("OTHER_VERSION_IS_LOADED"), nullptr);
  const auto changed = [](const std::string &member) {
    std::string contents = contentsOf(testModel("fake"));
    const std::string old = "\"abi_version\":3";
    for (size_t at = contents.find(old); at != std::string::npos; at = contents.find(old, at + member.size()))
      contents.replace(at, old.size(), member);
    TemporaryFile file(contents);
    return loadError(file.path);
  };
  EXPECT_EQ(changed("\"abi_version\":1"), message);
  EXPECT_EQ(changed("\"abi_version\":4"),
            "/abi_version: 4, expected 3: the model is of another version of vitc, compile it anew");
  EXPECT_EQ(changed("\"abi_verse\":\"3\""),
            "/abi_version: none, expected 3: the model is of another version of vitc, compile it anew");
  EXPECT_EQ(changed("\"abi_version\":3"), "no error");
}

TEST(LoadedModel, RefusesCodeThatIsNotWhatTheManifestSays) {
  EXPECT_EQ(loadError(testModel("other_version_inside")),
            "loader: the model does not serve the version of its manifest: the file is damaged");
  EXPECT_STREQ(getenv("OTHER_VERSION_IS_LOADED"), "1");
}

} // namespace
