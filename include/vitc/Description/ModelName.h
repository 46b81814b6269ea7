//===- ModelName.h - what a model is called ---------------------*- C++ -*-===//
//
// A description says its model's name. A checkpoint does not: its model is called as the place where it lies, so that
// two fine-tunes of one shape have two names. Only the name itself becomes a part of the model, no path.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DESCRIPTION_MODELNAME_H
#define VITC_DESCRIPTION_MODELNAME_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace vitc {

/// Whether a text is a name in a description: up to 255 letters, digits and '_', '.', '-', starting with a letter,
/// digit or '_'.
bool isName(llvm::StringRef text);

/// "'TEXT' is not a name: …", for messages.
std::string notAName(llvm::StringRef text);

/// Makes a name of a file's or directory's name. Other characters become '_', several in a row one; those beyond ASCII
/// 'u' and their code point in hexadecimal, bytes that are no UTF-8 'x' and their value. '_' is put in front of what
/// would start with '.' or '-'. What is longer than 200 characters is cut, so that a suffix has room in a file's name;
/// nothing becomes "model".
std::string nameFrom(llvm::StringRef text);

/// The name of the model in a checkpoint directory: NAME, if it is a snapshot in the cache of the Hugging Face hub
/// (`models--ORG--NAME/snapshots/REVISION`) or called `models--ORG--NAME`; of `checkpoint-N`, as Trainer writes them,
/// "PARENT-checkpoint-N"; else the directory's own name. Links keep their names; "." and ".." are the directories that
/// they stand for, which have to exist.
std::string modelNameOfDirectory(llvm::StringRef directory);

/// The name of the model in a file that is called as its model: its name without the last suffix. Of `checkpoint` and
/// `checkpoint-N` "PARENT-checkpoint-N", as for directories.
std::string modelNameOfFile(llvm::StringRef file);

} // namespace vitc

#endif // VITC_DESCRIPTION_MODELNAME_H
