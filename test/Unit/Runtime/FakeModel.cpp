//===- FakeModel.cpp - inputs and expected outputs of the fake program ----===//

#include "FakeModel.h"

#include "gtest/gtest.h"

#include <cstring>
#include <limits>

namespace {
constexpr int imageFloats = FAKE_CHANNELS * FAKE_PIXELS;
constexpr float poison = std::numeric_limits<float>::quiet_NaN();
} // namespace

const vitc_model_functions &fakeModel() {
  return *static_cast<const vitc_model_functions *>(vitc_model_api(VITC_MODEL_ABI_VERSION));
}

FakeRun::FakeRun(int64_t batch, int seed)
    : batch(batch), input(batch * imageFloats), logits(batch * FAKE_CLASSES, poison),
      hidden(batch * imageFloats, poison) {
  for (size_t i = 0; i < input.size(); ++i)
    input[i] = static_cast<float>((i * 7 + seed * 13) % 101) * 0.37f - 11.0f;
}

int32_t FakeRun::run(vitc_instance *instance, vitc_status *status) {
  const vitc_input_buffer inputs[] = {{input.data(), input.size() * sizeof(float)}};
  const vitc_output_buffer outputs[] = {{logits.data(), logits.size() * sizeof(float)},
                                        {hidden.data(), hidden.size() * sizeof(float)}};
  return fakeModel().run(instance, 0, batch, inputs, 1, outputs, 2, status);
}

bool FakeRun::correct() const {
  const float scale0[] = {1.0f, 0.5f, 2.0f}, scale1[] = {3.0f, -1.0f, 0.25f};
  std::vector<float> wantHidden(hidden.size()), wantLogits(logits.size(), 0.0f);
  for (int64_t image = 0; image < batch; ++image)
    for (int j = 0; j < imageFloats; ++j) {
      int channel = j / FAKE_PIXELS;
      float scaled = input[image * imageFloats + j] * scale0[channel];
      wantHidden[image * imageFloats + j] = scaled * scale1[channel];
      wantLogits[image * FAKE_CLASSES + j % FAKE_CLASSES] += wantHidden[image * imageFloats + j];
    }
  return std::memcmp(wantHidden.data(), hidden.data(), hidden.size() * sizeof(float)) == 0 &&
         std::memcmp(wantLogits.data(), logits.data(), logits.size() * sizeof(float)) == 0;
}

FakeInstance::FakeInstance(uint32_t threads, const vitc_executor *executor) {
  vitc_instance_options options = {threads, 0, executor};
  vitc_status status;
  handle = fakeModel().create(&options, &status);
  EXPECT_NE(handle, nullptr) << status.message;
}

FakeInstance::~FakeInstance() { fakeModel().destroy(handle); }
