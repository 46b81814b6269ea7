//===- FakeModel.h - inputs and expected outputs of the fake program ------===//

#ifndef VITC_TEST_UNIT_RUNTIME_FAKEMODEL_H
#define VITC_TEST_UNIT_RUNTIME_FAKEMODEL_H

#include "vitc/runtime/model_abi.h"
#include "vitc/runtime/program.h"

#include "fake_program.h"

#include <cstdint>
#include <vector>

/// The API of the fake program that is linked into this test.
const vitc_model_functions &fakeModel();

/// The fake program, whose parts a test may change.
struct ChangedProgram {
  ChangedProgram() {
    variant.functions = &function;
    table.entry_points = &entry;
    table.variants = &variant;
  }
  ChangedProgram(const ChangedProgram &) = delete;
  ChangedProgram &operator=(const ChangedProgram &) = delete;

  vitc_program table = vitc_model_program;
  vitc_entry_point entry = table.entry_points[0];
  vitc_variant variant = table.variants[0];
  vitc_function function = variant.functions[0];
};

/// Buffers of one run of the fake program.
struct FakeRun {
  /// Fills the input with values that differ for every image and `seed`; outputs are poisoned.
  explicit FakeRun(int64_t batch, int seed = 0);

  /// Runs `instance`; returns its status code.
  int32_t run(vitc_instance *instance, vitc_status *status = nullptr);

  /// Whether the outputs are, bit for bit, what fake_program.h says.
  bool correct() const;

  int64_t batch;
  std::vector<float> input, logits, hidden;
};

/// An instance with `threads` threads; destroyed with the handle.
struct FakeInstance {
  explicit FakeInstance(uint32_t threads, const vitc_executor *executor = nullptr);
  ~FakeInstance();
  FakeInstance(const FakeInstance &) = delete;
  FakeInstance &operator=(const FakeInstance &) = delete;

  vitc_instance *handle;
};

#endif // VITC_TEST_UNIT_RUNTIME_FAKEMODEL_H
