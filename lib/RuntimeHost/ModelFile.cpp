//===- ModelFile.cpp - a model as a file, not loaded ----------------------===//

#include "vitc/RuntimeHost/ModelFile.h"

#include "Blake3.h"
#include "vitc/RuntimeHost/ProgramHash.h"
#include "vitc/TargetInfo/ElfMachines.h"
#include "vitc/runtime/model_abi.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace vitc;

namespace {

/// More than any manifest or program needs; a damaged size must not make us allocate.
constexpr uint64_t maxBytes = uint64_t(256) << 20;

constexpr const char *expected = ", expected a model compiled by vitc";

class ElfReader {
public:
  explicit ElfReader(const std::string &path) : path(path) {}
  ~ElfReader() {
    if (descriptor >= 0)
      close(descriptor);
  }
  ElfReader(const ElfReader &) = delete;
  ElfReader &operator=(const ElfReader &) = delete;

  HostExpected<ModelFile> read();

private:
  HostError fail(std::string where, std::string message) const { return {path, std::move(where), std::move(message)}; }
  bool readAt(uint64_t offset, void *out, uint64_t bytes) const;
  bool inFile(uint64_t offset, uint64_t bytes) const { return offset <= size && bytes <= size - offset; }
  std::optional<HostError> openFile();
  std::optional<HostError> readHeader(Elf64_Ehdr &header) const;
  std::optional<HostError> checkProgram(const Elf64_Phdr &weights, const std::string &manifest) const;

  const std::string &path;
  int descriptor = -1;
  uint64_t size = 0;
};

bool ElfReader::readAt(uint64_t offset, void *out, uint64_t bytes) const {
  auto *cursor = static_cast<char *>(out);
  while (bytes > 0) {
    ssize_t got = pread(descriptor, cursor, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    cursor += got;
    offset += static_cast<uint64_t>(got);
    bytes -= static_cast<uint64_t>(got);
  }
  return true;
}

std::optional<HostError> ElfReader::openFile() {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0)
    return fail("", std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    return fail("", std::string("not a regular file") + expected);
  size = static_cast<uint64_t>(status.st_size);
  return std::nullopt;
}

std::optional<HostError> ElfReader::readHeader(Elf64_Ehdr &header) const {
  if (!inFile(0, sizeof header) || !readAt(0, &header, sizeof header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return fail("byte 0", std::string("not an ELF file") + expected);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_type != ET_DYN)
    return fail("ELF header", std::string("not a 64-bit shared object") + expected);
  std::string machines;
  for (const ElfMachine &machine : elfMachines)
    machines +=
        (machines.empty() ? "" : " or ") + std::string(machine.name) + " (" + std::to_string(machine.number) + ")";
  if (std::none_of(std::begin(elfMachines), std::end(elfMachines),
                   [&](const ElfMachine &machine) { return machine.number == header.e_machine; }))
    return fail("ELF header", "for machine type " + std::to_string(header.e_machine) + ", expected " + machines);
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == PN_XNUM ||
      !inFile(header.e_phoff, uint64_t(header.e_phnum) * sizeof(Elf64_Phdr)))
    return fail("ELF header", "the table of segments is damaged or cut off");
  return std::nullopt;
}

/// Finds vitc's note among the notes of a segment.
std::optional<std::string> findManifest(std::string_view notes) {
  auto padded = [](uint64_t bytes) { return (bytes + 3) & ~uint64_t(3); };
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes.data(), sizeof note);
    notes.remove_prefix(sizeof note);
    uint64_t nameBytes = padded(note.n_namesz);
    if (nameBytes > notes.size() || note.n_descsz > notes.size() - nameBytes)
      return std::nullopt;
    std::string_view name = notes.substr(0, note.n_namesz);
    if (note.n_type == VITC_NOTE_TYPE && name == std::string_view(VITC_NOTE_NAME, sizeof VITC_NOTE_NAME))
      return std::string(notes.substr(nameBytes, note.n_descsz));
    notes.remove_prefix(std::min<uint64_t>(nameBytes + padded(note.n_descsz), notes.size()));
  }
  return std::nullopt;
}

/// Compares what will be loaded with the hash that the manifest has of it.
std::optional<HostError> ElfReader::checkProgram(const Elf64_Phdr &weights, const std::string &manifest) const {
  const std::string stored = findProgramHash(manifest);
  if (stored.empty())
    return fail("manifest",
                "no hash of the program: the file is damaged, or of another version of vitc: compile it anew");
  if (stored == unknownProgramHash())
    return std::nullopt;
  const HostError damaged = fail("program", "its hash is not the manifest's: the file is damaged");
  if (weights.p_filesz < hashedWeightsBytes || weights.p_offset > maxBytes)
    return damaged;
  std::string file(weights.p_offset, '\0'), weightsHead(hashedWeightsBytes, '\0');
  if (!readAt(0, file.data(), file.size()) || !readAt(weights.p_offset, weightsHead.data(), weightsHead.size()))
    return fail("program", "cannot be read");
  if (programHash(std::move(file), weightsHead) != stored)
    return damaged;
  return std::nullopt;
}

HostExpected<ModelFile> ElfReader::read() {
  Elf64_Ehdr header;
  if (std::optional<HostError> error = openFile())
    return *error;
  if (std::optional<HostError> error = readHeader(header))
    return *error;

  std::vector<Elf64_Phdr> segments(header.e_phnum);
  if (!readAt(header.e_phoff, segments.data(), segments.size() * sizeof(Elf64_Phdr)))
    return fail("ELF header", "the table of segments cannot be read");
  std::optional<std::string> manifest;
  Elf64_Phdr lastLoaded = {};
  for (size_t i = 0; i < segments.size(); ++i) {
    const Elf64_Phdr &segment = segments[i];
    // A segment beyond the end of the file would load, and then kill the process when it is used.
    if ((segment.p_type == PT_LOAD || segment.p_type == PT_NOTE) && !inFile(segment.p_offset, segment.p_filesz))
      return fail("segment " + std::to_string(i),
                  "ends beyond the file's " + std::to_string(size) + " bytes: the file is cut off");
    if (segment.p_type == PT_LOAD)
      lastLoaded = segment;
    if (segment.p_type != PT_NOTE || segment.p_filesz > maxBytes || manifest)
      continue;
    std::string notes(segment.p_filesz, '\0');
    if (!readAt(segment.p_offset, notes.data(), notes.size()))
      return fail("segment " + std::to_string(i), "cannot be read");
    manifest = findManifest(notes);
  }
  if (!manifest)
    return fail("ELF notes", std::string("no manifest of vitc") + expected);
  if (!nlohmann::json::accept(*manifest) || manifest->find('{') != manifest->find_first_not_of(" \t\r\n"))
    return fail("manifest", "not a JSON object: the file is damaged");
  if (std::optional<HostError> error = checkProgram(lastLoaded, *manifest))
    return *error;
  return ModelFile{path, size, std::move(*manifest), lastLoaded.p_offset, lastLoaded.p_filesz};
}

} // namespace

HostExpected<ModelFile> ModelFile::open(const std::string &path) { return ElfReader(path).read(); }

std::optional<HostError> ModelFile::checkAbiVersion() const {
  const nlohmann::json root = nlohmann::json::parse(manifest, nullptr, /*allow_exceptions=*/false);
  const nlohmann::json version = root.value("abi_version", nlohmann::json());
  if (version == VITC_MODEL_ABI_VERSION)
    return std::nullopt;
  return HostError{
      path, "/abi_version",
      (version.is_null() ? "none" : version.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) +
          ", expected " + std::to_string(VITC_MODEL_ABI_VERSION) +
          ": the model is of another version of vitc, compile it anew"};
}

std::optional<HostError> ModelFile::checkWeights() const {
  const nlohmann::json root = nlohmann::json::parse(manifest, nullptr, /*allow_exceptions=*/false);
  const nlohmann::json weights = root.value("weights", nlohmann::json());
  if (!weights.is_object() || !weights.value("bytes", nlohmann::json()).is_number_unsigned() ||
      !weights.value("hash", nlohmann::json()).is_string())
    return HostError{path, "/weights", "expected the size and the hash of the weights"};
  uint64_t left = weights["bytes"];
  if (left > weightsSegmentBytes)
    return HostError{path, "/weights/bytes",
                     std::to_string(left) + ", but the segment has " + std::to_string(weightsSegmentBytes)};
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(weightsOffset));
  std::vector<char> block(std::min<uint64_t>(left, uint64_t(1) << 20));
  Blake3 hash;
  while (left > 0) {
    const uint64_t count = std::min<uint64_t>(left, block.size());
    if (!file.read(block.data(), static_cast<std::streamsize>(count)))
      return HostError{path, "weights", "cannot be read"};
    hash.update({block.data(), count});
    left -= count;
  }
  if (hash.text() != weights["hash"])
    return HostError{path, "weights", "their hash is not the manifest's: the file is damaged"};
  return std::nullopt;
}
