//===- Preprocessor.h - preprocessor_config.json ----------------*- C++ -*-===//

#ifndef VITC_LIB_FRONTEND_HUGGINGFACE_PREPROCESSOR_H
#define VITC_LIB_FRONTEND_HUGGINGFACE_PREPROCESSOR_H

#include "vitc/Frontend/HuggingFaceImporter.h"
#include "vitc/Frontend/InputErrors.h"

namespace vitc {

/// The steps of a preprocessor_config.json for images of `imageShape` (channels, height, width), as the Pillow-based
/// processors of transformers 5.23 take them. `modelType` decides which processor a file without a type means. Empty if
/// the processor neither resizes nor crops: pictures then have no defined size. If the model `takesAnySize`,
/// `imageShape` becomes that of the steps' result; otherwise it is an error if they differ. Keys without effect are
/// appended to `ignoredKeys`.
std::vector<PreprocessStep> importPreprocessor(const CheckpointFile &file, llvm::StringRef modelType,
                                               std::vector<int64_t> &imageShape, bool takesAnySize, InputErrors &errors,
                                               std::vector<std::string> &ignoredKeys);

} // namespace vitc

#endif // VITC_LIB_FRONTEND_HUGGINGFACE_PREPROCESSOR_H
