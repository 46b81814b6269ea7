//===- LoadedModel.h - a model that can be run ------------------*- C++ -*-===//
//
// Ownership and errors in C++ for what runtime/model_abi.h offers in C.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_RUNTIMEHOST_LOADEDMODEL_H
#define VITC_RUNTIMEHOST_LOADEDMODEL_H

#include "vitc/RuntimeHost/HostExpected.h"
#include "vitc/RuntimeHost/ModelFile.h"
#include "vitc/runtime/model_abi.h"

#include <memory>
#include <optional>
#include <vector>

namespace vitc {

/// An instance of a model. Must not outlive the LoadedModel that made it; for one thread at a time.
class ModelInstance {
public:
  /// Computes `batch` elements; see `run` in model_abi.h, whose errors these are. The vectors hold the memory of each
  /// input and output of the entry point. Returns nothing when it went well.
  std::optional<HostError> run(int64_t batch, const std::vector<vitc_input_buffer> &inputs,
                               const std::vector<vitc_output_buffer> &outputs, uint32_t entryPoint = 0);

  /// Threads, memory and chunk size.
  vitc_instance_info info() const;

  /// Sets what is called after each step of a run; nullptr: nothing.
  void setOpCallback(vitc_op_callback callback, void *context);

private:
  friend class LoadedModel;
  using Handle = std::unique_ptr<vitc_instance, int32_t (*)(vitc_instance *)>;
  ModelInstance(const vitc_model_functions *api, std::string path, Handle handle)
      : api(api), path(std::move(path)), handle(std::move(handle)) {}

  const vitc_model_functions *api;
  std::string path;
  Handle handle;
};

/// A model in this process. Unloaded with its destructor.
class LoadedModel {
public:
  /// Checks the file as ModelFile does, then loads it. Errors: those of ModelFile::open and
  /// ModelFile::checkAbiVersion, the loader's, and a model of the same path that is loaded and has been replaced since,
  /// which the loader would give instead of this one. Whether this CPU can run it is seen by createInstance.
  static HostExpected<LoadedModel> load(const std::string &path);

  const ModelFile &file() const { return modelFile; }

  /// The functions of the model, for what this class does not wrap (labels, preprocessing).
  const vitc_model_functions &api() const { return *table; }

  /// What can be run, and the code for each kind of CPU; at least one of each.
  std::vector<vitc_entry_point_info> entryPoints() const;
  std::vector<vitc_variant_info> variants() const;

  /// The index of the entry point that a tool's option --entry, or of the variant for the CPU that its --variant names.
  /// Error: there is none, with the names that there are.
  HostExpected<uint32_t> findEntryPoint(const std::string &name) const;
  HostExpected<uint32_t> findVariant(const std::string &cpu) const;

  /// Inputs and outputs of an entry point, in the order of `run`; empty if there is no such entry point.
  std::vector<vitc_tensor_info> inputs(uint32_t entryPoint = 0) const;
  std::vector<vitc_tensor_info> outputs(uint32_t entryPoint = 0) const;

  /// Which inputs of an entry point may be left out, as the manifest says.
  std::vector<bool> optionalInputs(uint32_t entryPoint = 0) const;

  /// Makes an instance. Errors: those of `create` in model_abi.h.
  HostExpected<ModelInstance> createInstance(const vitc_instance_options &options = {}) const;

private:
  using Library = std::unique_ptr<void, void (*)(void *)>;
  LoadedModel(ModelFile file, Library library, const vitc_model_functions *table)
      : modelFile(std::move(file)), library(std::move(library)), table(table) {}

  ModelFile modelFile;
  Library library;
  const vitc_model_functions *table;
};

} // namespace vitc

#endif // VITC_RUNTIMEHOST_LOADEDMODEL_H
