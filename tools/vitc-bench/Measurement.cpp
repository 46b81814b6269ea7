//===- Measurement.cpp - runs a model and takes the time ------------------===//

#include "Measurement.h"

#include "FmaPeak.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <memory>
#include <numeric>

using namespace vitc;

namespace {

constexpr double defaultSeconds = 2;
constexpr size_t minRuns = 5, maxRuns = 1000, stepRuns = 5;

using Clock = std::chrono::steady_clock;

double msSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The tensors of one run. Floats get values like those of a normalised picture, booleans are true, integers zero; what
/// may be left out is.
class Tensors {
public:
  /// Error: the batch does not fit in memory.
  static HostExpected<Tensors> allocate(const LoadedModel &model, uint32_t entryPoint, int64_t batch) {
    Tensors tensors;
    tensors.entryPoint = entryPoint;
    tensors.batch = batch;
    const std::vector<bool> optional = model.optionalInputs(entryPoint);
    for (const vitc_tensor_info &info : model.inputs(entryPoint)) {
      if (optional[tensors.inputs.size()]) {
        tensors.inputs.push_back({nullptr, 0});
        continue;
      }
      const vitc_output_buffer buffer = tensors.add(info, batch);
      if (!buffer.data)
        return HostError{"command line", "--batch", "not enough memory for the inputs of " + std::to_string(batch)};
      if (info.dtype == VITC_DTYPE_F32)
        fill(static_cast<float *>(buffer.data), buffer.bytes / sizeof(float));
      else if (info.dtype == VITC_DTYPE_BOOL)
        std::memset(buffer.data, 1, buffer.bytes);
      tensors.inputs.push_back({buffer.data, buffer.bytes});
    }
    for (const vitc_tensor_info &info : model.outputs(entryPoint)) {
      tensors.outputs.push_back(tensors.add(info, batch));
      if (!tensors.outputs.back().data)
        return HostError{"command line", "--batch", "not enough memory for the outputs of " + std::to_string(batch)};
    }
    return tensors;
  }

  /// Runs an instance of the model once.
  std::optional<HostError> run(ModelInstance &instance) const {
    return instance.run(batch, inputs, outputs, entryPoint);
  }

private:
  uint32_t entryPoint = 0;
  int64_t batch = 0;
  std::vector<vitc_input_buffer> inputs;
  std::vector<vitc_output_buffer> outputs;

  /// Memory for a tensor, or nullptr.
  vitc_output_buffer add(const vitc_tensor_info &info, int64_t batch) {
    size_t bytes;
    if (__builtin_mul_overflow(info.bytes, static_cast<size_t>(batch), &bytes) || bytes > SIZE_MAX / 2)
      return {nullptr, 0};
    storage.emplace_back(new (std::nothrow) char[bytes]());
    return {storage.back().get(), bytes};
  }

  static void fill(float *values, size_t count) {
    uint32_t state = 1;
    for (size_t i = 0; i < count; ++i) {
      state = state * 1664525u + 1013904223u;
      values[i] = static_cast<float>(state >> 8) * 0x1p-22f - 2.0f;
    }
  }

  std::vector<std::unique_ptr<char[]>> storage;
};

/// Sums up "Name:   123 kB" lines of a file below /proc, in 10^6 bytes.
double procMegabytes(const char *file, const std::string &name) {
  std::ifstream lines(file);
  double kilobytes = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.rfind(name + ":", 0) == 0)
      kilobytes += std::strtod(line.c_str() + name.size() + 1, nullptr);
  return kilobytes * 1024 / 1e6;
}

/// The value at or above which `share` of the sorted times lie below.
double quantile(const std::vector<double> &sorted, double share) {
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(share * static_cast<double>(sorted.size())))];
}

void recordStep(void *context, const vitc_op_event *event) {
  static_cast<std::vector<StepTime> *>(context)->push_back({event->name, event->kind, event->layer, event->first_image,
                                                            event->images, event->flops, event->start_ns,
                                                            event->duration_ns});
}

/// Runs with a callback, so that the callback does not touch the times of the whole model.
std::optional<HostError> measureSteps(ModelInstance &instance, const Tensors &tensors, size_t runs,
                                      Measurement &result) {
  for (size_t i = 0; i < runs; ++i) {
    std::vector<StepTime> steps;
    instance.setOpCallback(recordStep, &steps);
    if (std::optional<HostError> error = tensors.run(instance))
      return error;
    result.steps.push_back(std::move(steps));
  }
  instance.setOpCallback(nullptr, nullptr);
  for (const StepTime &step : result.steps.front())
    result.flops += step.flops;
  return std::nullopt;
}

std::optional<HostError> measureRuns(ModelInstance &instance, const Tensors &tensors, size_t wanted,
                                     Measurement &result) {
  std::vector<double> times;
  Clock::time_point begin = Clock::now();
  auto enough = [&] {
    if (wanted)
      return times.size() >= wanted;
    return times.size() >= maxRuns || (times.size() >= minRuns && msSince(begin) >= defaultSeconds * 1e3);
  };
  while (!enough()) {
    Clock::time_point start = Clock::now();
    if (std::optional<HostError> error = tensors.run(instance))
      return error;
    times.push_back(msSince(start));
  }
  std::sort(times.begin(), times.end());
  result.runs = times.size();
  result.minMs = times.front();
  result.medianMs = quantile(times, 0.5);
  result.p90Ms = quantile(times, 0.9);
  return std::nullopt;
}

} // namespace

HostExpected<Measurement> vitc::measure(const BenchOptions &options) {
  Measurement result;
  result.model = options.model;
  result.batch = options.batch;

  Clock::time_point start = Clock::now();
  HostExpected<LoadedModel> model = LoadedModel::load(options.model);
  if (!model)
    return model.error();
  HostExpected<uint32_t> entryPoint = options.entryPoint.empty() ? 0 : model->findEntryPoint(options.entryPoint);
  if (!entryPoint)
    return entryPoint.error();
  vitc_instance_options instanceOptions = {options.threads, 0, nullptr};
  if (!options.variant.empty()) {
    HostExpected<uint32_t> variant = model->findVariant(options.variant);
    if (!variant)
      return variant.error();
    instanceOptions.variant = *variant + 1;
  }
  HostExpected<ModelInstance> instance = model->createInstance(instanceOptions);
  if (!instance)
    return instance.error();
  result.loadMs = msSince(start);
  result.threads = instance->info().threads;
  if (model->entryPoints().size() > 1)
    result.entryPoint = model->entryPoints()[*entryPoint].name;
  if (model->variants().size() > 1)
    result.variant = model->variants()[instance->info().variant].target_cpu;

  HostExpected<Tensors> tensors = Tensors::allocate(*model, *entryPoint, options.batch);
  if (!tensors)
    return tensors.error();
  start = Clock::now();
  if (std::optional<HostError> error = tensors->run(*instance))
    return *error;
  result.firstMs = msSince(start);
  result.peakGflops = measureFmaPeak(result.threads);
  if (std::optional<HostError> error = measureRuns(*instance, *tensors, options.runs, result))
    return *error;
  if (std::optional<HostError> error = measureSteps(*instance, *tensors, options.steps ? stepRuns : 1, result))
    return *error;
  result.gflops = result.flops / result.medianMs / 1e6;
  result.rssMb = procMegabytes("/proc/self/status", "VmRSS");
  // Not Private_Dirty: pages of a file that the disk has not yet got count there, though every process shares them.
  result.privateMb = procMegabytes("/proc/self/smaps_rollup", "Anonymous");
  return result;
}
