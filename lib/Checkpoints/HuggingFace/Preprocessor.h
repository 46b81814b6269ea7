//===- Preprocessor.h - preprocessor_config.json ----------------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_PREPROCESSOR_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_PREPROCESSOR_H

#include "vitc/Checkpoints/CheckpointFile.h"
#include "vitc/Description/ModelDescription.h"
#include "vitc/Support/InputErrors.h"

namespace vitc {

/// The steps of a preprocessor_config.json for images of `imageShape` (channels, height, width), as transformers 5.24
/// takes them. Its processors come on Pillow and on torchvision: a file means those on torchvision if it names them
/// (…ImageProcessorFast, "use_fast": true, "backend": "torchvision"; the last of these that is there decides), else
/// those on Pillow (lib/Image/README.md says why). Which it is, is appended to `notes`. What is null is off, and an
/// error where a step needs it. `modelType` decides which processor a file without a type means. Empty if no steps
/// describe the processor. If the model `takesAnySize`, `imageShape` becomes that of the steps' result; otherwise it is
/// an error if they differ. Keys without effect are appended to `ignoredKeys`.
std::vector<PreprocessStep> readPreprocessor(const CheckpointFile &file, llvm::StringRef modelType,
                                             std::vector<int64_t> &imageShape, bool takesAnySize, InputErrors &errors,
                                             std::vector<std::string> &ignoredKeys, std::vector<std::string> &notes);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_PREPROCESSOR_H
