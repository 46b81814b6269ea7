//===- LoadedModel.cpp - a model that can be run --------------------------===//

#include "vitc/RuntimeHost/LoadedModel.h"

#include <nlohmann/json.hpp>

#include <dlfcn.h>
#include <string_view>

using namespace vitc;

std::optional<HostError> ModelInstance::run(int64_t batch, const std::vector<vitc_input_buffer> &inputs,
                                            const std::vector<vitc_output_buffer> &outputs, uint32_t entryPoint) {
  vitc_status status;
  if (api->run(handle.get(), entryPoint, batch, inputs.data(), static_cast<uint32_t>(inputs.size()), outputs.data(),
               static_cast<uint32_t>(outputs.size()), &status) != VITC_OK)
    return HostError{path, "run", status.message};
  return std::nullopt;
}

vitc_instance_info ModelInstance::info() const {
  vitc_instance_info info;
  api->instance_info(handle.get(), &info);
  return info;
}

void ModelInstance::setOpCallback(vitc_op_callback callback, void *context) {
  api->set_op_callback(handle.get(), callback, context);
}

HostExpected<LoadedModel> LoadedModel::load(const std::string &path) {
  HostExpected<ModelFile> file = ModelFile::open(path);
  if (!file)
    return file.error();
  if (std::optional<HostError> error = file->checkAbiVersion())
    return *error;
  // The loader looks for a name without a slash in the system's directories.
  std::string name = path.find('/') == std::string::npos ? "./" + path : path;
  Library library(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL), [](void *handle) { dlclose(handle); });
  if (!library)
    return HostError{path, "loader", dlerror()};
  auto query = reinterpret_cast<vitc_model_api_fn>(dlsym(library.get(), VITC_MODEL_API_SYMBOL));
  if (!query)
    return HostError{path, "loader", std::string("no symbol ") + VITC_MODEL_API_SYMBOL + ": the file is damaged"};
  auto *table = static_cast<const vitc_model_functions *>(query(VITC_MODEL_ABI_VERSION));
  if (!table)
    return HostError{path, "loader", "the model does not serve the version of its manifest: the file is damaged"};
  uint64_t bytes = 0;
  const char *manifest = table->manifest(&bytes);
  if (std::string_view(manifest, bytes) != file->manifest)
    return HostError{path, "loader", "another model was loaded by this name, and is still in use"};
  return LoadedModel(std::move(*file), std::move(library), table);
}

std::vector<vitc_tensor_info> LoadedModel::inputs(uint32_t entryPoint) const {
  std::vector<vitc_tensor_info> infos;
  vitc_tensor_info info;
  for (uint32_t i = 0; table->input(entryPoint, i, &info) == VITC_OK; ++i)
    infos.push_back(info);
  return infos;
}

std::vector<bool> LoadedModel::optionalInputs(uint32_t entryPoint) const {
  std::vector<bool> optional(inputs(entryPoint).size(), false);
  const nlohmann::json root = nlohmann::json::parse(modelFile.manifest, nullptr, /*allow_exceptions=*/false);
  for (size_t i = 0; i < optional.size(); ++i)
    optional[i] = root.contains(nlohmann::json::json_pointer("/entry_points/" + std::to_string(entryPoint) +
                                                             "/inputs/" + std::to_string(i) + "/default"));
  return optional;
}

std::vector<vitc_tensor_info> LoadedModel::outputs(uint32_t entryPoint) const {
  std::vector<vitc_tensor_info> infos;
  vitc_tensor_info info;
  for (uint32_t i = 0; table->output(entryPoint, i, &info) == VITC_OK; ++i)
    infos.push_back(info);
  return infos;
}

std::vector<vitc_entry_point_info> LoadedModel::entryPoints() const {
  std::vector<vitc_entry_point_info> infos(table->entry_point_count());
  for (uint32_t i = 0; i < infos.size(); ++i)
    table->entry_point(i, &infos[i]);
  return infos;
}

std::vector<vitc_variant_info> LoadedModel::variants() const {
  std::vector<vitc_variant_info> infos(table->variant_count());
  for (uint32_t i = 0; i < infos.size(); ++i)
    table->variant(i, &infos[i]);
  return infos;
}

/// The first of `names` that is `wanted`; the error is about `option` and lists the names of these `things`.
static HostExpected<uint32_t> findName(const std::vector<std::string> &names, const std::string &wanted,
                                       const char *option, const std::string &things) {
  std::string list;
  for (uint32_t i = 0; i < names.size(); ++i) {
    if (names[i] == wanted)
      return i;
    list += (list.empty() ? "" : ", ") + names[i];
  }
  return HostError{"command line", option,
                   "the model has no " + things + " '" + wanted + "', expected one of: " + list};
}

HostExpected<uint32_t> LoadedModel::findEntryPoint(const std::string &name) const {
  std::vector<std::string> names;
  for (const vitc_entry_point_info &info : entryPoints())
    names.emplace_back(info.name);
  return findName(names, name, "--entry", "entry point");
}

HostExpected<uint32_t> LoadedModel::findVariant(const std::string &cpu) const {
  std::vector<std::string> names;
  for (const vitc_variant_info &info : variants())
    names.emplace_back(info.target_cpu);
  return findName(names, cpu, "--variant", "variant for");
}

HostExpected<ModelInstance> LoadedModel::createInstance(const vitc_instance_options &options) const {
  vitc_status status;
  ModelInstance::Handle handle(table->create(&options, &status), table->destroy);
  if (!handle)
    return HostError{modelFile.path, "create", status.message};
  return ModelInstance(table, modelFile.path, std::move(handle));
}
