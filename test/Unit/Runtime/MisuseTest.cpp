//===- MisuseTest.cpp - what must not be done with a model ----------------===//

#include "FakeModel.h"

extern "C" {
#include "instance.h"
}

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <atomic>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

using testing::ElementsAre;

namespace {

const vitc_model_functions &api = fakeModel();

/// Calls a function between the steps of a run.
void callBetweenSteps(vitc_instance *instance, std::function<void()> &function) {
  ASSERT_EQ(api.set_op_callback(
                instance,
                [](void *context, const vitc_op_event *) { (*static_cast<std::function<void()> *>(context))(); },
                &function),
            VITC_OK);
}

TEST(Misuse, NothingElseMayBeDoneDuringARun) {
  FakeInstance instance(2);
  FakeRun run(2), second(2, 1);
  int calls = 0;
  std::function<void()> use = [&] {
    ++calls;
    vitc_status status;
    EXPECT_EQ(second.run(instance.handle, &status), VITC_BUSY);
    EXPECT_EQ(status.code, VITC_BUSY);
    EXPECT_STREQ(status.message, "the instance is busy: a run of it has not ended");
    EXPECT_EQ(api.set_op_callback(instance.handle, nullptr, nullptr), VITC_BUSY);
    EXPECT_EQ(api.destroy(instance.handle), VITC_BUSY);
    vitc_instance_info info;
    EXPECT_EQ(api.instance_info(instance.handle, &info), VITC_OK);
    EXPECT_EQ(info.threads, 2u);
  };
  // On the thread of the run, and on another one.
  callBetweenSteps(instance.handle, use);
  EXPECT_EQ(run.run(instance.handle), VITC_OK);
  EXPECT_TRUE(run.correct());
  std::function<void()> useOnAnotherThread = [&] { std::thread(use).join(); };
  callBetweenSteps(instance.handle, useOnAnotherThread);
  EXPECT_EQ(run.run(instance.handle), VITC_OK);
  EXPECT_TRUE(run.correct());
  EXPECT_EQ(calls, 2 * FAKE_STEPS);
  // Afterwards all of it is allowed.
  EXPECT_EQ(api.set_op_callback(instance.handle, nullptr, nullptr), VITC_OK);
  EXPECT_EQ(second.run(instance.handle), VITC_OK);
  EXPECT_TRUE(second.correct());
}

TEST(Misuse, ThreadsThatShareAnInstanceGetRightNumbersOrBusy) {
  for (uint32_t threads : {1u, 2u}) {
    FakeInstance instance(threads);
    std::atomic<int> done{0}, wrong{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 3; ++caller)
      callers.emplace_back([&, caller] {
        for (int i = 0; i < 500; ++i) {
          FakeRun run(1 + i % 5, 1000 * caller + i);
          const int32_t code = run.run(instance.handle);
          done += code == VITC_OK;
          wrong += code == VITC_OK ? !run.correct() : code != VITC_BUSY;
        }
      });
    for (std::thread &caller : callers)
      caller.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(done, 0);
  }
}

TEST(Misuse, NullPointers) {
  EXPECT_EQ(api.entry_point(0, nullptr), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.variant(0, nullptr), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.input(0, 0, nullptr), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.output(0, 0, nullptr), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.preprocess(0, 0, 0, nullptr), VITC_INVALID_ARGUMENT);
  uint64_t bytes = 0;
  EXPECT_STREQ(api.manifest(nullptr), api.manifest(&bytes));
  EXPECT_EQ(std::strlen(api.manifest(nullptr)), bytes);

  FakeInstance instance(1);
  vitc_instance_info info;
  EXPECT_EQ(api.instance_info(nullptr, &info), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.instance_info(instance.handle, nullptr), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.set_op_callback(nullptr, nullptr, nullptr), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.destroy(nullptr), VITC_OK);
  vitc_instance *defaults = api.create(nullptr, nullptr);
  ASSERT_NE(defaults, nullptr);
  EXPECT_EQ(api.run(nullptr, 0, 1, nullptr, 0, nullptr, 0, nullptr), VITC_INVALID_ARGUMENT);
  EXPECT_EQ(api.run(defaults, 0, 1, nullptr, 1, nullptr, 2, nullptr), VITC_INVALID_ARGUMENT);
  FakeRun run(1);
  EXPECT_EQ(run.run(defaults, nullptr), VITC_OK);
  EXPECT_EQ(api.destroy(defaults), VITC_OK);
}

constexpr uint64_t imageBytes = FAKE_CHANNELS * FAKE_PIXELS * sizeof(float), logitsBytes = FAKE_CLASSES * sizeof(float);

/// What may be wrong with the buffers of one run of the fake program.
class Buffers : public testing::Test {
protected:
  /// Runs it; gives the message after a failure, which must be VITC_INVALID_ARGUMENT.
  std::string run(vitc_input_buffer pixels, vitc_output_buffer logits, vitc_output_buffer hidden, int64_t batch = 1) {
    const vitc_input_buffer inputs[] = {pixels};
    const vitc_output_buffer outputs[] = {logits, hidden};
    vitc_status status;
    const int32_t code = api.run(instance.handle, 0, batch, inputs, 1, outputs, 2, &status);
    EXPECT_EQ(code, status.code);
    EXPECT_EQ(code, status.message[0] ? VITC_INVALID_ARGUMENT : VITC_OK);
    return status.message;
  }

  FakeInstance instance{1};
  alignas(64) char memory[2048] = {};
  char *const pixels = memory, *const logits = memory + 512, *const hidden = memory + 1024;
};

TEST_F(Buffers, Counts) {
  const vitc_input_buffer inputs[2] = {{pixels, imageBytes}, {pixels, imageBytes}};
  const vitc_output_buffer outputs[2] = {{logits, logitsBytes}, {hidden, imageBytes}};
  vitc_status status;
  EXPECT_EQ(api.run(instance.handle, 0, 1, inputs, 2, outputs, 2, &status), VITC_INVALID_ARGUMENT);
  EXPECT_STREQ(status.message, "2 inputs were given, expected 1");
  EXPECT_EQ(api.run(instance.handle, 0, 1, inputs, 1, outputs, 1, &status), VITC_INVALID_ARGUMENT);
  EXPECT_STREQ(status.message, "1 outputs were given, expected 2");
  EXPECT_EQ(api.run(instance.handle, 0, 1, inputs, 1, nullptr, 2, &status), VITC_INVALID_ARGUMENT);
  EXPECT_STREQ(status.message, "the array of outputs is NULL");
  EXPECT_EQ(api.run(instance.handle, 0, 1, inputs, 1, outputs, 2, &status), VITC_OK);
}

TEST_F(Buffers, Sizes) {
  EXPECT_EQ(run({pixels, imageBytes - 1}, {logits, logitsBytes}, {hidden, imageBytes}),
            "input 'pixel_values' has 191 bytes, a batch of 1 needs 192");
  EXPECT_EQ(run({pixels, imageBytes}, {logits, logitsBytes}, {hidden, imageBytes}, 2),
            "input 'pixel_values' has 192 bytes, a batch of 2 needs 384");
  EXPECT_EQ(run({pixels, 2 * imageBytes}, {logits, 2 * logitsBytes}, {hidden, imageBytes}, 2),
            "output 'hidden' has 192 bytes, a batch of 2 needs 384");
  EXPECT_EQ(run({pixels, 0}, {logits, logitsBytes}, {hidden, imageBytes}),
            "input 'pixel_values' has 0 bytes, a batch of 1 needs 192");
  // The sum of products, or the product itself, goes beyond 64 bits.
  EXPECT_EQ(run({pixels, UINT64_MAX}, {logits, UINT64_MAX}, {hidden, UINT64_MAX}, INT64_MAX / 8),
            "a batch of 1152921504606846975 is too large for input 'pixel_values'");
  EXPECT_EQ(run({pixels, UINT64_MAX}, {logits, UINT64_MAX}, {hidden, UINT64_MAX}, INT64_MAX),
            "a batch of 9223372036854775807 is too large for input 'pixel_values'");
  auto *last = reinterpret_cast<char *>(UINTPTR_MAX - 63);
  EXPECT_EQ(run({last, imageBytes}, {logits, logitsBytes}, {hidden, imageBytes}),
            "input 'pixel_values' ends beyond the address space");
  // More than is needed is left alone.
  std::memset(memory, 7, sizeof memory);
  EXPECT_EQ(run({pixels, 512}, {logits, 512}, {hidden, 512}), "");
  EXPECT_EQ(logits[logitsBytes], 7);
  EXPECT_EQ(hidden[imageBytes], 7);
}

TEST_F(Buffers, Overlap) {
  EXPECT_EQ(run({pixels, imageBytes}, {logits, logitsBytes}, {pixels, imageBytes}),
            "output 'hidden' overlaps input 'pixel_values'");
  EXPECT_EQ(run({pixels, imageBytes}, {pixels + imageBytes - 4, logitsBytes}, {hidden, imageBytes}),
            "output 'logits' overlaps input 'pixel_values'");
  EXPECT_EQ(run({pixels, imageBytes}, {hidden + 4, logitsBytes}, {hidden, imageBytes}),
            "output 'hidden' overlaps output 'logits'");
  // In the batch's second element; and side by side.
  EXPECT_EQ(run({pixels, 512}, {logits, 512}, {logits + 2 * logitsBytes - 4, 512}, 2),
            "output 'hidden' overlaps output 'logits'");
  EXPECT_EQ(run({pixels, 512}, {logits, 512}, {logits + 2 * logitsBytes, 512}, 2), "");
  EXPECT_EQ(run({logits + logitsBytes, 512}, {logits, 512}, {logits + logitsBytes + imageBytes, 512}), "");
}

TEST_F(Buffers, Alignment) {
  EXPECT_EQ(run({pixels + 1, imageBytes}, {logits, logitsBytes}, {hidden, imageBytes}),
            "input 'pixel_values' is misaligned: its address is no multiple of 4");
  EXPECT_EQ(run({pixels, imageBytes}, {logits, logitsBytes}, {hidden + 2, imageBytes}),
            "output 'hidden' is misaligned: its address is no multiple of 4");
  EXPECT_EQ(run({pixels + 4, imageBytes}, {logits + 4, logitsBytes}, {hidden + 4, imageBytes}), "");
}

TEST(Misuse, InputsMayOverlapOneAnother) {
  const int64_t shape[] = {2};
  vitc_value inputs[] = {{"a", VITC_DTYPE_F64, 1, shape, 16, nullptr, 0, nullptr, 0, 0, 0, 0},
                         {"b", VITC_DTYPE_F64, 1, shape, 16, nullptr, 0, nullptr, 0, 0, 0, 0}};
  vitc_value output = {"sum", VITC_DTYPE_F64, 1, shape, 16, nullptr, 0, nullptr, 0, 0, 0, 0};
  const vitc_operand operands[] = {{VITC_SPACE_OUTPUT, 0, 0}, {VITC_SPACE_INPUT, 0, 0}, {VITC_SPACE_INPUT, 1, 0}};
  const vitc_step step = {[](int64_t task, void *const *operands) {
                            static_cast<double *>(operands[0])[task] =
                                static_cast<double *>(operands[1])[task] + static_cast<double *>(operands[2])[task];
                          },
                          operands,
                          3,
                          2,
                          "sum",
                          "add",
                          2,
                          nullptr};
  ChangedProgram program;
  program.function.steps = &step;
  program.function.step_count = 1;
  program.entry = {"main", inputs, 2, &output, 1};
  const vitc_instance_options options = {1, 0, nullptr};
  vitc_status status;
  vitc_instance *instance = vitc_instance_create(&program.table, &options, &status);
  ASSERT_NE(instance, nullptr) << status.message;

  double numbers[] = {1, 2, 3}, sum[2];
  const vitc_output_buffer outputs[] = {{sum, sizeof sum}};
  const vitc_input_buffer overlapping[] = {{numbers, 16}, {numbers + 1, 16}};
  EXPECT_EQ(vitc_instance_run(instance, 0, 1, overlapping, 2, outputs, 1, &status), VITC_OK) << status.message;
  EXPECT_THAT(sum, ElementsAre(3, 5));
  // Doubles are aligned to eight bytes, not to four.
  const vitc_input_buffer misaligned[] = {{numbers, 16}, {reinterpret_cast<char *>(numbers) + 4, 16}};
  EXPECT_EQ(vitc_instance_run(instance, 0, 1, misaligned, 2, outputs, 1, &status), VITC_INVALID_ARGUMENT);
  EXPECT_STREQ(status.message, "input 'b' is misaligned: its address is no multiple of 8");
  EXPECT_EQ(vitc_instance_destroy(instance), VITC_OK);
}

TEST(Misuse, InputsThatAreLeftOut) {
  const int64_t shape[] = {2};
  // The second one may be.
  vitc_value inputs[] = {{"a", VITC_DTYPE_I32, 1, shape, 8, nullptr, 0, nullptr, 0, 0, 0, 0},
                         {"b", VITC_DTYPE_I64, 1, shape, 16, nullptr, 0, nullptr, 0, 1, 0, 7}};
  vitc_value output = {"sum", VITC_DTYPE_I32, 1, shape, 8, nullptr, 0, nullptr, 0, 0, 0, 0};
  const vitc_operand operands[] = {{VITC_SPACE_OUTPUT, 0, 0}, {VITC_SPACE_INPUT, 0, 0}, {VITC_SPACE_INPUT, 1, 0}};
  const vitc_step step = {[](int64_t task, void *const *operands) {
                            static_cast<int32_t *>(operands[0])[task] =
                                static_cast<int32_t *>(operands[1])[task] +
                                static_cast<int32_t>(static_cast<int64_t *>(operands[2])[task]);
                          },
                          operands,
                          3,
                          2,
                          "sum",
                          "add",
                          2,
                          nullptr};
  ChangedProgram program;
  program.function.steps = &step;
  program.function.step_count = 1;
  program.entry = {"main", inputs, 2, &output, 1};
  const vitc_instance_options options = {1, 0, nullptr};
  vitc_status status;
  vitc_instance *instance = vitc_instance_create(&program.table, &options, &status);
  ASSERT_NE(instance, nullptr) << status.message;

  int32_t numbers[] = {1, 2, 3, 4}, sum[4];
  int64_t others[] = {10, 20, 30, 40};
  const vitc_output_buffer outputs[] = {{sum, sizeof sum}};
  const vitc_input_buffer leftOut[] = {{numbers, 16}, {nullptr, 0}}, given[] = {{numbers, 16}, {others, 32}};
  // Every element of a batch has the same.
  for (int repeated = 0; repeated < 2; ++repeated) {
    EXPECT_EQ(vitc_instance_run(instance, 0, 2, leftOut, 2, outputs, 1, &status), VITC_OK) << status.message;
    EXPECT_THAT(sum, ElementsAre(8, 9, 10, 11));
    EXPECT_EQ(vitc_instance_run(instance, 0, 2, given, 2, outputs, 1, &status), VITC_OK) << status.message;
    EXPECT_THAT(sum, ElementsAre(11, 22, 33, 44));
  }
  const vitc_input_buffer needed[] = {{nullptr, 0}, {others, 32}};
  EXPECT_EQ(vitc_instance_run(instance, 0, 1, needed, 2, outputs, 1, &status), VITC_INVALID_ARGUMENT);
  EXPECT_STREQ(status.message, "input 'a' is NULL");
  const vitc_input_buffer small[] = {{numbers, 16}, {others, 16}};
  EXPECT_EQ(vitc_instance_run(instance, 0, 2, small, 2, outputs, 1, &status), VITC_INVALID_ARGUMENT);
  EXPECT_STREQ(status.message, "input 'b' has 16 bytes, a batch of 2 needs 32");
  EXPECT_EQ(vitc_instance_destroy(instance), VITC_OK);
}

TEST(Misuse, ExecutorsThatDoNotDoTheirWork) {
  using Body = void (*)(void *argument, uint32_t worker);
  vitc_executor executor = {VITC_EXECUTOR_V1, 3, nullptr, [](void *, uint32_t, Body, void *) {}};
  vitc_status status;
  FakeRun run(3);
  {
    FakeInstance instance(0, &executor);
    std::function<void()> fail = [] { ADD_FAILURE() << "a step that was not computed is reported"; };
    callBetweenSteps(instance.handle, fail);
    EXPECT_EQ(run.run(instance.handle, &status), VITC_INVALID_ARGUMENT);
    EXPECT_STREQ(status.message, "the executor's function 'parallel' returned before all work was done");
  }
  // Workers that do not exist have no memory to work in.
  executor.parallel = [](void *, uint32_t workers, Body body, void *argument) { body(argument, workers + 7); };
  {
    FakeInstance instance(0, &executor);
    EXPECT_EQ(run.run(instance.handle, &status), VITC_INVALID_ARGUMENT);
  }
  // One worker can do the work of all.
  executor.parallel = [](void *, uint32_t workers, Body body, void *argument) { body(argument, workers - 1); };
  FakeInstance instance(0, &executor);
  EXPECT_EQ(run.run(instance.handle, &status), VITC_OK);
  EXPECT_TRUE(run.correct());
}

} // namespace
