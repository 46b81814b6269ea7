//===- vitc-run.cpp - runs a compiled model on pictures and arrays --------===//

#include "CommandLine.h"
#include "Info.h"
#include "Manifest.h"
#include "Pictures.h"
#include "StandardOutput.h"
#include "Tensors.h"

#include "vitc/RuntimeHost/LoadedModel.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

using namespace vitc;

static std::optional<HostError> printInfo(const CommandLine &line) {
  HostExpected<ModelFile> file = ModelFile::open(line.model);
  if (!file)
    return file.error();
  HostExpected<Manifest> manifest = readManifest(*file);
  if (!manifest)
    return manifest.error();
  return print(line.json ? infoJson(*file) : infoText(*file, *manifest));
}

static std::optional<HostError> selfTest(const CommandLine &line) {
  HostExpected<ModelFile> file = ModelFile::open(line.model);
  if (!file)
    return file.error();
  if (std::optional<HostError> error = file->checkWeights())
    return error;
  return print("the file is as it was compiled\n");
}

/// Checks that the manifest and the code of a model have the same entry points.
static std::optional<HostError> checkEntryPoints(const LoadedModel &model, const Manifest &manifest) {
  const std::vector<vitc_entry_point_info> infos = model.entryPoints();
  const auto isDescribed = [](const vitc_entry_point_info &info, const EntryPointDescription &entry) {
    return info.name == entry.name && info.input_count == entry.inputs.size() &&
           info.output_count == entry.outputs.size();
  };
  if (std::equal(infos.begin(), infos.end(), manifest.entryPoints.begin(), manifest.entryPoints.end(), isDescribed))
    return std::nullopt;
  return HostError{model.file().path, "/entry_points", "they are not those of the code: the file is damaged"};
}

static std::optional<HostError> runLoaded(const CommandLine &line) {
  HostExpected<LoadedModel> model = LoadedModel::load(line.model);
  if (!model)
    return model.error();
  HostExpected<Manifest> manifest = readManifest(model->file());
  if (!manifest)
    return manifest.error();
  if (std::optional<HostError> error = checkEntryPoints(*model, *manifest))
    return error;
  std::optional<uint32_t> entryPoint;
  if (!line.entryPoint.empty()) {
    HostExpected<uint32_t> found = model->findEntryPoint(line.entryPoint);
    if (!found)
      return found.error();
    entryPoint = *found;
  }
  HostExpected<ModelInstance> instance = model->createInstance({line.threads, 0, nullptr});
  if (!instance)
    return instance.error();
  return line.images.empty() ? runTensors(*model, *instance, entryPoint, line)
                             : runPictures(*model, *instance, *manifest, entryPoint, line);
}

static std::optional<HostError> run(const std::vector<std::string> &arguments) {
  HostExpected<CommandLine> line = parseCommandLine(arguments);
  if (!line)
    return line.error();
  if (line->help)
    return print(helpText);
  if (line->version)
    return print("vitc-run " VITC_VERSION "\n");
  if (line->selfTest)
    return selfTest(*line);
  return line->info ? printInfo(*line) : runLoaded(*line);
}

int main(int argc, char **argv) {
  // A reader that goes away, or a limit on the size of files, is an error of writing, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::optional<HostError> error;
  try {
    error = run({argv + 1, argv + argc});
  } catch (const std::bad_alloc &) {
    error = HostError{"vitc-run", "", "not enough memory"};
  } catch (const std::exception &exception) {
    error = HostError{"vitc-run", "", exception.what()};
  }
  if (!error)
    return 0;
  std::fprintf(stderr, "%s\n", error->line().c_str());
  return 1;
}
