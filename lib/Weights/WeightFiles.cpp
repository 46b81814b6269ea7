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

llvm::Expected<std::string> vitc::resolveBeside(llvm::StringRef directory, llvm::StringRef name,
                                                llvm::StringRef namedBy, llvm::StringRef where) {
  if (name.empty() || name == "." || name == ".." || name.contains('/') || name.contains('\0'))
    return inputError(namedBy, where, "'" + name + "' is not a plain file name in the same directory");
  llvm::SmallString<256> file(directory);
  path::append(file, name);
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

std::string vitc::findWeightsFile(llvm::StringRef directory) {
  for (const char *name : {"model.safetensors", "model.safetensors.index.json"}) {
    llvm::SmallString<256> file(directory);
    path::append(file, name);
    // A dangling link is reported when it is opened, not taken for a missing file.
    if (entryExists(file))
      return name;
  }
  return "";
}

llvm::Expected<std::string> vitc::findOnlyWeightsFile(llvm::StringRef directory, llvm::StringRef where) {
  auto pathOf = [&](llvm::StringRef name) {
    llvm::SmallString<256> file(directory);
    path::append(file, name);
    return std::string(file);
  };
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
  return llvm::is_contained({".bin", ".ckpt", ".pt", ".pth"}, path::extension(file));
}

llvm::Error vitc::pickledFileError(llvm::StringRef file) {
  return inputError(
      file, "", "pickled weights are not read, they may run code: tools/convert/pickle-to-safetensors converts them");
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
  auto single = SafetensorsFile::open(file);
  if (!single)
    return single.takeError();
  return std::make_unique<TensorParts>(std::move(*single));
}
