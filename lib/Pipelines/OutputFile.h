//===- OutputFile.h - files that appear complete or not at all --*- C++ -*-===//

#ifndef VITC_LIB_PIPELINES_OUTPUTFILE_H
#define VITC_LIB_PIPELINES_OUTPUTFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <string>

namespace vitc {

/// Writes what `print` prints to a new file that then takes the name `path`, or to standard output if `path` is "-".
/// Devices and pipes are written directly. Errors name the path and what the system said.
llvm::Error writeOutput(llvm::StringRef path, llvm::function_ref<void(llvm::raw_ostream &)> print);

/// The same for a path that nobody chose: what has it already is left alone. That is an error, unless it is a file of
/// the same bytes.
llvm::Error writeNewOutput(llvm::StringRef path, llvm::function_ref<void(llvm::raw_ostream &)> print);

/// Whether a model may take a path that nobody chose. An error if something has it, unless that is a model of the same
/// description and, if `weightsHash` is not empty, of the same weights. Hashes are those of the manifest.
llvm::Error checkReplacesSameModel(llvm::StringRef path, llvm::StringRef descriptionHash, llvm::StringRef weightsHash);

/// An error, at `where`, if the file `output` ("-": standard output) exists and is one of `inputs`, under whatever
/// name.
llvm::Error checkReplacesNoInput(llvm::StringRef output, llvm::StringRef where, llvm::ArrayRef<std::string> inputs);

} // namespace vitc

#endif // VITC_LIB_PIPELINES_OUTPUTFILE_H
