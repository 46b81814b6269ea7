//===- NamedTensors.h - tensors by the names that readers know --*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_NAMEDTENSORS_H
#define VITC_LIB_CHECKPOINTS_NAMEDTENSORS_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Weights/WeightSource.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <map>
#include <set>

namespace vitc {

/// The tensors of a file by other names: what a library's loader makes of the file's own before it fills a model.
class NamedTensors : public WeightSource {
public:
  /// All tensors but those that match a pattern, by their own names.
  NamedTensors(const WeightSource &file, llvm::ArrayRef<std::string> ignored);

  /// Renames all tensors; one for which there is no name is dropped. Returns two tensors that came to have one name.
  std::optional<std::pair<std::string, std::string>>
  rename(llvm::function_ref<std::optional<std::string>(llvm::StringRef name)> nameOf);
  /// Gives a part of a tensor (TensorParts) a name.
  void addPart(const std::string &name, const std::string &part) { fileNames[name] = part; }
  void remove(const std::string &name) { fileNames.erase(name); }
  /// Takes a tensor away that the loader drops without a word, unless a part of it is used.
  void discard(llvm::StringRef name);
  const std::set<std::string> &discarded() const { return discardedNames; }
  /// A bias that the loader fills with zeros.
  void addZeros(const std::string &name) { zeros.insert(name); }
  /// What the file calls it: a name or a part; the name itself if there is no such tensor.
  std::string inFile(llvm::StringRef name) const;
  bool has(llvm::StringRef name) const { return find(name) || zeros.count(name); }

  std::vector<std::string> names() const override;
  const TensorInfo *find(llvm::StringRef name) const override;
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override;
  std::string fileOf(llvm::StringRef name) const override { return file->fileOf(inFile(name)); }
  std::vector<std::string> files() const override { return file->files(); }

  /// Gives a description that was read with these names those of the file.
  void restoreNames(ModelDescription &description) const;

private:
  const WeightSource *file;
  std::map<std::string, std::string, std::less<>> fileNames;
  std::set<std::string, std::less<>> zeros;
  /// By the file's names.
  std::set<std::string> discardedNames;
};

/// What is known of a library's models beside the names that a description needs.
struct CheckpointNames {
  /// Modules that its models can have: what belongs to one is never left over by chance.
  llvm::ArrayRef<const char *> modules;
  /// Patterns of tensors that the user says are none of the model's.
  llvm::ArrayRef<std::string> ignored;
};

/// Describes a model with `describe`, which gets the tensors without the prefix that wrappers of the model (compiling,
/// training on several devices, other classes) put in front of all names. Then sorts out what is left over: outside
/// the library's modules it is ignored, with a warning; inside it is left to be an error.
///
/// Errors: those of `describe`, the same model under several prefixes, patterns that match what the model needs, or
/// nothing.
llvm::Expected<ModelDescription>
describeTensors(const WeightSource &file, const CheckpointNames &names,
                llvm::function_ref<llvm::Expected<ModelDescription>(NamedTensors &)> describe);

/// The same for models whose tensors are named as they are: only the patterns.
llvm::Error ignoreTensors(ModelDescription &description, const WeightSource &file,
                          llvm::ArrayRef<std::string> patterns);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_NAMEDTENSORS_H
