//===- Config.h - config.json of transformers -------------------*- C++ -*-===//
//
// Every key of a configuration is in a table: it is read, with the default of transformers' class, or known to be
// without effect. Any other key is an error.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONFIG_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONFIG_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Support/JsonReader.h"
#include "llvm/ADT/ArrayRef.h"

#include <map>

namespace vitc::huggingface {

/// A key that is read.
struct ConfigKey {
  const char *name;
  /// What its absence means, as JSON; null: it follows from something else. A null in config.json is an absent key.
  const char *defaultValue;
};

/// The keys of one object of a configuration.
struct ConfigTable {
  llvm::ArrayRef<ConfigKey> read;
  /// Without effect on what is computed: training, parts of the model that are not compiled.
  llvm::ArrayRef<const char *> inert;
};

/// Keys that are without effect in any object: training, loading, text generation.
llvm::ArrayRef<const char *> commonInertKeys();
/// Keys that would change the result unless they have the value that they have in every such checkpoint.
llvm::ArrayRef<const char *> falseKeys();
/// The keys of labels, in the outermost object.
llvm::ArrayRef<ConfigKey> labelKeys();

class ConfigReader {
public:
  /// An object of a configuration, which lies at `pointer` and has the keys of all tables.
  ConfigReader(InputErrors &errors, const JsonValue &object, std::string pointer, llvm::ArrayRef<ConfigTable> tables);

  InputErrors &getErrors() { return errors; }
  /// Whether the table has a key to be read.
  bool knows(llvm::StringRef key) const { return defaults.count(key.str()) != 0; }
  /// Whether the file gives it.
  bool gives(llvm::StringRef key);
  /// The member as it is written, or nullptr: for keys that do not follow from their kind alone.
  const JsonValue *find(llvm::StringRef key);
  std::string pointerTo(llvm::StringRef key) const { return reader.pointerTo(key); }
  /// The pointer to a key that is there, else to the object.
  std::string placeOf(llvm::StringRef key) const { return reader.placeOf(key); }

  int64_t integer(llvm::StringRef key, int64_t minimum = 1, int64_t maximum = int64_t(1) << 31);
  /// For keys whose default follows from something else.
  std::optional<int64_t> optionalInteger(llvm::StringRef key);
  double real(llvm::StringRef key);
  bool boolean(llvm::StringRef key);
  std::string string(llvm::StringRef key);
  /// A list of at least one.
  std::vector<int64_t> integers(llvm::StringRef key, int64_t minimum, int64_t maximum);
  /// A list of numbers.
  std::vector<double> reals(llvm::StringRef key);
  /// A list of true and false.
  std::vector<bool> booleans(llvm::StringRef key);
  /// A list of strings.
  std::vector<std::string> strings(llvm::StringRef key);
  /// Height and width.
  std::vector<int64_t> size(llvm::StringRef key);
  /// An activation by transformers' name, as the description language names it.
  std::string activation(llvm::StringRef key);

  /// Reports the first key that no table has, and appends pointers of those without effect to `ignored`.
  /// What is ignored though the user may want it is explained in `notes`, as "POINTER: TEXT".
  void finish(std::vector<std::string> &ignored, std::vector<std::string> &notes);

private:
  /// The member, or the default.
  const JsonValue &valueOf(llvm::StringRef key);

  InputErrors &errors;
  const JsonValue &object;
  ObjectReader reader;
  std::vector<ConfigTable> tables;
  std::map<std::string, JsonValue> defaults;
};

/// What every encoder has.
struct Dimensions {
  int64_t width = 0, layers = 0, heads = 0, hidden = 0, channels = 0;
  std::optional<int64_t> headDim;
  std::vector<int64_t> imageSize, patchSize;
  std::string activation;
  double epsilon = 0;

  std::vector<int64_t> grid() const { return {imageSize[0] / patchSize[0], imageSize[1] / patchSize[1]}; }
};

/// Reads the keys that have the same names in all families, as far as the family's table has them.
Dimensions readDimensions(ConfigReader &config);
/// Reports what is wrong with sizes, whichever keys they come from.
void checkDimensions(ConfigReader &config, const Dimensions &dimensions);

/// Names of classes, and how logits become their scores.
struct Labels {
  std::vector<std::string> names;
  /// The key that says how many there are, as a pointer; the whole file, if none does.
  std::string where;
  Scores scores = Scores::Softmax;
};
/// As config.json has them, else as many as PreTrainedConfig assumes. Scores are those of the library's pipeline:
/// the softmax, or the sigmoid for several labels or one class alone, or none for a regression.
Labels readLabels(ConfigReader &config);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONFIG_H
