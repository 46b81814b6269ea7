//===- DescriptionWriter.h - ModelDescription to JSON -----------*- C++ -*-===//

#ifndef VITC_DESCRIPTION_DESCRIPTIONWRITER_H
#define VITC_DESCRIPTION_DESCRIPTIONWRITER_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Support/Json.h"
#include "llvm/ADT/ArrayRef.h"

#include <string>

namespace vitc {

/// The description as a person would write it: defaults left out, equal layers rolled up with `repeat`. Parsing gives
/// an equal description. Ends with a newline.
std::string writeDescription(const ModelDescription &description);

/// The one text of all descriptions of the same model: everything explicit, no white space, without the names of the
/// weights file and of ignored tensors.
std::string canonicalDescription(const ModelDescription &description);

/// BLAKE3 of the canonical description, 64 hexadecimal digits.
std::string descriptionHash(const ModelDescription &description);

/// The same of several; of one, its own.
std::string descriptionsHash(llvm::ArrayRef<const ModelDescription *> descriptions);

/// The JSON Schema (draft 2020-12) of the language, made from the table of ops.
JsonValue descriptionSchema();

/// The reference of all ops in Markdown, made from the same table; it is part of models/README.md.
std::string opsReference();

} // namespace vitc

#endif // VITC_DESCRIPTION_DESCRIPTIONWRITER_H
