//===- SafetensorsFile.cpp - weights in safetensors files -------*- C++ -*-===//

#include "vitc/Weights/SafetensorsFile.h"

#include "vitc/Support/InputFile.h"
#include "vitc/Support/JsonReader.h"
#include "vitc/Weights/OtherFiles.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"

#include <optional>

using namespace vitc;
namespace endian = llvm::support::endian;

/// The format's own limit.
static constexpr uint64_t maximumHeaderBytes = 100000000;
static constexpr uint64_t lengthBytes = 8;

SafetensorsFile::SafetensorsFile(llvm::StringRef path) : path(path) {}

SafetensorsFile::~SafetensorsFile() = default;

llvm::Expected<std::unique_ptr<SafetensorsFile>> SafetensorsFile::open(llvm::StringRef path) {
  std::unique_ptr<SafetensorsFile> file(new SafetensorsFile(path));
  if (llvm::Error error = file->readHeader())
    return error;
  return file;
}

llvm::Error SafetensorsFile::readHeader() {
  auto opened = InputFile::open(path);
  if (!opened)
    return opened.takeError();
  file = std::move(*opened);
  if (std::string other = explainFile(path); !other.empty())
    return inputError(path, "", other);
  const uint64_t fileBytes = file->bytes();
  if (fileBytes < lengthBytes)
    return inputError(path, "byte 0", "not a safetensors file: has " + llvm::Twine(fileBytes) + " bytes only");
  char length[lengthBytes];
  if (llvm::Error error = file->read(0, lengthBytes, length))
    return error;
  uint64_t headerBytes = endian::read64le(length);
  if (headerBytes > maximumHeaderBytes)
    return inputError(path, "byte 0",
                      "not a safetensors file: a header of " + llvm::Twine(headerBytes) + " bytes, at most " +
                          llvm::Twine(maximumHeaderBytes) + " are allowed");
  if (headerBytes > fileBytes - lengthBytes)
    return inputError(path, "byte 0",
                      "truncated: the header ends at byte " + llvm::Twine(lengthBytes + headerBytes) +
                          ", the file at byte " + llvm::Twine(fileBytes));
  std::string header(headerBytes, '\0');
  if (llvm::Error error = file->read(lengthBytes, headerBytes, header.data()))
    return error;
  if (header.empty() || header[0] != '{')
    return inputError(path, "byte 8", "not a safetensors file: the header does not start with '{'");
  return parseHeader(header);
}

llvm::Error SafetensorsFile::parseHeader(llvm::StringRef text) {
  llvm::Expected<JsonValue> header = parseJson(text, path + ": header");
  if (!header)
    return header.takeError();
  uint64_t dataStart = lengthBytes + text.size();
  const uint64_t fileBytes = file->bytes();
  InputErrors errors(path);
  struct Range {
    uint64_t begin, end;
    const std::string *name;
  };
  std::vector<Range> ranges;
  for (const auto &[name, value] : *header->asObject()) {
    if (name == "__metadata__") {
      if (!value.asObject() || llvm::any_of(*value.asObject(), [](const auto &m) { return !m.second.asString(); }))
        errors.report("header: /__metadata__", "expected an object of strings");
      continue;
    }
    std::string where = "tensor " + name;
    ObjectReader reader(errors, value, where);
    const JsonValue &dtypeName = reader.require("dtype");
    const JsonValue &shape = reader.require("shape");
    const JsonValue &offsets = reader.require("data_offsets");
    reader.finish();
    constexpr int64_t maximum = std::numeric_limits<int64_t>::max();
    std::string word = readString(errors, where + ": dtype", dtypeName).value_or("");
    auto sizes = readIntegers(errors, where + ": shape", shape, 0, maximum);
    auto range = readIntegers(errors, where + ": data_offsets", offsets, 0, maximum);
    if (errors.any())
      return errors.take();
    std::optional<DType> dtype = safetensorsDTypeNamed(word);
    if (!dtype) {
      errors.report(where, "has the dtype '" + word + "', which is not supported");
      return errors.take();
    }
    const std::optional<TensorSize> size = sizeOf(*dtype, *sizes);
    if (range->size() != 2 || (*range)[0] > (*range)[1])
      errors.report(where, "data_offsets are not a start and an end");
    else if (!size)
      errors.report(where, "its shape has more elements than 63 bits can count");
    else if (uint64_t((*range)[1] - (*range)[0]) != size->bytes)
      errors.report(where, "its shape needs " + llvm::Twine(size->bytes) + " bytes, data_offsets hold " +
                               llvm::Twine((*range)[1] - (*range)[0]));
    if (errors.any())
      return errors.take();
    uint64_t begin = uint64_t((*range)[0]), end = uint64_t((*range)[1]);
    if (end > fileBytes - dataStart) {
      errors.report(where, "truncated: the tensor ends at byte " + llvm::Twine(dataStart + end) +
                               ", the file at byte " + llvm::Twine(fileBytes));
      return errors.take();
    }
    auto inserted = entries.emplace(name, Entry{{*dtype, std::move(*sizes)}, dataStart + begin, size->elements}).first;
    ranges.push_back({begin, end, &inserted->first});
  }
  llvm::sort(ranges, [](const Range &a, const Range &b) {
    return std::tie(a.begin, a.end, *a.name) < std::tie(b.begin, b.end, *b.name);
  });
  uint64_t position = 0;
  for (const Range &range : ranges) {
    if (range.begin != position)
      errors.report("tensor " + *range.name,
                    llvm::Twine(range.begin < position ? "overlaps another tensor" : "there is a gap before it") +
                        ": starts at byte " + llvm::Twine(dataStart + range.begin) + ", expected byte " +
                        llvm::Twine(dataStart + position));
    position = range.end;
  }
  if (dataStart + position != fileBytes)
    errors.report("byte " + std::to_string(dataStart + position),
                  "the last tensor ends here, the file has " + llvm::Twine(fileBytes) + " bytes");
  return errors.take();
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto &[name, entry] : entries)
    names.push_back(name);
  return names;
}

const TensorInfo *SafetensorsFile::find(llvm::StringRef name) const {
  auto found = entries.find(std::string_view(name));
  return found == entries.end() ? nullptr : &found->second.info;
}

llvm::Error SafetensorsFile::read(llvm::StringRef name, int64_t first, int64_t count, float *out) const {
  std::string where = ("tensor " + name).str();
  auto found = entries.find(std::string_view(name));
  if (found == entries.end())
    return inputError(path, where, "is missing");
  const Entry &entry = found->second;
  if (!isFloatingPoint(entry.info.dtype))
    return inputError(path, where, notFloatingPoint(entry.info.dtype));
  if (llvm::Error error = checkRange(path, name, entry.elements, first, count))
    return error;
  if (llvm::Error error = file->checkUnchanged(where))
    return error;
  uint64_t width = bytesOf(entry.info.dtype);
  constexpr uint64_t chunk = 16384;
  std::vector<char> buffer(size_t(std::min<uint64_t>(chunk, uint64_t(count)) * width));
  for (uint64_t done = 0; done < uint64_t(count);) {
    uint64_t now = std::min(chunk, uint64_t(count) - done);
    if (llvm::Error error = file->read(entry.begin + (uint64_t(first) + done) * width, now * width, buffer.data()))
      return error;
    widenElements(entry.info.dtype, buffer.data(), now, out + done);
    done += now;
  }
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<ShardedSafetensors>> ShardedSafetensors::open(llvm::StringRef indexPath,
                                                                             const Resolver &resolve) {
  llvm::Expected<JsonValue> index = readJsonFile(indexPath);
  if (!index)
    return index.takeError();
  InputErrors errors(indexPath);
  ObjectReader reader(errors, *index, "");
  reader.find("metadata");
  const JsonValue &map = reader.require("weight_map");
  reader.finish();
  if (!errors.any() && !map.asObject())
    reportKind(errors, "/weight_map", map, "an object");
  if (errors.any())
    return errors.take();
  auto result = std::make_unique<ShardedSafetensors>();
  result->indexPath = indexPath.str();
  std::map<std::string, const SafetensorsFile *> opened;
  for (const auto &[name, value] : *map.asObject()) {
    std::string where = jsonPointer("/weight_map", name);
    std::optional<std::string> shardName = readString(errors, where, value);
    if (!shardName)
      return errors.take();
    const SafetensorsFile *&shard = opened[*shardName];
    if (!shard) {
      llvm::Expected<std::string> path = resolve(*shardName);
      if (!path)
        return path.takeError();
      auto file = SafetensorsFile::open(*path);
      if (!file)
        return file.takeError();
      shard = file->get();
      result->shards.push_back(std::move(*file));
    }
    if (!shard->find(name))
      return inputError(shard->fileOf(name), "tensor " + name, "is missing, the index says that it is here");
    result->shardOf.emplace(name, shard);
  }
  for (const auto &shard : result->shards)
    for (const std::string &name : shard->names()) {
      auto found = result->shardOf.find(name);
      if (found == result->shardOf.end() || found->second != shard.get())
        return inputError(shard->fileOf(name), "tensor " + name, "is not listed for this file in the index");
    }
  return result;
}

llvm::Expected<std::unique_ptr<ShardedSafetensors>> ShardedSafetensors::open(llvm::ArrayRef<std::string> paths) {
  auto result = std::make_unique<ShardedSafetensors>();
  result->indexPath = paths.front();
  for (const std::string &path : paths) {
    auto file = SafetensorsFile::open(path);
    if (!file)
      return file.takeError();
    for (const std::string &name : (*file)->names()) {
      auto [place, isNew] = result->shardOf.emplace(name, file->get());
      if (!isNew)
        return inputError(path, "tensor " + name, "is in " + place->second->fileOf(name) + " too");
    }
    result->shards.push_back(std::move(*file));
  }
  return result;
}

std::vector<std::string> ShardedSafetensors::names() const {
  std::vector<std::string> names;
  names.reserve(shardOf.size());
  for (const auto &[name, shard] : shardOf)
    names.push_back(name);
  return names;
}

const TensorInfo *ShardedSafetensors::find(llvm::StringRef name) const {
  auto found = shardOf.find(std::string_view(name));
  return found == shardOf.end() ? nullptr : found->second->find(name);
}

llvm::Error ShardedSafetensors::read(llvm::StringRef name, int64_t first, int64_t count, float *out) const {
  auto found = shardOf.find(std::string_view(name));
  if (found == shardOf.end())
    return inputError(indexPath, ("tensor " + name).str(), "is missing");
  return found->second->read(name, first, count, out);
}

std::string ShardedSafetensors::fileOf(llvm::StringRef name) const {
  auto found = shardOf.find(std::string_view(name));
  return found == shardOf.end() ? indexPath : found->second->fileOf(name);
}

std::vector<std::string> ShardedSafetensors::files() const {
  std::vector<std::string> files = {indexPath};
  for (const auto &shard : shards)
    if (shard->files().front() != indexPath)
      llvm::append_range(files, shard->files());
  return files;
}
