//===- NamedTensors.cpp - tensors by the names that readers know -*- C++ -*-===//

#include "NamedTensors.h"

#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace vitc;

/// What torch.compile and its like put into names, wherever the wrapped module is.
static constexpr llvm::StringRef wrappers[] = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"};
/// Those around a whole model only (DataParallel): modules of models may be called so.
static constexpr llvm::StringRef outerWrapper = "module.";

NamedTensors::NamedTensors(const WeightSource &file, llvm::ArrayRef<std::string> ignored) : file(&file) {
  for (const std::string &name : file.names())
    if (llvm::none_of(ignored, [&](const std::string &pattern) { return matchesPattern(pattern, name); }))
      fileNames.emplace(name, name);
}

std::optional<std::pair<std::string, std::string>>
NamedTensors::rename(llvm::function_ref<std::optional<std::string>(llvm::StringRef)> nameOf) {
  std::map<std::string, std::string, std::less<>> renamed;
  std::optional<std::pair<std::string, std::string>> twins;
  for (const auto &[name, inFile] : fileNames)
    if (std::optional<std::string> other = nameOf(name)) {
      auto [place, isNew] = renamed.emplace(*other, inFile);
      if (!isNew && !twins)
        twins = std::pair(place->second, inFile);
    }
  fileNames = std::move(renamed);
  return twins;
}

void NamedTensors::discard(llvm::StringRef name) {
  discardedNames.insert(file->wholeOf(inFile(name)).str());
  fileNames.erase(name.str());
}

std::string NamedTensors::inFile(llvm::StringRef name) const {
  auto found = fileNames.find(std::string_view(name));
  return found == fileNames.end() ? name.str() : found->second;
}

std::vector<std::string> NamedTensors::names() const {
  std::vector<std::string> names;
  for (const auto &[name, inFile] : fileNames)
    names.push_back(name);
  return names;
}

const TensorInfo *NamedTensors::find(llvm::StringRef name) const {
  auto found = fileNames.find(std::string_view(name));
  return found == fileNames.end() ? nullptr : file->find(found->second);
}

llvm::Error NamedTensors::read(llvm::StringRef name, int64_t first, int64_t count, float *out) const {
  return file->read(inFile(name), first, count, out);
}

void NamedTensors::restoreNames(ModelDescription &description) const {
  for (Node &node : description.nodes)
    for (auto next = node.parameters.begin(); next != node.parameters.end();) {
      bool isZero = zeros.count(next->second) && !find(next->second);
      if (!isZero)
        next->second = inFile(next->second);
      next = isZero ? node.parameters.erase(next) : std::next(next);
    }
  for (std::string &name : description.ignoredTensors)
    name = inFile(name);
  llvm::append_range(description.ignoredTensors, discardedNames);
}

namespace {

/// A way to read the file: what comes out, and the names that it was read with.
struct Reading {
  NamedTensors tensors;
  std::string prefix;
  std::optional<ModelDescription> description;
  /// Why there is none.
  std::string message = "";

  /// Tensors of the file that the model needs.
  std::set<std::string> needed() const {
    std::set<std::string> names;
    for (const Node &node : description->nodes)
      for (const auto &[role, tensor] : node.parameters)
        names.insert(tensors.inFile(tensor));
    return names;
  }
};

std::string withoutWrappers(llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef> components;
  name.split(components, '.');
  llvm::erase_if(components, [](llvm::StringRef component) { return llvm::is_contained(wrappers, component); });
  std::string joined = llvm::join(components, ".");
  llvm::StringRef rest = joined;
  while (rest.consume_front(outerWrapper)) {
  }
  return rest.str();
}

bool isComplete(const Reading &reading) {
  if (!reading.description)
    return false;
  for (const Node &node : reading.description->nodes)
    for (const auto &[role, tensor] : node.parameters)
      if (!reading.tensors.has(tensor))
        return false;
  return true;
}

/// Prefixes that many names have, the shortest first.
std::vector<std::string> commonPrefixes(const NamedTensors &tensors) {
  std::map<std::string, size_t> counts;
  const std::vector<std::string> names = tensors.names();
  for (const std::string &name : names)
    for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
      ++counts[name.substr(0, dot + 1)];
  std::vector<std::string> prefixes;
  // A layer alone is no model; two or three models may share the file.
  constexpr size_t leastPart = 12;
  for (const auto &[prefix, count] : counts)
    if (count * leastPart >= names.size())
      prefixes.push_back(prefix);
  llvm::stable_sort(prefixes, [](const std::string &a, const std::string &b) { return a.size() < b.size(); });
  return prefixes;
}

llvm::StringRef firstComponent(llvm::StringRef name) { return name.split('.').first; }

/// "a, b, c and 9 more".
std::string listNames(llvm::ArrayRef<std::string> names) {
  constexpr size_t most = 5;
  std::string text = llvm::join(names.take_front(most), ", ");
  return names.size() > most ? text + " and " + std::to_string(names.size() - most) + " more" : text;
}

class TensorNaming {
public:
  using Describe = llvm::function_ref<llvm::Expected<ModelDescription>(NamedTensors &)>;

  TensorNaming(const WeightSource &file, const CheckpointNames &names, Describe describe)
      : file(file), names(names), describe(describe) {}

  llvm::Expected<ModelDescription> run() {
    llvm::Expected<Reading> reading = read(names.ignored);
    if (!reading)
      return reading.takeError();
    if (llvm::Error error = checkPatterns(*reading))
      return error;
    if (!reading->description)
      return llvm::createStringError(std::errc::invalid_argument, "%s", reading->message.c_str());
    sortOut(*reading);
    reading->tensors.restoreNames(*reading->description);
    llvm::append_range(reading->description->ignoredTensors, names.ignored);
    return std::move(*reading->description);
  }

private:
  Reading readBehind(NamedTensors tensors, const std::string &prefix) {
    tensors.rename(
        [&](llvm::StringRef name) { return name.consume_front(prefix) ? std::optional(name.str()) : std::nullopt; });
    llvm::Expected<ModelDescription> description = describe(tensors);
    if (!description)
      return {std::move(tensors), prefix, std::nullopt, llvm::toString(description.takeError())};
    return {std::move(tensors), prefix, std::move(*description)};
  }

  /// The one way to read the file that finds all tensors, else the one without a prefix.
  llvm::Expected<Reading> read(llvm::ArrayRef<std::string> ignored) {
    NamedTensors unwrapped(file, ignored);
    if (auto twins = unwrapped.rename([](llvm::StringRef name) { return std::optional(withoutWrappers(name)); }))
      return inputError(file.fileOf(twins->first), "tensor " + twins->second,
                        "without the prefixes of wrappers it is called as '" + twins->first +
                            "' is: --ignore-tensors=PATTERN leaves one of two models out");
    Reading plain = readBehind(unwrapped, "");
    if (isComplete(plain))
      return plain;
    std::optional<Reading> found;
    for (const std::string &prefix : commonPrefixes(unwrapped)) {
      Reading reading = readBehind(unwrapped, prefix);
      if (!isComplete(reading))
        continue;
      // Readers know some prefixes of their own, and then find the same behind a part of it.
      if (found && found->needed() != reading.needed())
        return inputError(file.fileOf(*reading.needed().begin()), "",
                          "has the model's tensors under several prefixes, '" + found->prefix + "' and '" +
                              reading.prefix + "': --ignore-tensors='" + reading.prefix + "*' leaves the latter out");
      if (!found)
        found.emplace(std::move(reading));
    }
    return std::move(found ? *found : plain);
  }

  /// Reports patterns that match nothing, or what the model needs.
  llvm::Error checkPatterns(const Reading &reading) {
    for (const std::string &pattern : names.ignored)
      if (llvm::none_of(file.names(), [&](const std::string &name) { return matchesPattern(pattern, name); }))
        return inputError("command line", "--ignore-tensors", "'" + pattern + "' matches no tensor of the weights");
    if (names.ignored.empty() || isComplete(reading))
      return llvm::Error::success();
    // Without all of them the file may have several models: then without one after the other.
    std::vector<std::vector<std::string>> attempts(1);
    for (const std::string &pattern : names.ignored) {
      attempts.emplace_back(names.ignored.begin(), names.ignored.end());
      llvm::erase(attempts.back(), pattern);
    }
    for (const std::vector<std::string> &attempt : attempts) {
      llvm::Expected<Reading> whole = read(attempt);
      if (!whole) {
        llvm::consumeError(whole.takeError());
        continue;
      }
      if (!isComplete(*whole))
        continue;
      for (const std::string &name : whole->needed())
        for (const std::string &pattern : names.ignored)
          if (matchesPattern(pattern, file.wholeOf(name)))
            return inputError("command line", "--ignore-tensors",
                              "'" + pattern + "' matches the tensor '" + name + "', which the model needs");
    }
    return llvm::Error::success();
  }

  /// Whether a tensor that is left over is outside the model's own modules, or cannot be a weight.
  bool isOutside(const Reading &reading, const llvm::StringMap<std::string> &nameOf, const llvm::StringSet<> &modules,
                 const std::string &name) const {
    auto presented = nameOf.find(name);
    return presented == nameOf.end() || !modules.contains(firstComponent(presented->second)) ||
           !isFloatingPoint(file.find(name)->dtype);
  }

  void sortOut(Reading &reading) {
    ModelDescription &description = *reading.description;
    llvm::StringSet<> used, modules;
    for (const char *module : names.modules)
      modules.insert(module);
    for (const Node &node : description.nodes)
      for (const auto &[role, tensor] : node.parameters) {
        used.insert(file.wholeOf(reading.tensors.inFile(tensor)));
        modules.insert(firstComponent(tensor));
      }
    for (const std::string &tensor : description.ignoredTensors)
      used.insert(file.wholeOf(reading.tensors.inFile(tensor)));
    for (const std::string &name : reading.tensors.discarded())
      used.insert(name);
    llvm::StringMap<std::string> nameOf;
    for (const std::string &name : reading.tensors.names())
      nameOf[file.wholeOf(reading.tensors.inFile(name))] = name;
    std::vector<std::string> left;
    auto isIgnored = [&](const std::string &name) {
      return llvm::any_of(names.ignored, [&](const std::string &pattern) { return matchesPattern(pattern, name); });
    };
    for (const std::string &name : file.names())
      if (!used.contains(name) && isOutside(reading, nameOf, modules, name) && !isIgnored(name))
        left.push_back(name);
    if (left.empty())
      return;
    std::string count = left.size() == 1 ? "a tensor" : std::to_string(left.size()) + " tensors";
    description.warnings.push_back(llvm::toString(inputError(
        file.fileOf(left.front()), "", count + " outside the model's modules left out: " + listNames(left))));
    llvm::append_range(description.ignoredTensors, left);
  }

  const WeightSource &file;
  const CheckpointNames &names;
  Describe describe;
};

} // namespace

llvm::Expected<ModelDescription>
vitc::describeTensors(const WeightSource &file, const CheckpointNames &names,
                      llvm::function_ref<llvm::Expected<ModelDescription>(NamedTensors &)> describe) {
  return TensorNaming(file, names, describe).run();
}

llvm::Error vitc::ignoreTensors(ModelDescription &description, const WeightSource &file,
                                llvm::ArrayRef<std::string> patterns) {
  const std::vector<std::string> names = file.names();
  for (const std::string &pattern : patterns) {
    if (llvm::none_of(names, [&](const std::string &name) { return matchesPattern(pattern, name); }))
      return inputError("command line", "--ignore-tensors", "'" + pattern + "' matches no tensor of the weights");
    for (const Node &node : description.nodes)
      for (const auto &[role, tensor] : node.parameters)
        if (file.find(tensor) && matchesPattern(pattern, file.wholeOf(tensor)))
          return inputError("command line", "--ignore-tensors",
                            "'" + pattern + "' matches the tensor '" + tensor + "', which the model needs");
  }
  llvm::append_range(description.ignoredTensors, patterns);
  return llvm::Error::success();
}
