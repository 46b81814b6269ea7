//===- Tensors.h - the buffers of a run, and .npy files ---------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_TENSORS_H
#define VITC_TOOLS_VITCRUN_TENSORS_H

#include "CommandLine.h"

#include "vitc/RuntimeHost/LoadedModel.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vitc {

/// The outputs of a run, each with the bytes of all batch elements.
struct Outputs {
  std::vector<vitc_tensor_info> infos;
  std::vector<std::vector<uint8_t>> buffers;
};

/// Runs an entry point for `batch` elements with the given inputs. Errors: not enough memory, those of the run.
HostExpected<Outputs> runModel(const LoadedModel &model, ModelInstance &instance, uint32_t entryPoint, int64_t batch,
                               const std::vector<vitc_input_buffer> &inputs);

/// The numbers of an output of f32 for batch element `element`.
std::vector<float> numbersOf(const Outputs &outputs, size_t output, size_t element);

/// Whether all numbers of an output for batch element `element` are finite. Other types than f32 and f64 are.
bool isFinite(const Outputs &outputs, size_t output, size_t element);

/// Warns of each output with numbers that are not finite.
class FiniteCheck {
public:
  explicit FiniteCheck(const CommandLine &line) : line(line) {}

  /// Looks at an output of a run, of `batch` elements. Each output is warned of only once.
  void check(const Outputs &outputs, size_t output, size_t batch);

private:
  const CommandLine &line;
  std::set<std::string> warned;
};

/// Whether tensors can be written as NAME.npy. Errors: another type than .npy has, a name that is no file's.
std::optional<HostError> checkWritable(const std::vector<vitc_tensor_info> &infos, const CommandLine &line);

/// Writes --output or --output-dir: all files or none.
std::optional<HostError> writeOutputs(const Outputs &outputs, int64_t batch, const CommandLine &line);

/// Reads --input, runs the model and writes --output or --output-dir; warns of outputs that are not finite. Without
/// `entryPoint`, the first one that the arrays fit is run. Errors: a file that cannot be read or written, an input that
/// is missing, unknown, or has another type or shape.
std::optional<HostError> runTensors(const LoadedModel &model, ModelInstance &instance,
                                    std::optional<uint32_t> entryPoint, const CommandLine &line);

/// The shape of a tensor of the model, without the batch dimension.
std::vector<int64_t> shapeOf(const vitc_tensor_info &info);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_TENSORS_H
