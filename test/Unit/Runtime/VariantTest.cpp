//===- VariantTest.cpp - several entry points and code variants -----------===//

extern "C" {
#include "instance.h"
}

#include "two_sizes.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <numeric>
#include <string>
#include <vector>

using testing::ElementsAre;

namespace {

constexpr uint32_t pixelsOf[] = {16, 48};

/// Features that every x86-64 CPU has, and some that none has.
const char *const everyCpu[] = {"sse2", "cx8"};
const char *const noCpu[] = {"sse2", "teleport"};

/// The program with other features for its variants.
struct ChangedVariants {
  explicit ChangedVariants(bool firstRuns, bool secondRuns = true) {
    const bool runs[] = {firstRuns, secondRuns};
    for (int i : {0, 1}) {
      variants[i].cpu_features = runs[i] ? everyCpu : noCpu;
      variants[i].cpu_feature_count = 2;
    }
    table.variants = variants;
  }
  ChangedVariants(const ChangedVariants &) = delete;
  ChangedVariants &operator=(const ChangedVariants &) = delete;

  vitc_program table = two_sizes_program;
  vitc_variant variants[2] = {table.variants[0], table.variants[1]};
};

/// An instance, or the status that says why there is none.
struct Instance {
  explicit Instance(const vitc_program &program, uint32_t variant = 0, uint32_t threads = 1) {
    const vitc_instance_options options = {threads, variant, nullptr};
    handle = vitc_instance_create(&program, &options, &status);
  }
  ~Instance() { vitc_instance_destroy(handle); }
  Instance(const Instance &) = delete;
  Instance &operator=(const Instance &) = delete;

  uint32_t variant() const {
    vitc_instance_info info;
    EXPECT_EQ(vitc_instance_describe(handle, &info), VITC_OK);
    return info.variant;
  }

  /// Runs an entry point for pictures of the numbers 0, 1, 2, …; gives the logits.
  std::vector<float> run(uint32_t entryPoint, int64_t batch = 1) {
    std::vector<float> pixels(static_cast<size_t>(batch) * 3 * pixelsOf[entryPoint]), logits(batch * 3, -1.0f);
    std::iota(pixels.begin(), pixels.end(), 0.0f);
    const vitc_input_buffer input = {pixels.data(), pixels.size() * sizeof(float)};
    const vitc_output_buffer output = {logits.data(), logits.size() * sizeof(float)};
    EXPECT_EQ(vitc_instance_run(handle, entryPoint, batch, &input, 1, &output, 1, &status), VITC_OK) << status.message;
    return logits;
  }

  vitc_status status;
  vitc_instance *handle;
};

/// The logits that belong to `run`.
std::vector<float> expectedLogits(uint32_t entryPoint, int64_t batch) {
  const float pixels = static_cast<float>(pixelsOf[entryPoint]);
  std::vector<float> logits;
  for (int64_t channel = 0; channel < batch * 3; ++channel)
    logits.push_back((static_cast<float>(channel) * pixels + (pixels - 1) / 2) * static_cast<float>(1 << channel % 3));
  return logits;
}

TEST(Variants, TheFirstThatRunsIsTaken) {
  EXPECT_EQ(Instance(ChangedVariants(true).table).variant(), 0u);
  EXPECT_EQ(Instance(ChangedVariants(false).table).variant(), 1u);
  EXPECT_EQ(Instance(two_sizes_program).variant(), 1u);
}

TEST(Variants, OneCanBeAskedFor) {
  const ChangedVariants both(true);
  EXPECT_EQ(Instance(both.table, 1).variant(), 0u);
  EXPECT_EQ(Instance(both.table, 2).variant(), 1u);
  EXPECT_EQ(Instance(both.table, 2).run(1), expectedLogits(1, 1));
  for (uint32_t variant : {3u, UINT32_MAX}) {
    const Instance none(both.table, variant);
    EXPECT_EQ(none.handle, nullptr);
    EXPECT_EQ(none.status.code, VITC_INVALID_ARGUMENT);
    EXPECT_EQ(none.status.message, "variant " + std::to_string(variant) + " was asked for, expected at most 2");
  }
  const ChangedVariants second(false);
  EXPECT_EQ(Instance(second.table, 2).variant(), 1u);
  const Instance none(second.table, 1);
  EXPECT_EQ(none.handle, nullptr);
  EXPECT_EQ(none.status.code, VITC_UNSUPPORTED_CPU);
  EXPECT_STREQ(none.status.message,
               "the model was compiled for best and needs teleport, which this runtime does not know");
}

TEST(Variants, WhatEachLacks) {
  const Instance none(ChangedVariants(false, false).table);
  EXPECT_EQ(none.handle, nullptr);
  EXPECT_EQ(none.status.code, VITC_UNSUPPORTED_CPU);
  EXPECT_STREQ(none.status.message,
               "the model was compiled for 2 CPUs, none of them like this one: best needs teleport, which this runtime "
               "does not know; x86-64 needs teleport, which this runtime does not know");
  // As many as the message has room for.
  for (size_t nameBytes : {1, 9, 30, 31, 32, 100, 200, 300}) {
    const std::string cpu(nameBytes, 'x');
    for (uint64_t count : {2, 3, 5, 20}) {
      std::vector<vitc_variant> variants(count, {cpu.c_str(), noCpu, 2, two_sizes_program.variants[0].functions});
      vitc_program program = two_sizes_program;
      program.variants = variants.data();
      program.variant_count = count;
      const Instance many(program);
      EXPECT_EQ(many.handle, nullptr);
      EXPECT_EQ(many.status.code, VITC_UNSUPPORTED_CPU);
      const std::string message = many.status.message;
      const std::string clause = cpu + " needs teleport, which this runtime does not know";
      std::string expected =
          "the model was compiled for " + std::to_string(count) + " CPUs, none of them like this one";
      uint64_t named = 0;
      while (named < count &&
             message.compare(0, expected.size() + 2 + clause.size(), expected + (named ? "; " : ": ") + clause) == 0) {
        expected += (named ? "; " : ": ") + clause;
        ++named;
      }
      if (named < count)
        expected += "; and " + std::to_string(count - named) + " more";
      EXPECT_EQ(message, expected);
      EXPECT_EQ(named == 0, nameBytes >= 200) << message;
    }
  }
}

TEST(Variants, EachIsCheckedWhenItIsTaken) {
  vitc_function functions[] = {two_sizes_program.variants[0].functions[0], two_sizes_program.variants[0].functions[1]};
  functions[1].arena_bytes = 64; // the operands of its steps lie behind it
  ChangedVariants program(true);
  program.variants[0].functions = functions;
  const Instance damaged(program.table);
  EXPECT_EQ(damaged.handle, nullptr);
  EXPECT_EQ(damaged.status.code, VITC_INVALID_MODEL);
  EXPECT_STREQ(damaged.status.message, "step 0 ('scale') of entry point '6x8' is damaged");
  EXPECT_EQ(Instance(program.table, 2).run(0), expectedLogits(0, 1));
}

TEST(EntryPoints, EachComputesItsOwnNumbers) {
  for (uint32_t threads : {1u, 2u, 3u}) {
    Instance instance(two_sizes_program, 0, threads);
    ASSERT_NE(instance.handle, nullptr) << instance.status.message;
    for (int64_t batch : {1, 2, 5})
      for (uint32_t entryPoint : {0u, 1u, 1u, 0u})
        EXPECT_EQ(instance.run(entryPoint, batch), expectedLogits(entryPoint, batch)) << threads << " " << batch;
  }
}

TEST(EntryPoints, MemoryIsThatOfTheLargest) {
  const Instance instance(two_sizes_program, 0, 3);
  vitc_instance_info info;
  ASSERT_EQ(vitc_instance_describe(instance.handle, &info), VITC_OK);
  const uint64_t planned = 2 * TWO_SIZES_LARGE_ARENA + 3 * TWO_SIZES_LARGE_SCRATCH;
  EXPECT_GE(info.memory_bytes, planned);
  EXPECT_LE(info.memory_bytes, planned + 256);
}

TEST(EntryPoints, WrongIndicesAndSizes) {
  Instance instance(two_sizes_program);
  std::vector<float> pixels(3 * 48), logits(3);
  const vitc_input_buffer small = {pixels.data(), 3 * 16 * sizeof(float)};
  const vitc_output_buffer output = {logits.data(), sizeof(float[3])};
  for (uint32_t entryPoint : {2u, UINT32_MAX}) {
    EXPECT_EQ(vitc_instance_run(instance.handle, entryPoint, 1, &small, 1, &output, 1, &instance.status),
              VITC_INVALID_ARGUMENT);
    EXPECT_EQ(instance.status.message, "there is no entry point " + std::to_string(entryPoint));
  }
  EXPECT_EQ(vitc_instance_run(instance.handle, 1, 1, &small, 1, &output, 1, &instance.status), VITC_INVALID_ARGUMENT);
  EXPECT_STREQ(instance.status.message, "input 'pixel_values' has 192 bytes, a batch of 1 needs 576");
  // The instance is as good as before.
  EXPECT_EQ(instance.run(1), expectedLogits(1, 1));
}

TEST(EntryPoints, StepsSayWhichOneRuns) {
  struct Seen {
    std::vector<uint32_t> entryPoints, steps;
    std::vector<std::string> kinds;
    std::vector<double> flops;
  } seen;
  Instance instance(two_sizes_program);
  vitc_instance_set_op_callback(
      instance.handle,
      [](void *context, const vitc_op_event *event) {
        auto &seen = *static_cast<Seen *>(context);
        seen.entryPoints.push_back(event->entry_point);
        seen.steps.push_back(event->step);
        seen.kinds.push_back(event->kind);
        seen.flops.push_back(event->flops);
      },
      &seen);
  instance.run(1);
  instance.run(0);
  EXPECT_THAT(seen.entryPoints, ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(seen.steps, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(seen.kinds, ElementsAre("any", "any", "any", "any"));
  EXPECT_THAT(seen.flops, ElementsAre(144, 144, 48, 48));
}

} // namespace
