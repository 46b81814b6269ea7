//===- SafetensorsFile.h - weights in safetensors files ---------*- C++ -*-===//

#ifndef VITC_WEIGHTS_SAFETENSORSFILE_H
#define VITC_WEIGHTS_SAFETENSORSFILE_H

#include "vitc/Weights/WeightSource.h"

#include <functional>
#include <map>
#include <memory>

namespace vitc {

class InputFile;

/// One safetensors file. Only the header is held in memory; elements are read when asked for, with `pread`, so that a
/// file that is truncated meanwhile is an error and no signal.
///
/// As strict as the format's own library: the tensors cover the bytes behind the header without gaps, overlaps or rest.
/// Offsets need neither be aligned nor in the header's order.
class SafetensorsFile : public WeightSource {
public:
  /// Opens a file and checks its header. Errors name the byte or the tensor.
  static llvm::Expected<std::unique_ptr<SafetensorsFile>> open(llvm::StringRef path);
  ~SafetensorsFile() override;

  std::vector<std::string> names() const override;
  const TensorInfo *find(llvm::StringRef name) const override;
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override;
  std::string fileOf(llvm::StringRef name) const override { return path; }
  std::vector<std::string> files() const override { return {path}; }

private:
  struct Entry {
    TensorInfo info;
    uint64_t begin; // bytes from the start of the file
    uint64_t elements;
  };

  explicit SafetensorsFile(llvm::StringRef path);
  llvm::Error readHeader();
  llvm::Error parseHeader(llvm::StringRef text);

  std::string path;
  std::unique_ptr<InputFile> file;
  std::map<std::string, Entry, std::less<>> entries;
};

/// Several safetensors files behind an index (`model.safetensors.index.json`).
class ShardedSafetensors : public WeightSource {
public:
  /// Finds the path of a shard that the index names, or an error if that name is not acceptable.
  using Resolver = std::function<llvm::Expected<std::string>(llvm::StringRef name)>;

  /// Opens the index and all shards. Errors: as of SafetensorsFile, a tensor that is in the index or in a shard only.
  static llvm::Expected<std::unique_ptr<ShardedSafetensors>> open(llvm::StringRef indexPath, const Resolver &resolve);

  /// The same without an index. Errors: as of SafetensorsFile, a tensor that two files have.
  static llvm::Expected<std::unique_ptr<ShardedSafetensors>> open(llvm::ArrayRef<std::string> paths);

  std::vector<std::string> names() const override;
  const TensorInfo *find(llvm::StringRef name) const override;
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override;
  std::string fileOf(llvm::StringRef name) const override;
  std::vector<std::string> files() const override;

private:
  /// The first shard's, if there is no index.
  std::string indexPath;
  std::vector<std::unique_ptr<SafetensorsFile>> shards;
  std::map<std::string, const SafetensorsFile *, std::less<>> shardOf;
};

} // namespace vitc

#endif // VITC_WEIGHTS_SAFETENSORSFILE_H
