//===- WeightFiles.cpp - finding and opening weights ------------*- C++ -*-===//

#include "vitc/Weights/WeightFiles.h"

#include "vitc/Support/InputErrors.h"
#include "vitc/Weights/FlaxParameters.h"
#include "vitc/Weights/SafetensorsFile.h"
#include "vitc/Weights/TensorParts.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace vitc;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// The directory that files reached through links must lie in: the outermost enclosing `models--*`, else `directory`.
static llvm::StringRef allowedRoot(llvm::StringRef directory) {
  llvm::StringRef root = directory;
  for (llvm::StringRef up = directory; !up.empty(); up = path::parent_path(up))
    if (path::filename(up).starts_with("models--"))
      root = up;
  return root;
}

std::string vitc::pathIn(llvm::StringRef directory, llvm::StringRef name) {
  llvm::SmallString<256> file(directory);
  path::append(file, name);
  return std::string(file);
}

llvm::Expected<std::string> vitc::resolveBeside(llvm::StringRef directory, llvm::StringRef name,
                                                llvm::StringRef namedBy, llvm::StringRef where) {
  if (name.empty() || name == "." || name == ".." || name.contains('/') || name.contains('\0'))
    return inputError(namedBy, where, "'" + name + "' is not a plain file name in the same directory");
  const std::string file = pathIn(directory, name);
  llvm::SmallString<256> realDirectory, realFile;
  if (std::error_code code = fs::real_path(directory.empty() ? "." : directory, realDirectory))
    return inputError(directory, "", code.message());
  if (std::error_code code = fs::real_path(file, realFile))
    return inputError(namedBy, where, "cannot open '" + file + "': " + code.message());
  llvm::StringRef inside = realFile;
  llvm::StringRef root = allowedRoot(realDirectory);
  if (!inside.consume_front(root) || !(root == "/" || inside.starts_with("/")))
    return inputError(namedBy, where, "'" + name + "' is a link that leaves the directory");
  return std::string(file);
}

bool vitc::entryExists(llvm::StringRef file) {
  fs::file_status status;
  return !fs::status(file, status, /*follow=*/false);
}

/// How many shards there are, if a file is called as the first of several: "model-00001-of-00003.safetensors".
static std::optional<unsigned> countShards(llvm::StringRef name) {
  unsigned count = 0;
  if (!name.consume_back(".safetensors"))
    return std::nullopt;
  auto [rest, total] = name.rsplit("-of-");
  if (!rest.ends_with("-00001") || total.size() != 5 || total.getAsInteger(10, count) || count == 0)
    return std::nullopt;
  return count;
}

/// Names of all shards, of which this is the first.
static std::vector<std::string> listShards(llvm::StringRef first, unsigned count) {
  auto [start, end] = first.rsplit("-00001-of-");
  std::vector<std::string> shards;
  for (unsigned number = 1; number <= count; ++number) {
    std::string digits = std::to_string(number);
    shards.push_back((start + "-" + std::string(5 - digits.size(), '0') + digits + "-of-" + end).str());
  }
  return shards;
}

std::string vitc::findWeightsFile(llvm::StringRef directory) {
  // A dangling link is reported when it is opened, not taken for a missing file.
  for (const char *name : {"model.safetensors", "model.safetensors.index.json", "open_clip_model.safetensors"})
    if (entryExists(pathIn(directory, name)))
      return name;
  // Shards whose index was left behind.
  std::error_code code;
  for (fs::directory_iterator entry(directory, code), end; !code && entry != end; entry.increment(code))
    if (llvm::StringRef name = path::filename(entry->path()); name.starts_with("model-") && countShards(name))
      return name.str();
  return "";
}

llvm::Expected<std::string> vitc::findOnlyWeightsFile(llvm::StringRef directory, llvm::StringRef where) {
  auto pathOf = [&](llvm::StringRef name) { return pathIn(directory, name); };
  if (std::string usual = findWeightsFile(directory); !usual.empty())
    return pathOf(usual);
  std::vector<std::string> indices, files;
  std::error_code code;
  for (fs::directory_iterator entry(directory, code), end; !code && entry != end; entry.increment(code)) {
    llvm::StringRef name = path::filename(entry->path());
    if (name.ends_with(".safetensors.index.json"))
      indices.push_back(name.str());
    else if (name.ends_with(".safetensors"))
      files.push_back(name.str());
  }
  if (code)
    return inputError(directory, where, code.message());
  // Shards lie beside their index.
  std::vector<std::string> &found = indices.empty() ? files : indices;
  if (found.size() == 1)
    return pathOf(found.front());
  if (found.empty())
    return inputError(directory, where, "no *.safetensors in this directory");
  llvm::sort(found);
  constexpr size_t most = 8;
  std::string list = llvm::join(llvm::ArrayRef(found).take_front(most), ", ") + (found.size() > most ? ", …" : "");
  return inputError(directory, where, "several weights files without an index, expected one of " + list);
}

bool vitc::isPickledFile(llvm::StringRef file) {
  return llvm::is_contained({".bin", ".ckpt", ".pkl", ".pt", ".pth"}, path::extension(file)) ||
         file.ends_with(".pth.tar");
}

llvm::Error vitc::pickledFileError(llvm::StringRef file) {
  const std::string converted = pathIn(path::parent_path(file), "model.safetensors");
  auto quoted = [](llvm::StringRef path) {
    bool isPlain =
        llvm::all_of(path, [](char c) { return llvm::isAlnum(c) || llvm::StringRef("+,-./:=@_").contains(c); });
    return isPlain ? path.str() : "'" + path.str() + "'";
  };
  return inputError(file, "",
                    "pickled weights are not read, they may run code; this converts them: "
                    "tools/convert/pickle-to-safetensors " +
                        quoted(file) + " -o " + quoted(converted));
}

llvm::Expected<std::unique_ptr<WeightSource>> vitc::openWeightsFile(llvm::StringRef file) {
  if (isPickledFile(file))
    return pickledFileError(file);
  if (path::extension(file) == ".json") {
    llvm::StringRef directory = path::parent_path(file);
    auto sharded = ShardedSafetensors::open(
        file, [&](llvm::StringRef name) { return resolveBeside(directory, name, file, "/weight_map"); });
    if (!sharded)
      return sharded.takeError();
    return std::make_unique<TensorParts>(std::move(*sharded));
  }
  if (path::extension(file) == ".npz") {
    auto parameters = FlaxParameters::open(file);
    if (!parameters)
      return parameters.takeError();
    return std::move(*parameters);
  }
  if (std::optional<unsigned> count = countShards(path::filename(file)); count && *count > 1) {
    llvm::StringRef directory = path::parent_path(file);
    std::vector<std::string> paths;
    for (const std::string &name : listShards(path::filename(file), *count)) {
      llvm::Expected<std::string> shard = resolveBeside(directory, name, file, "");
      if (!shard)
        return shard.takeError();
      paths.push_back(*shard);
    }
    auto sharded = ShardedSafetensors::open(paths);
    if (!sharded)
      return sharded.takeError();
    return std::make_unique<TensorParts>(std::move(*sharded));
  }
  auto single = SafetensorsFile::open(file);
  if (!single)
    return single.takeError();
  return std::make_unique<TensorParts>(std::move(*single));
}
