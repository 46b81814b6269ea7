//===- SharedLibrary.cpp - from an object file to a model -----------------===//

#include "vitc/Target/SharedLibrary.h"

#include "Linker.h"
#include "vitc/RuntimeHost/ProgramHash.h"
#include "vitc/Support/InputErrors.h"
#include "vitc/Target/AtomicFile.h"
#include "vitc/Target/Manifest.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace llvm;
using namespace vitc;

namespace {

using Elf = object::ELF64LE;

/// A segment of no bytes would not exist.
constexpr uint64_t minimumSegmentBytes = 4096;
static_assert(minimumSegmentBytes >= hashedWeightsBytes);

/// The parts of the output: the image that lld linked, zeros up to `weightsOffset`, the weights, zeros at the end.
class ModelWriter {
public:
  ModelWriter(const SharedLibraryJob &job)
      : job(job), segmentBytes(std::max<uint64_t>(job.weightsBytes, minimumSegmentBytes)) {}

  Error write();

private:
  Error fail(const Twine &message) const {
    return inputError(job.outputPath == "-" ? "standard output" : job.outputPath, "", message);
  }
  Error fail(std::error_code error) const { return fail("cannot be written: " + error.message()); }

  Error link();
  Error placeWeights();
  Error findBuildId();
  Expected<std::string> streamWeights(ByteSink sink);
  void enter(const std::string &unknown, const std::string &known);
  void enterBuildId();
  void enterHashes(const std::string &weightsHash);
  Error check(raw_fd_ostream &stream) const;
  Expected<std::string> writeParts(raw_fd_ostream &stream);
  Error writeFile();
  Error writeInOrder(raw_fd_ostream &stream);

  const SharedLibraryJob &job;
  const uint64_t segmentBytes;
  std::string image;
  uint64_t weightsOffset = 0, buildIdOffset = 0;
  std::string weightsHead;
};

} // namespace

/// Where `part`, which lies in `image`, starts.
template <typename T> static T &mutablePart(std::string &image, const T &part) {
  return *reinterpret_cast<T *>(image.data() + (reinterpret_cast<const char *>(&part) - image.data()));
}

Error ModelWriter::link() {
  Expected<std::string> linked = linkWithoutWeights(job.object, segmentBytes);
  if (!linked)
    return fail("cannot be linked: " + toString(linked.takeError()));
  image = std::move(*linked);
  if (!StringRef(image).contains(unknownWeightsHash()) ||
      !StringRef(image).contains(programHashMember(unknownProgramHash())))
    return fail("cannot be linked: the object has no manifest");
  if (Error error = placeWeights())
    return fail("cannot be linked: " + toString(std::move(error)));
  if (Error error = findBuildId())
    return fail("cannot be linked: " + toString(std::move(error)));
  return Error::success();
}

/// Makes the section and the segment of the weights refer to the place behind the image.
Error ModelWriter::placeWeights() {
  weightsOffset = alignTo(image.size(), weightsAlignment);
  Expected<object::ELFFile<Elf>> file = object::ELFFile<Elf>::create(image);
  if (!file)
    return file.takeError();
  auto sections = file->sections();
  auto segments = file->program_headers();
  if (Error error = joinErrors(sections.takeError(), segments.takeError()))
    return error;
  for (const Elf::Shdr &section : *sections) {
    Expected<StringRef> name = file->getSectionName(section);
    if (!name)
      return name.takeError();
    if (*name != weightsSectionName)
      continue;
    for (const Elf::Phdr &segment : *segments) {
      if (segment.p_type != ELF::PT_LOAD || segment.p_vaddr != section.sh_addr || segment.p_filesz != 0 ||
          segment.p_flags != ELF::PF_R)
        continue;
      Elf::Phdr &segmentToPlace = mutablePart(image, segment);
      segmentToPlace.p_offset = weightsOffset;
      segmentToPlace.p_filesz = segmentBytes;
      Elf::Shdr &sectionToPlace = mutablePart(image, section);
      sectionToPlace.sh_type = ELF::SHT_PROGBITS;
      sectionToPlace.sh_offset = weightsOffset;
      return Error::success();
    }
  }
  return createStringError("the linker made no segment of the weights alone");
}

Error ModelWriter::findBuildId() {
  Expected<object::ELFFile<Elf>> file = object::ELFFile<Elf>::create(image);
  if (!file)
    return file.takeError();
  auto segments = file->program_headers();
  if (!segments)
    return segments.takeError();
  for (const Elf::Phdr &segment : *segments) {
    if (segment.p_type != ELF::PT_NOTE)
      continue;
    Error error = Error::success();
    for (const Elf::Note note : file->notes(segment, error))
      if (note.getName() == ELF::ELF_NOTE_GNU && note.getType() == ELF::NT_GNU_BUILD_ID)
        buildIdOffset = note.getDesc(segment.p_align).data() - file->base();
    if (error)
      return error;
  }
  return buildIdOffset != 0 ? Error::success() : createStringError("the linker made no build id");
}

/// Hands the weights, without what pads them, to `sink`. Gives their hash and keeps their head.
Expected<std::string> ModelWriter::streamWeights(ByteSink sink) {
  BLAKE3 hash;
  uint64_t bytes = 0;
  weightsHead.clear();
  Error error = job.writeWeights([&](ArrayRef<char> next) {
    bytes += next.size();
    if (bytes > job.weightsBytes)
      return fail("more than " + Twine(job.weightsBytes) + " bytes of weights");
    hash.update(ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(next.data()), next.size()));
    weightsHead.append(next.data(), std::min<size_t>(next.size(), hashedWeightsBytes - weightsHead.size()));
    return sink(next);
  });
  if (error)
    return error;
  if (bytes != job.weightsBytes)
    return fail(Twine(bytes) + " bytes of weights, expected " + Twine(job.weightsBytes));
  weightsHead.resize(hashedWeightsBytes, '\0');
  return toHex(hash.final(), /*LowerCase=*/true);
}

/// Replaces a member of the manifest, in the note and wherever else the manifest is.
void ModelWriter::enter(const std::string &unknown, const std::string &known) {
  for (size_t at = image.find(unknown); at != std::string::npos; at = image.find(unknown, at + known.size()))
    image.replace(at, known.size(), known);
}

/// The build id is a hash of the image, in which the weights' hash is, and zeros where the id will be.
void ModelWriter::enterBuildId() {
  llvm::copy(BLAKE3::hash<buildIdBytes>(arrayRefFromStringRef(image)), image.begin() + ptrdiff_t(buildIdOffset));
}

void ModelWriter::enterHashes(const std::string &weightsHash) {
  enter(unknownWeightsHash(), weightsHashMember(weightsHash));
  enterBuildId();
  // The last thing to be known: it depends on the others.
  const std::string hash = programHash(image, weightsHead);
  assert(!hash.empty() && "the linker's output is a model");
  enter(programHashMember(unknownProgramHash()), programHashMember(hash));
}

/// Reports what went wrong with a stream; it must not be destroyed with an error.
Error ModelWriter::check(raw_fd_ostream &stream) const {
  std::error_code error = stream.error();
  stream.clear_error();
  return error ? fail(error) : Error::success();
}

/// Writes the image and what follows it. Gives the weights' hash.
Expected<std::string> ModelWriter::writeParts(raw_fd_ostream &stream) {
  stream << image;
  stream.write_zeros(weightsOffset - image.size());
  Expected<std::string> hash = streamWeights([&](ArrayRef<char> bytes) {
    stream.write(bytes.data(), bytes.size());
    return check(stream);
  });
  stream.write_zeros(segmentBytes - job.weightsBytes);
  stream.flush();
  Error streamError = check(stream);
  if (hash && streamError)
    return streamError;
  consumeError(std::move(streamError));
  return hash;
}

/// Writes a new file, which then takes the output's name.
Error ModelWriter::writeFile() {
  AtomicFile file(job.outputPath);
  if (std::error_code error = file.create(0777))
    return fail(error);
  if (std::error_code error = file.reserve(weightsOffset + segmentBytes))
    return fail(error);
  raw_fd_ostream stream(file.descriptor(), /*shouldClose=*/false);
  Expected<std::string> hash = writeParts(stream);
  if (!hash)
    return hash.takeError();
  enterHashes(*hash);
  stream.seek(0);
  stream << image;
  stream.flush();
  if (Error error = check(stream))
    return error;
  if (job.mayTakeName)
    if (Error error = job.mayTakeName(*hash))
      return error;
  if (std::error_code error = file.commit())
    return fail(error);
  return Error::success();
}

/// Writes front to back, the hash of the weights found beforehand.
Error ModelWriter::writeInOrder(raw_fd_ostream &stream) {
  Expected<std::string> hash = streamWeights([](ArrayRef<char>) { return Error::success(); });
  if (!hash)
    return hash.takeError();
  enterHashes(*hash);
  return writeParts(stream).takeError();
}

Error ModelWriter::write() {
  if (Error error = link())
    return error;
  if (job.outputPath == "-") {
    raw_fd_ostream stream(STDOUT_FILENO, /*shouldClose=*/false);
    return writeInOrder(stream);
  }
  sys::fs::file_status status;
  if (sys::fs::status(job.outputPath, status) || status.type() == sys::fs::file_type::regular_file)
    return writeFile();
  std::error_code error;
  raw_fd_ostream stream(job.outputPath, error);
  return error ? fail(error) : writeInOrder(stream);
}

Error vitc::linkSharedLibrary(const SharedLibraryJob &job) { return ModelWriter(job).write(); }
