//===- DescriptionParser.h - JSON to ModelDescription -----------*- C++ -*-===//
//
// The language is documented in models/README.md and by the schema in models/schema.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DESCRIPTION_DESCRIPTIONPARSER_H
#define VITC_DESCRIPTION_DESCRIPTIONPARSER_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Support/Json.h"

namespace vitc {

/// The newest version of the language; all up to it are read. They differ in what a map is (MapLayout).
constexpr int64_t descriptionVersion = 2;
/// Largest number of nodes of a description, repetitions counted.
constexpr size_t maximumNodes = 20000;

/// Turns a JSON tree into a description that `validateDescription` accepts. `file` is for messages, which name the JSON
/// pointer, the line and the node: "FILE: /nodes/3/heads (line 27, node 'encoder.layer.0'): …". The tree stays with the
/// description, for later messages.
llvm::Expected<ModelDescription> parseDescription(JsonValue root, llvm::StringRef file);

/// The node whose value an output called `output` takes when it does not say it: the node of that name, else the last
/// one if there is only one output. None in other cases, and without nodes.
std::optional<std::string> defaultOutputNode(const ModelDescription &description, llvm::StringRef output,
                                             size_t outputCount);

/// Gives masks the sizes of their images, one of which has changed.
void fitMasks(ModelDescription &description);

/// Checks a description as every consumer may rely on it: names are unique and well-formed, inputs of nodes come
/// earlier, ops exist, attributes have the type and range of their AttributeSpec, required parameters are there,
/// outputs exist, preprocessing that changes sizes ends in the input's. Whether shapes fit is checked by the importer.
llvm::Error validateDescription(const ModelDescription &description);

} // namespace vitc

#endif // VITC_DESCRIPTION_DESCRIPTIONPARSER_H
