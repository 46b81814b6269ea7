//===- InstanceTest.cpp - create, run, destroy ----------------------------===//

#include "FakeModel.h"

extern "C" {
#include "instance.h"
}

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <xmmintrin.h>

using testing::ElementsAre;
using testing::HasSubstr;

// Sanitizers must let an allocation fail, as the system does.
extern "C" const char *__asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char *__tsan_default_options() { return "allocator_may_return_null=1"; }

namespace {

TEST(Instance, AllBatchesAndThreadCountsGiveTheSameBits) {
  for (uint32_t threads = 1; threads <= 4; ++threads) {
    FakeInstance instance(threads);
    for (int64_t batch = 1; batch <= 3 * FAKE_CHUNK + 1; ++batch) {
      FakeRun run(batch, static_cast<int>(threads));
      vitc_status status;
      EXPECT_EQ(run.run(instance.handle, &status), VITC_OK) << status.message;
      EXPECT_STREQ(status.message, "");
      EXPECT_TRUE(run.correct()) << threads << " threads, batch " << batch;
    }
  }
}

TEST(Instance, InstancesRunInParallel) {
  std::vector<std::thread> callers;
  std::vector<int> wrong(3);
  for (int caller = 0; caller < 3; ++caller)
    callers.emplace_back([caller, &wrong] {
      FakeInstance instance(static_cast<uint32_t>(2 + caller % 2));
      for (int i = 0; i < 300; ++i) {
        FakeRun run(1 + i % 5, caller * 1000 + i);
        wrong[caller] += run.run(instance.handle) != VITC_OK || !run.correct();
      }
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_THAT(wrong, ElementsAre(0, 0, 0));
}

TEST(Instance, DescribesItself) {
  FakeInstance instance(3);
  vitc_instance_info info;
  fakeModel().instance_info(instance.handle, &info);
  const ChangedProgram program;
  EXPECT_EQ(info.threads, 3u);
  EXPECT_EQ(info.variant, 0u);
  EXPECT_EQ(info.chunk_images, uint64_t(FAKE_CHUNK));
  EXPECT_GE(info.memory_bytes, FAKE_CHUNK * program.function.arena_bytes + 3 * program.function.scratch_bytes);
}

TEST(Instance, ComputesAtMostOneImageForEachThreadAtOnce) {
  FakeInstance instance(1);
  vitc_instance_info info;
  fakeModel().instance_info(instance.handle, &info);
  EXPECT_EQ(info.chunk_images, 1u);
}

TEST(Instance, DefaultThreadCountIsTheMachines) {
  vitc_instance *instance = fakeModel().create(nullptr, nullptr);
  ASSERT_NE(instance, nullptr);
  vitc_instance_info info;
  fakeModel().instance_info(instance, &info);
  EXPECT_GE(info.threads, 1u);
  EXPECT_LE(info.threads, std::thread::hardware_concurrency());
  fakeModel().destroy(instance);
}

TEST(Instance, RefusesBadArguments) {
  FakeInstance instance(1);
  FakeRun run(1);
  const vitc_input_buffer inputs[] = {{run.input.data(), run.input.size() * sizeof(float)}};
  const vitc_output_buffer outputs[] = {{run.logits.data(), run.logits.size() * sizeof(float)},
                                        {nullptr, run.hidden.size() * sizeof(float)}};
  vitc_status status;
  auto expect = [&](int32_t code, const char *message) {
    EXPECT_EQ(code, VITC_INVALID_ARGUMENT);
    EXPECT_EQ(status.code, VITC_INVALID_ARGUMENT);
    EXPECT_STREQ(status.message, message);
  };
  const vitc_model_functions &api = fakeModel();
  expect(api.run(nullptr, 0, 1, inputs, 1, outputs, 2, &status), "the instance is NULL");
  expect(api.run(instance.handle, 1, 1, inputs, 1, outputs, 2, &status), "there is no entry point 1");
  expect(api.run(instance.handle, 0, 0, inputs, 1, outputs, 2, &status), "the batch is 0, expected at least 1");
  expect(api.run(instance.handle, 0, -7, inputs, 1, outputs, 2, &status), "the batch is -7, expected at least 1");
  expect(api.run(instance.handle, 0, 1, nullptr, 1, outputs, 2, &status), "the array of inputs is NULL");
  expect(api.run(instance.handle, 0, 1, inputs, 1, outputs, 2, &status), "output 'hidden' is NULL");
  vitc_instance_options options = {2000, 0, nullptr};
  EXPECT_EQ(api.create(&options, &status), nullptr);
  expect(status.code, "2000 threads were asked for, expected at most 1024");
  options = {1, 2, nullptr};
  EXPECT_EQ(api.create(&options, &status), nullptr);
  expect(status.code, "variant 2 was asked for, expected at most 1");
  // The instance is as good as before.
  EXPECT_EQ(run.run(instance.handle, &status), VITC_OK);
  EXPECT_TRUE(run.correct());
}

TEST(Instance, NamesTheMissingCpuFeature) {
  ChangedProgram program;
  vitc_status status;
  const char *unknown[] = {"sse2", "teleport"};
  program.variant.cpu_features = unknown;
  program.variant.cpu_feature_count = 2;
  EXPECT_EQ(vitc_instance_create(&program.table, nullptr, &status), nullptr);
  EXPECT_EQ(status.code, VITC_UNSUPPORTED_CPU);
  EXPECT_STREQ(status.message,
               "the model was compiled for x86-64 and needs teleport, which this runtime does not know");
  // One of these is missing everywhere: the first is AMD's alone, and ended before the second began.
  const char *impossible[] = {"xop", "avx512fp16"};
  program.variant.cpu_features = impossible;
  EXPECT_EQ(vitc_instance_create(&program.table, nullptr, &status), nullptr);
  EXPECT_EQ(status.code, VITC_UNSUPPORTED_CPU);
  EXPECT_THAT(status.message, testing::AnyOf(HasSubstr("needs xop, which"), HasSubstr("needs avx512fp16, which")));
}

TEST(Instance, RefusesPlansThatDoNotFit) {
  vitc_status status;
  ChangedProgram program;
  program.function.arena_bytes = uint64_t(1) << 63;
  EXPECT_EQ(vitc_instance_create(&program.table, nullptr, &status), nullptr);
  EXPECT_EQ(status.code, VITC_OUT_OF_MEMORY);
  EXPECT_STREQ(status.message, "the planned memory exceeds the address space");
  program.function.arena_bytes = uint64_t(1) << 61;
  EXPECT_EQ(vitc_instance_create(&program.table, nullptr, &status), nullptr);
  EXPECT_EQ(status.code, VITC_OUT_OF_MEMORY);
  EXPECT_THAT(status.message, HasSubstr("no memory for 46116860184273"));
}

TEST(Instance, RefusesDamagedPrograms) {
  vitc_status status;
  auto expectDamaged = [&](const ChangedProgram &program, const char *message) {
    EXPECT_EQ(vitc_instance_create(&program.table, nullptr, &status), nullptr);
    EXPECT_EQ(status.code, VITC_INVALID_MODEL);
    EXPECT_STREQ(status.message, message);
  };
  ChangedProgram plan;
  plan.table.chunk_images = 0;
  expectDamaged(plan, "the model's memory plan is damaged");
  plan.table.chunk_images = 1;
  plan.function.scratch_bytes = 60;
  expectDamaged(plan, "the memory plan of entry point 'main' is damaged");
  for (uint64_t count : {uint64_t(0), uint64_t(1) << 32}) {
    const char *message = "the model's list of entry points or variants is damaged";
    ChangedProgram lists;
    lists.table.entry_point_count = count;
    expectDamaged(lists, message);
    lists.table.entry_point_count = 1;
    lists.table.variant_count = count;
    expectDamaged(lists, message);
  }

  ChangedProgram program;
  const vitc_step sound = program.function.steps[0];
  vitc_step step = sound;
  program.function.steps = &step;
  program.function.step_count = 1;
  const char *message = "step 0 ('encoder.layer.0.scale') of entry point 'main' is damaged";
  step.tasks = 0;
  expectDamaged(program, message);
  step = sound;
  step.operand_count = VITC_MAX_OPERANDS + 1;
  expectDamaged(program, message);
  const vitc_operand bad[] = {{VITC_SPACE_ARENA, 0, program.function.arena_bytes}, {VITC_SPACE_INPUT, 1, 0}, {5, 0, 0}};
  step.operand_count = 1;
  for (const vitc_operand &operand : bad) {
    step.operands = &operand;
    expectDamaged(program, message);
  }
}

/// A program of two steps: the first looks for what is not from -5 to 4 in an input of 2x3 numbers, the second doubles
/// them.
struct CheckedProgram : ChangedProgram {
  CheckedProgram() {
    function.steps = steps;
    function.step_count = 2;
    entry = {"main", &input, 1, &output, 1};
  }

  const int64_t shape[2] = {2, 3};
  const vitc_value input = {"ids", VITC_DTYPE_I64, 2, shape, 48, nullptr, 0, nullptr, 0, 0, 0, 0};
  const vitc_value output = {"twice", VITC_DTYPE_I64, 2, shape, 48, nullptr, 0, nullptr, 0, 0, 0, 0};
  vitc_operand operands[3] = {{VITC_SPACE_INPUT, 0, 0}, {VITC_SPACE_ARENA, 0, 64}, {VITC_SPACE_OUTPUT, 0, 0}};
  vitc_index_check check = {"ids", shape, 2, 5};
  vitc_step steps[2] = {{[](int64_t, void *const *operands) {
                           auto *numbers = static_cast<const int64_t *>(operands[0]);
                           auto *found = static_cast<int64_t *>(operands[1]);
                           found[0] = -1;
                           for (int i = 5; i >= 0; --i)
                             if (numbers[i] < -5 || numbers[i] > 4)
                               found[0] = i, found[1] = numbers[i];
                         },
                         operands, 2, 1, "rows", "check_indices", 0, &check},
                        {[](int64_t task, void *const *operands) {
                           static_cast<int64_t *>(operands[2])[task] =
                               2 * static_cast<const int64_t *>(operands[0])[task];
                         },
                         operands, 3, 6, "rows", "gather", 0, nullptr}};
};

TEST(Instance, EndsARunThatAStepHasFoundWrong) {
  CheckedProgram program;
  std::vector<int64_t> ids, twice;
  for (uint32_t threads : {1u, 3u}) {
    const vitc_instance_options options = {threads, 0, nullptr};
    vitc_status status;
    vitc_instance *instance = vitc_instance_create(&program.table, &options, &status);
    ASSERT_NE(instance, nullptr) << status.message;
    auto run = [&](int64_t batch) {
      twice.assign(6 * batch, 0);
      const vitc_input_buffer input = {ids.data(), uint64_t(48 * batch)};
      const vitc_output_buffer output = {twice.data(), uint64_t(48 * batch)};
      vitc_instance_run(instance, 0, batch, &input, 1, &output, 1, &status);
      return std::string(status.message);
    };
    ids.assign(6 * 7, 4);
    EXPECT_EQ(run(7), "");
    EXPECT_EQ(status.code, VITC_OK);
    EXPECT_EQ(twice, std::vector<int64_t>(6 * 7, 8));
    // The first one, whoever computes it; what comes before it is not the caller's to use.
    ids[6 * 5 + 4] = -6;
    ids[6 * 6] = 12;
    EXPECT_EQ(run(7), "node 'rows': element [1, 1] of input 'ids' is -6, expected -5 to 4, in batch element 5");
    EXPECT_EQ(status.code, VITC_INVALID_INPUT);
    EXPECT_EQ(std::count(twice.begin() + 6 * 5, twice.end(), 0), 6 * 2);
    ids[2] = INT64_MIN;
    EXPECT_EQ(run(1), "node 'rows': element [0, 2] of input 'ids' is -9223372036854775808, expected -5 to 4");
    program.check.input = nullptr;
    program.check.rank = 0;
    EXPECT_EQ(run(1), "node 'rows': index is -9223372036854775808, expected -5 to 4");
    program.check.input = "ids";
    program.check.rank = 2;
    // The instance can be used again.
    ids.assign(6, -5);
    EXPECT_EQ(run(1), "");
    EXPECT_EQ(vitc_instance_destroy(instance), VITC_OK);
  }
}

TEST(Instance, RefusesDamagedChecks) {
  const int64_t empty[] = {0, 3}, huge[] = {INT64_MAX, 3};
  const std::function<void(CheckedProgram &)> damages[] = {
      [&](CheckedProgram &program) { program.check.shape = empty; },
      [&](CheckedProgram &program) { program.check.shape = huge; },
      [](CheckedProgram &program) { program.check.size = 0; },
      [](CheckedProgram &program) { program.steps[0].tasks = 2; },
      [](CheckedProgram &program) { program.steps[0].operand_count = 0; },
      [](CheckedProgram &program) { program.operands[1] = {VITC_SPACE_INPUT, 0, 0}; },
      [](CheckedProgram &program) { program.operands[1].offset = 60; },
      [](CheckedProgram &program) { program.operands[1].offset = 248; },
  };
  for (const auto &damage : damages) {
    CheckedProgram program;
    damage(program);
    vitc_status status;
    EXPECT_EQ(vitc_instance_create(&program.table, nullptr, &status), nullptr);
    EXPECT_EQ(status.code, VITC_INVALID_MODEL);
    EXPECT_STREQ(status.message, "step 0 ('rows') of entry point 'main' is damaged");
  }
}

TEST(Instance, ReportsSteps) {
  struct Seen {
    std::vector<std::string> names;
    std::vector<int64_t> layers, firstImages, images;
    std::vector<double> flops;
    uint64_t end = 0;
  } seen;
  FakeInstance instance(2);
  fakeModel().set_op_callback(
      instance.handle,
      [](void *context, const vitc_op_event *event) {
        auto &seen = *static_cast<Seen *>(context);
        EXPECT_EQ(event->step, seen.names.size() % FAKE_STEPS);
        EXPECT_EQ(event->entry_point, 0u);
        EXPECT_STREQ(event->kind, event->step == 2 ? "classify" : "scale");
        EXPECT_GE(event->start_ns, seen.end);
        seen.end = event->start_ns + event->duration_ns;
        seen.names.push_back(event->name);
        seen.layers.push_back(event->layer);
        seen.firstImages.push_back(event->first_image);
        seen.images.push_back(event->images);
        seen.flops.push_back(event->flops);
      },
      &seen);
  FakeRun run(FAKE_CHUNK + 1);
  EXPECT_EQ(run.run(instance.handle), VITC_OK);
  EXPECT_TRUE(run.correct());
  EXPECT_THAT(seen.names, ElementsAre("encoder.layer.0.scale", "encoder.layer.1.scale", "head", "encoder.layer.0.scale",
                                      "encoder.layer.1.scale", "head"));
  EXPECT_THAT(seen.layers, ElementsAre(0, 1, -1, 0, 1, -1));
  EXPECT_THAT(seen.firstImages, ElementsAre(0, 0, 0, 2, 2, 2));
  EXPECT_THAT(seen.images, ElementsAre(2, 2, 2, 1, 1, 1));
  EXPECT_THAT(seen.flops, ElementsAre(96, 96, 96, 48, 48, 48));
  fakeModel().set_op_callback(instance.handle, nullptr, nullptr);
  EXPECT_EQ(run.run(instance.handle), VITC_OK);
  EXPECT_EQ(seen.names.size(), 2u * FAKE_STEPS);
}

TEST(Instance, FindsLayersInNames) {
  EXPECT_EQ(vitc_layer_of_name("encoder.layer.3.mlp.fc1"), 3);
  EXPECT_EQ(vitc_layer_of_name("blocks_11_norm1"), 11);
  EXPECT_EQ(vitc_layer_of_name("stages.2.blocks.0"), 2);
  EXPECT_EQ(vitc_layer_of_name("7"), 7);
  EXPECT_EQ(vitc_layer_of_name("fc1"), -1);
  EXPECT_EQ(vitc_layer_of_name("conv3x3"), -1);
  EXPECT_EQ(vitc_layer_of_name("a.3x3.b"), -1);
  EXPECT_EQ(vitc_layer_of_name(""), -1);
  EXPECT_EQ(vitc_layer_of_name("x.99999999999999999999"), -1);
}

TEST(Instance, FloatingPointStateOfTheCallerDoesNotMatter) {
  FakeInstance instance(2);
  FakeRun run(4);
  for (float &value : run.input)
    value *= 1e-39f;
  const unsigned flushToZero = 0x8040, before = _mm_getcsr();
  _mm_setcsr(before | flushToZero);
  EXPECT_EQ(run.run(instance.handle), VITC_OK);
  unsigned after = _mm_getcsr();
  _mm_setcsr(before);
  EXPECT_EQ(after & flushToZero, flushToZero);
  EXPECT_TRUE(run.correct());
}

TEST(ModelApi, ServesOneVersion) {
  EXPECT_EQ(VITC_MODEL_ABI_VERSION, 3);
  for (uint32_t version : {0u, 1u, 2u, 4u, UINT32_MAX})
    EXPECT_EQ(vitc_model_api(version), nullptr);
  ASSERT_NE(vitc_model_api(3), nullptr);
  EXPECT_EQ(fakeModel().version, 3u);
  EXPECT_EQ(fakeModel().reserved, 0u);
}

TEST(ModelApi, DescribesTheModel) {
  const vitc_model_functions &api = fakeModel();
  vitc_entry_point_info entry;
  ASSERT_EQ(api.entry_point_count(), 1u);
  ASSERT_EQ(api.entry_point(0, &entry), VITC_OK);
  EXPECT_STREQ(entry.name, "main");
  EXPECT_EQ(entry.input_count, 1u);
  EXPECT_EQ(entry.output_count, 2u);
  EXPECT_EQ(api.entry_point(1, &entry), VITC_INVALID_ARGUMENT);

  vitc_variant_info variant;
  ASSERT_EQ(api.variant_count(), 1u);
  ASSERT_EQ(api.variant(0, &variant), VITC_OK);
  EXPECT_STREQ(variant.target_cpu, "x86-64");
  ASSERT_EQ(variant.feature_count, 2u);
  EXPECT_STREQ(variant.features[1], "cx8");
  EXPECT_EQ(api.variant(1, &variant), VITC_INVALID_ARGUMENT);

  vitc_tensor_info info;
  ASSERT_EQ(api.input(0, 0, &info), VITC_OK);
  EXPECT_STREQ(info.name, "pixel_values");
  EXPECT_EQ(info.dtype, uint32_t(VITC_DTYPE_F32));
  EXPECT_THAT(std::vector<int64_t>(info.shape, info.shape + info.rank), ElementsAre(3, 4, 4));
  EXPECT_EQ(info.bytes, 192u);
  ASSERT_EQ(api.output(0, 1, &info), VITC_OK);
  EXPECT_STREQ(info.name, "hidden");
  EXPECT_EQ(api.input(0, 1, &info), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.output(0, 2, &info), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.output(1, 0, &info), VITC_INVALID_ARGUMENT);

  ASSERT_EQ(api.label_count(0, 0), 5u);
  EXPECT_STREQ(api.label(0, 0, 4), "elk");
  EXPECT_EQ(api.label(0, 0, 5), nullptr);
  for (auto [entry_point, output] : {std::pair(0u, 1u), {0u, 2u}, {1u, 0u}}) {
    EXPECT_EQ(api.label_count(entry_point, output), 0u);
    EXPECT_EQ(api.label(entry_point, output, 0), nullptr);
  }

  vitc_preprocess_step step;
  ASSERT_EQ(api.preprocess_count(0, 0), 2u);
  EXPECT_EQ(api.preprocess_count(0, 1), 0u);
  EXPECT_EQ(api.preprocess_count(1, 0), 0u);
  ASSERT_EQ(api.preprocess(0, 0, 0, &step), VITC_OK);
  EXPECT_STREQ(step.kind, "resize");
  EXPECT_STREQ(step.text, "bilinear");
  EXPECT_THAT(std::vector<double>(step.values, step.values + step.value_count), ElementsAre(4, 4));
  EXPECT_EQ(api.preprocess(0, 0, 2, &step), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.preprocess(0, 1, 0, &step), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.preprocess(1, 0, 0, &step), VITC_INVALID_ARGUMENT);

  uint64_t bytes = 0;
  const char *manifest = api.manifest(&bytes);
  EXPECT_EQ(std::string(manifest, bytes).rfind("{\"name\":\"fake\",", 0), 0u);
}

} // namespace
