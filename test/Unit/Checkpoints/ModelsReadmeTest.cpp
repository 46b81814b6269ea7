//===- ModelsReadmeTest.cpp - models/README.md follows from the code -*- C++ -*-===//

#include "../Importer/CheckedModel.h"
#include "../Support/TestFiles.h"
#include "vitc/Checkpoints/HuggingFaceReader.h"
#include "vitc/Checkpoints/TimmReader.h"
#include "vitc/Description/DescriptionParser.h"
#include "vitc/Description/DescriptionWriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <set>

using namespace vitc;
using namespace vitc::test;

namespace {

const std::string modelsDirectory = VITC_MODELS_DIR;

/// What the small checkpoints of one family are.
struct Compared {
  unsigned cases = 0, sizes = 0;
  std::set<std::string> kinds, libraries, keys;
};

/// Adds keys that change the library's outputs when they are absent or have another value; `changes` is an object from
/// keys, or from KEY=VALUE, to the changes. What is no key of the object that describes the model is left out.
void addKeys(std::set<std::string> &keys, const JsonValue &changes) {
  for (const auto &[key, change] : *changes.asObject()) {
    llvm::StringRef name = llvm::StringRef(key).split('=').first;
    bool isNone = change.asReal() && *change.asReal() == 0;
    if (!isNone && !name.starts_with("/") && name != "epsilon" && name != "activation")
      keys.insert(name.str());
  }
}

/// The table of what the tests compare with the libraries, from the table of their checkpoints.
std::string comparedCheckpoints() {
  JsonValue table = valueOf(readJsonFile(VITC_CHECKPOINTS_DIR "/cases.json"));
  std::map<std::string, Compared> families;
  for (const JsonValue &entry : *table.asArray()) {
    const JsonValue *timmClass = entry.find("class");
    Compared &family = families[(timmClass ? "timm " + *timmClass->asString() : *entry.find("model_type")->asString())];
    ++family.cases;
    if (const JsonValue *resized = entry.find("resized"))
      family.sizes += unsigned(resized->asArray()->size());
    family.kinds.insert(*entry.find("architecture")->asString());
    family.libraries.insert(*entry.find("library")->asString());
    for (const char *changes : {"without_key", "with_mistake"})
      addKeys(family.keys, *entry.find(changes));
  }
  std::string text =
      "| family | library | checkpoints | at other sizes | classes | keys whose other values or absence must show |\n"
      "|---|---|---|---|---|---|\n";
  for (const auto &[name, family] : families) {
    bool isTimm = llvm::StringRef(name).starts_with("timm ");
    text += "| " + name + " | " + llvm::join(family.libraries, ", ") + " | " + std::to_string(family.cases) + " | " +
            std::to_string(family.sizes) + " | " +
            (isTimm ? std::to_string(family.kinds.size()) + " architectures" : llvm::join(family.kinds, ", ")) + " | " +
            (family.keys.empty() ? "" : "`" + llvm::join(family.keys, "`, `") + "`") + " |\n";
  }
  return text;
}

/// The table of what the tests compare of pictures, from the table of their cases.
std::string comparedPictures() {
  JsonValue table = valueOf(readJsonFile(VITC_CHECKPOINTS_DIR "/../pictures/cases.json"));
  std::map<std::string, Compared> processors;
  for (const JsonValue &entry : *table.asArray()) {
    const JsonValue *config = entry.find("config"), *type = config->find("model_type"), *keys = entry.find("processor");
    const JsonValue *backend = entry.find("backend"), *inner = keys ? keys->find("image_processor") : nullptr;
    const bool isTorchvision = backend || (type && *type->asString() == "dinov3_vit");
    Compared &compared = processors["| " + (type ? *type->asString() : *entry.find("library")->asString()) + " | " +
                                    (isTorchvision ? "torchvision" : "Pillow") + " | "];
    ++compared.cases;
    const JsonValue *idle = entry.find("idle");
    for (const auto &[key, value] : *(inner ? inner : keys ? keys : config->find("pretrained_cfg"))->asObject())
      if (!idle || llvm::none_of(*idle->asArray(), [&](const JsonValue &name) { return *name.asString() == key; }))
        compared.keys.insert(key);
  }
  std::string text = "| processor of | on | cases | keys whose absence must show |\n|---|---|---|---|\n";
  for (const auto &[begin, compared] : processors)
    text += begin + std::to_string(compared.cases) + " | " +
            (compared.keys.empty() ? "" : "`" + llvm::join(compared.keys, "`, `") + "`") + " |\n";
  return text;
}

} // namespace

TEST(ModelsReadme, HasTheReferenceOfAllOps) {
  std::string file = modelsDirectory + "/README.md";
  std::string readme = contentOf(file);
  size_t begin = readme.find("### Blocks"), end = readme.find("## Checkpoints");
  ASSERT_LT(begin, end);
  updateIfAsked(file, readme.substr(0, begin) + opsReference() + readme.substr(end));
  EXPECT_NE(contentOf(file).find(opsReference()), std::string::npos);
}

TEST(ModelsReadme, HasTheReferenceOfAllFamilies) {
  std::string file = modelsDirectory + "/README.md";
  std::string readme = contentOf(file);
  std::string reference =
      "### Families of transformers\n\n" + huggingFaceReference() + "\n### Classes of timm\n\n" + timmReference() +
      "\n### What is compared\n\nThe small checkpoints of the tests, with the " +
      "library that computed what is expected:\n\n" + comparedCheckpoints() +
      "\nWhat the libraries' own processors (transformers 5.24.0, timm 1.0.31) make of pictures, bit for bit " +
      "but for DINOv3's (5e-6):\n\n" + comparedPictures();
  size_t begin = readme.find("### Families of transformers");
  ASSERT_NE(begin, std::string::npos);
  updateIfAsked(file, readme.substr(0, begin) + reference);
  EXPECT_EQ(contentOf(file).substr(begin), reference);
}

TEST(ModelsReadme, ExampleIsWrittenAsTheCompilerWouldWriteIt) {
  std::string readme = contentOf(modelsDirectory + "/README.md");
  size_t begin = readme.find("```json\n") + 8;
  std::string example = readme.substr(begin, readme.find("```", begin) - begin);
  ModelDescription m = valueOf(parseDescription(valueOf(parseJson(example, "f")), "f"));
  EXPECT_EQ(valueOf(importAlone(m)).imported.weights.size(), 6 + 2 * 12 + 2u);
  // The one default that the example leaves out.
  std::string written = writeDescription(m);
  size_t channels = written.find("      \"channels\": 3,\n");
  ASSERT_NE(channels, std::string::npos);
  EXPECT_EQ(written.erase(channels, 21), example);
}
