//===- SafetensorsFile.cpp - weights in safetensors files -------*- C++ -*-===//

#include "vitc/Frontend/SafetensorsFile.h"

#include "JsonReader.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

using namespace vitc;
namespace endian = llvm::support::endian;

/// The format's own limit.
static constexpr uint64_t maximumHeaderBytes = 100000000;
static constexpr uint64_t lengthBytes = 8;

static constexpr std::pair<const char *, DType> dtypes[] = {
    {"F64", DType::F64}, {"F32", DType::F32}, {"F16", DType::F16}, {"BF16", DType::BF16}, {"I64", DType::I64},
    {"I32", DType::I32}, {"I16", DType::I16}, {"I8", DType::I8},   {"U8", DType::U8},     {"BOOL", DType::Bool}};

static std::optional<DType> parseDType(llvm::StringRef name) {
  for (const auto &[known, dtype] : dtypes)
    if (name == known)
      return dtype;
  return std::nullopt;
}

bool vitc::isFloatingPoint(DType dtype) {
  return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16;
}

std::string vitc::notFloatingPoint(DType dtype) {
  const char *name = llvm::find_if(dtypes, [&](const auto &known) { return known.second == dtype; })->first;
  return std::string("has the dtype ") + name + ", expected F64, F32, F16 or BF16";
}

static uint64_t bytesOf(DType dtype) {
  switch (dtype) {
  case DType::F64:
  case DType::I64:
    return 8;
  case DType::F32:
  case DType::I32:
    return 4;
  case DType::F16:
  case DType::BF16:
  case DType::I16:
    return 2;
  case DType::I8:
  case DType::U8:
  case DType::Bool:
    return 1;
  }
  llvm_unreachable("all element types are listed");
}

static float bitsToFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Widens an IEEE half; exact.
static float halfToFloat(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16;
  uint32_t exponent = (half >> 10) & 0x1f;
  uint32_t fraction = half & 0x3ff;
  if (exponent == 0x1f)
    return bitsToFloat(sign | 0x7f800000 | fraction << 13);
  if (exponent != 0)
    return bitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  float magnitude = float(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

static void widen(DType dtype, const char *bytes, uint64_t count, float *out) {
  for (uint64_t k = 0; k < count; ++k) {
    switch (dtype) {
    case DType::F64: {
      uint64_t bits = endian::read64le(bytes + 8 * k);
      double value;
      std::memcpy(&value, &bits, sizeof value);
      out[k] = float(value);
      break;
    }
    case DType::F32:
      out[k] = bitsToFloat(endian::read32le(bytes + 4 * k));
      break;
    case DType::F16:
      out[k] = halfToFloat(endian::read16le(bytes + 2 * k));
      break;
    case DType::BF16:
      out[k] = bitsToFloat(uint32_t(endian::read16le(bytes + 2 * k)) << 16);
      break;
    default:
      llvm_unreachable("the caller has refused other types");
    }
  }
}

llvm::Expected<std::unique_ptr<SafetensorsFile>> SafetensorsFile::open(llvm::StringRef path) {
  std::unique_ptr<SafetensorsFile> file(new SafetensorsFile(path));
  if (llvm::Error error = file->readHeader())
    return error;
  return file;
}

SafetensorsFile::~SafetensorsFile() {
  if (descriptor >= 0)
    ::close(descriptor);
}

llvm::Error SafetensorsFile::readHeader() {
  // Non-blocking: opening a pipe must not wait for its other end.
  descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0)
    return inputError(path, "", std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    return inputError(path, "", "not a regular file");
  fileBytes = uint64_t(status.st_size);
  changeSeconds = status.st_mtim.tv_sec;
  changeNanoseconds = status.st_mtim.tv_nsec;
  if (fileBytes < lengthBytes)
    return inputError(path, "byte 0", "not a safetensors file: has " + llvm::Twine(fileBytes) + " bytes only");
  char length[lengthBytes];
  if (llvm::Error error = readBytes(0, lengthBytes, length))
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
  if (llvm::Error error = readBytes(lengthBytes, headerBytes, header.data()))
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
    std::optional<DType> dtype = parseDType(word);
    if (!dtype) {
      errors.report(where, "has the dtype '" + word + "', which is not supported");
      return errors.take();
    }
    uint64_t elements = 1, bytes = 0;
    bool overflow = false;
    for (int64_t size : *sizes)
      overflow |= __builtin_mul_overflow(elements, uint64_t(size), &elements);
    overflow |= __builtin_mul_overflow(elements, bytesOf(*dtype), &bytes);
    if (range->size() != 2 || (*range)[0] > (*range)[1])
      errors.report(where, "data_offsets are not a start and an end");
    else if (overflow || elements > uint64_t(maximum))
      errors.report(where, "its shape has more elements than 63 bits can count");
    else if (uint64_t((*range)[1] - (*range)[0]) != bytes)
      errors.report(where, "its shape needs " + llvm::Twine(bytes) + " bytes, data_offsets hold " +
                               llvm::Twine((*range)[1] - (*range)[0]));
    if (errors.any())
      return errors.take();
    uint64_t begin = uint64_t((*range)[0]), end = uint64_t((*range)[1]);
    if (end > fileBytes - dataStart) {
      errors.report(where, "truncated: the tensor ends at byte " + llvm::Twine(dataStart + end) +
                               ", the file at byte " + llvm::Twine(fileBytes));
      return errors.take();
    }
    auto inserted = entries.emplace(name, Entry{{*dtype, std::move(*sizes)}, dataStart + begin, elements}).first;
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

llvm::Error SafetensorsFile::readBytes(uint64_t offset, uint64_t bytes, char *out) const {
  while (bytes > 0) {
    ssize_t done = ::pread(descriptor, out, std::min<uint64_t>(bytes, 1 << 30), off_t(offset));
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      return inputError(path, "byte " + std::to_string(offset), std::strerror(errno));
    if (done == 0)
      return inputError(path, "byte " + std::to_string(offset), "the file was truncated while it was read");
    out += done;
    offset += uint64_t(done);
    bytes -= uint64_t(done);
  }
  return llvm::Error::success();
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
  if (first < 0 || count < 0 || uint64_t(first) > entry.elements || uint64_t(count) > entry.elements - uint64_t(first))
    return inputError(path, where, "elements out of range");
  struct stat status;
  if (::fstat(descriptor, &status) != 0)
    return inputError(path, "", std::strerror(errno));
  if (uint64_t(status.st_size) != fileBytes || status.st_mtim.tv_sec != changeSeconds ||
      status.st_mtim.tv_nsec != changeNanoseconds)
    return inputError(path, where, "the file was changed while it was read");
  uint64_t width = bytesOf(entry.info.dtype);
  constexpr uint64_t chunk = 16384;
  std::vector<char> buffer(size_t(std::min<uint64_t>(chunk, uint64_t(count)) * width));
  for (uint64_t done = 0; done < uint64_t(count);) {
    uint64_t now = std::min(chunk, uint64_t(count) - done);
    if (llvm::Error error = readBytes(entry.begin + (uint64_t(first) + done) * width, now * width, buffer.data()))
      return error;
    widen(entry.info.dtype, buffer.data(), now, out + done);
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
    llvm::append_range(files, shard->files());
  return files;
}
