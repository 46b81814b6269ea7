//===- Pictures.h - what a model says about pictures ------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_PICTURES_H
#define VITC_TOOLS_VITCRUN_PICTURES_H

#include "CommandLine.h"
#include "Manifest.h"

#include "vitc/RuntimeHost/LoadedModel.h"

#include <optional>

namespace vitc {

/// Decodes and preprocesses the pictures of the command line, runs the model and prints the result for each, in their
/// order. Without `entryPoint`, a picture goes to the first one for pictures, unless preprocessing makes exactly the
/// size of another one of it: that of the first, or else that one's own. Errors: a model that is not for pictures, the
/// first picture that cannot be used or whose scores are not finite (results for those before it are printed), pictures
/// for several entry points with --output-dir, standard output that cannot be written. Warns of other outputs that are
/// not finite.
std::optional<HostError> runPictures(const LoadedModel &model, ModelInstance &instance, const Manifest &manifest,
                                     std::optional<uint32_t> entryPoint, const CommandLine &line);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_PICTURES_H
