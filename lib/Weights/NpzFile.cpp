//===- NpzFile.cpp - weights in NumPy's archives ----------------*- C++ -*-===//

#include "vitc/Weights/NpzFile.h"

#include "vitc/Files/Npy.h"
#include "vitc/Support/InputErrors.h"
#include "vitc/Support/InputFile.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <zip.h>

using namespace vitc;

namespace {

/// Bytes that are read, and decompressed, at a time.
constexpr uint64_t chunkBytes = 1 << 18;

struct CloseMember {
  void operator()(zip_file_t *member) const { zip_fclose(member); }
};
using Member = std::unique_ptr<zip_file_t, CloseMember>;

std::string whereOf(llvm::StringRef name) { return ("tensor " + name).str(); }

/// What went wrong in the archive's library.
std::string textOf(zip_error_t *error) {
  switch (zip_error_code_zip(error)) {
  case ZIP_ER_NOZIP:
    return "not a ZIP archive, or truncated";
  case ZIP_ER_INCONS:
  case ZIP_ER_INVAL:
    return "the archive contradicts itself";
  case ZIP_ER_CRC:
    return "the data are damaged: the checksum is another";
  case ZIP_ER_ZLIB:
    return "the compressed data are damaged";
  case ZIP_ER_EOF:
    return "truncated";
  default:
    return zip_error_strerror(error);
  }
}

Bytes viewOf(const std::vector<char> &buffer) {
  return {reinterpret_cast<const uint8_t *>(buffer.data()), buffer.size()};
}

} // namespace

NpzFile::NpzFile(llvm::StringRef path) : path(path) {}

NpzFile::~NpzFile() {
  if (archive)
    zip_discard(archive);
}

llvm::Expected<std::unique_ptr<NpzFile>> NpzFile::open(llvm::StringRef path) {
  std::unique_ptr<NpzFile> npz(new NpzFile(path));
  auto file = InputFile::open(path);
  if (!file)
    return file.takeError();
  npz->file = std::move(*file);
  if (llvm::Error error = npz->readDirectory())
    return error;
  return npz;
}

llvm::Error NpzFile::readDirectory() {
  // The library closes the descriptor that it is given.
  const int descriptor = ::fcntl(file->getDescriptor(), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0)
    return inputError(path, "", std::strerror(errno));
  int code = 0;
  archive = zip_fdopen(descriptor, 0, &code);
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    return inputError(path, "", textOf(&error));
  }
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  for (zip_int64_t index = 0; index < count; ++index)
    if (llvm::Error error = readHeader(uint64_t(index)))
      return error;
  return llvm::Error::success();
}

llvm::Error NpzFile::readHeader(uint64_t index) {
  zip_stat_t status;
  if (zip_stat_index(archive, index, 0, &status) != 0)
    return inputError(path, "member " + std::to_string(index), textOf(zip_get_error(archive)));
  constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((status.valid & needed) != needed)
    return inputError(path, "member " + std::to_string(index), "the archive does not say what it is");
  llvm::StringRef name = status.name;
  if (!name.consume_back(".npy"))
    return inputError(path, "member " + name.str(), "is no array: its name does not end in .npy");
  const std::string where = whereOf(name);
  if (status.encryption_method != ZIP_EM_NONE)
    return inputError(path, where, "is encrypted");
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE)
    return inputError(path, where,
                      "is compressed by method " + llvm::Twine(status.comp_method) +
                          ", expected none (0) or DEFLATE (8)");

  Entry entry;
  entry.index = index;
  entry.bytes = status.size;
  entry.isCompressed = status.comp_method != ZIP_CM_STORE;
  std::vector<char> start(size_t(std::min<uint64_t>(status.size, maxNpyDataStart)));
  // The checksum is for what is read later.
  entry.isVerified = true;
  if (llvm::Error error = readMember(entry, where, 0, start.size(), start.data()))
    return error;
  entry.isVerified = false;
  std::string message;
  std::optional<NpyHeader> header = parseNpyHeader(viewOf(start), message);
  if (!header)
    return inputError(path, where, message);
  if (header->type() == "O")
    return inputError(path, where, "holds pickled objects, which are not read: they may run code");
  std::optional<DType> dtype = dtypeOfNpyCode(header->type());
  if (!dtype)
    return inputError(path, where, "has elements of type '" + header->descr + "', which is not supported");
  entry.info = {*dtype, header->shape};
  entry.dataStart = header->dataStart;
  entry.isBigEndian = header->isBigEndian;
  entry.isFortranOrder = header->isFortranOrder && header->shape.size() > 1;
  const std::optional<TensorSize> size = sizeOf(*dtype, header->shape);
  if (!size)
    return inputError(path, where, "its shape has more elements than 63 bits can count");
  entry.elements = size->elements;
  if (size->bytes != entry.bytes - entry.dataStart)
    return inputError(path, where,
                      "its shape needs " + llvm::Twine(size->bytes) + " bytes, the member has " +
                          llvm::Twine(entry.bytes - entry.dataStart));
  if (!entries.emplace(name.str(), std::move(entry)).second)
    return inputError(path, where, "occurs twice");
  return llvm::Error::success();
}

llvm::Error NpzFile::readMember(const Entry &entry, const std::string &where, uint64_t begin, uint64_t end,
                                char *out) const {
  Member member(zip_fopen_index(archive, entry.index, 0));
  if (!member)
    return inputError(path, where, textOf(zip_get_error(archive)));
  uint64_t position = 0;
  if (entry.isVerified && !entry.isCompressed) {
    if (zip_fseek(member.get(), zip_int64_t(begin), SEEK_SET) != 0)
      return inputError(path, where, textOf(zip_file_get_error(member.get())));
    position = begin;
  }
  std::vector<char> buffer;
  // The library compares checksums when it is asked to read beyond the end.
  const uint64_t last = entry.isVerified ? end : entry.bytes + 1;
  while (position < last) {
    const bool isWanted = position >= begin && position < end;
    uint64_t count = position < begin ? begin - position : isWanted ? end - position : last - position;
    if (!isWanted) {
      count = std::min(count, chunkBytes);
      buffer.resize(chunkBytes);
    }
    char *to = isWanted ? out + (position - begin) : buffer.data();
    const zip_int64_t done = zip_fread(member.get(), to, count);
    if (done < 0)
      return inputError(path, where, textOf(zip_file_get_error(member.get())));
    if (done == 0)
      break;
    position += uint64_t(done);
  }
  if (position < end || (!entry.isVerified && position != entry.bytes))
    return inputError(path, where,
                      "truncated: the member has " + llvm::Twine(position) + " bytes, the archive says " +
                          llvm::Twine(entry.bytes));
  entry.isVerified = true;
  return llvm::Error::success();
}

std::vector<std::string> NpzFile::names() const {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto &[name, entry] : entries)
    names.push_back(name);
  return names;
}

const TensorInfo *NpzFile::find(llvm::StringRef name) const {
  auto found = entries.find(std::string_view(name));
  return found == entries.end() ? nullptr : &found->second.info;
}

llvm::Error NpzFile::read(llvm::StringRef name, int64_t first, int64_t count, float *out) const {
  const std::string where = whereOf(name);
  auto found = entries.find(std::string_view(name));
  if (found == entries.end())
    return inputError(path, where, "is missing");
  const Entry &entry = found->second;
  if (!isFloatingPoint(entry.info.dtype))
    return inputError(path, where, notFloatingPoint(entry.info.dtype));
  if (llvm::Error error = checkRange(path, name, entry.elements, first, count))
    return error;
  const std::lock_guard<std::mutex> lock(mutex);
  if (llvm::Error error = file->checkUnchanged(where))
    return error;
  // In Fortran order, elements lie anywhere.
  const uint64_t width = bytesOf(entry.info.dtype);
  const uint64_t begin = entry.isFortranOrder ? 0 : uint64_t(first);
  const uint64_t end = entry.isFortranOrder ? entry.elements : uint64_t(first) + uint64_t(count);
  std::vector<char> bytes(size_t((end - begin) * width));
  if (llvm::Error error =
          readMember(entry, where, entry.dataStart + begin * width, entry.dataStart + end * width, bytes.data()))
    return error;
  if (entry.isBigEndian)
    for (size_t at = 0; at < bytes.size(); at += width)
      std::reverse(bytes.begin() + at, bytes.begin() + at + width);
  if (entry.isFortranOrder) {
    const std::vector<uint8_t> elements = toRowMajor(viewOf(bytes), entry.info.shape, size_t(width));
    std::copy_n(elements.begin() + first * width, uint64_t(count) * width, bytes.begin());
  }
  widenElements(entry.info.dtype, bytes.data(), uint64_t(count), out);
  return llvm::Error::success();
}
