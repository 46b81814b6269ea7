//===- Pictures.h - what a model says about pictures ------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_PICTURES_H
#define VITC_TOOLS_VITCRUN_PICTURES_H

#include "CommandLine.h"

#include "vitc/Pictures/Manifest.h"

#include <optional>

namespace vitc {

/// Decodes and preprocesses the pictures of the command line, runs the model on at most --batch of them at a time, and
/// prints the result for each, in their order, or writes the files of --output or --output-dir. Pictures are prepared
/// ahead, in as many threads as the instance has. Without `entryPoint`, a picture goes to the first one for pictures,
/// unless preprocessing makes exactly the size of another one of it: that of the first, or else that one's own. Returns
/// whether all pictures could be used: for each that could not, or whose scores are not finite, a line is printed to
/// standard error. Errors that end the run: a model that is not for pictures, a list that cannot be read, files or
/// standard output that cannot be written, those of the run. Warns of other outputs that are not finite.
HostExpected<bool> runPictures(const LoadedModel &model, ModelInstance &instance, const Manifest &manifest,
                               std::optional<uint32_t> entryPoint, const CommandLine &line);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_PICTURES_H
