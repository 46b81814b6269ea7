//===- Pictures.h - what a model says about pictures ------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_PICTURES_H
#define VITC_TOOLS_VITCRUN_PICTURES_H

#include "CommandLine.h"
#include "Manifest.h"

#include "vitc/RuntimeHost/LoadedModel.h"

#include <optional>

namespace vitc {

/// Decodes and preprocesses the pictures of the command line, runs the model and prints the result for each, in their
/// order. Errors: a model that is not for pictures, the first picture that cannot be used or whose scores are not
/// finite (results for those before it are printed), standard output that cannot be written. Warns of other outputs
/// that are not finite.
std::optional<HostError> runPictures(const LoadedModel &model, ModelInstance &instance, const Manifest &manifest,
                                     const CommandLine &line);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_PICTURES_H
