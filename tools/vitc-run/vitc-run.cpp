//===- vitc-run.cpp - runs a compiled model on pictures and arrays --------===//

#include "CommandLine.h"
#include "Info.h"
#include "Pictures.h"
#include "StandardOutput.h"
#include "Tensors.h"

#include "vitc/Files/Files.h"
#include "vitc/Pictures/Manifest.h"
#include "vitc/RuntimeHost/LoadedModel.h"

#include <csignal>
#include <exception>
#include <fcntl.h>
#include <new>
#include <unistd.h>

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

/// Sets `allWasUsed` to false if there were pictures that could not be used, which has been said.
static std::optional<HostError> runLoaded(const CommandLine &line, bool &allWasUsed) {
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
  if (!line.hasPictures())
    return runTensors(*model, *instance, entryPoint, line);
  HostExpected<bool> areAllUsed = runPictures(*model, *instance, *manifest, entryPoint, line);
  if (!areAllUsed)
    return areAllUsed.error();
  allWasUsed = *areAllUsed;
  return std::nullopt;
}

static std::optional<HostError> run(const std::vector<std::string> &arguments, bool &allWasUsed) {
  HostExpected<CommandLine> line = parseCommandLine(arguments);
  if (!line)
    return line.error();
  if (line->help)
    return print(helpText);
  if (line->version)
    return print("vitc-run " VITC_VERSION "\n");
  if (line->selfTest)
    return selfTest(*line);
  return line->info ? printInfo(*line) : runLoaded(*line, allWasUsed);
}

/// A closed standard stream stays one that cannot be written: no file that is opened takes its number.
static void occupyStandardStreams() {
  int number;
  do
    number = open("/dev/null", O_RDONLY | O_CLOEXEC);
  while (number >= 0 && number <= STDERR_FILENO);
  if (number >= 0)
    close(number);
}

int main(int argc, char **argv) {
  occupyStandardStreams();
  // A reader that goes away, or a limit on the size of files, is an error of writing, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  removeStagedFilesOnSignals();
  std::optional<HostError> error;
  bool allWasUsed = true;
  try {
    error = run({argv + 1, argv + argc}, allWasUsed);
  } catch (const std::bad_alloc &) {
    error = HostError{"vitc-run", "", "not enough memory"};
  } catch (const std::exception &exception) {
    error = HostError{"vitc-run", "", exception.what()};
  }
  if (error)
    printDiagnostic(error->line());
  return error || !allWasUsed;
}
