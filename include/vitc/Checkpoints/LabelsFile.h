//===- LabelsFile.h - names of classes from a file --------------*- C++ -*-===//

#ifndef VITC_CHECKPOINTS_LABELSFILE_H
#define VITC_CHECKPOINTS_LABELSFILE_H

#include "vitc/Description/ModelDescription.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace vitc {

/// Names of classes from a file: one a line (UTF-8), or JSON (`*.json`): an array of names, an object from numbers to
/// names or from names to numbers, or a configuration with `id2label` or `label_names`. Errors: no such file, not
/// UTF-8, an empty name, numbers that are not those from 0 on.
llvm::Expected<std::vector<std::string>> readLabelsFile(llvm::StringRef path);

/// Gives the classes of a model the names of a file. Errors: those of readLabelsFile, more or fewer names than the
/// model has classes, a model whose first output has none.
llvm::Error setLabels(ModelDescription &description, llvm::StringRef path);

} // namespace vitc

#endif // VITC_CHECKPOINTS_LABELSFILE_H
