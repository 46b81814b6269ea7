//===- Linker.cpp - lld as a function -------------------------------------===//

#include "Linker.h"

#include "lld/Common/Driver.h"
#include "vitc/Target/RuntimeBlob.h"
#include "vitc/Target/SharedLibrary.h"
#include "vitc/runtime/model_abi.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/ObjectYAML/yaml2obj.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/YAMLTraits.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>
#include <unistd.h>
#include <vector>

LLD_HAS_DRIVER(elf)

using namespace llvm;
using namespace vitc;

namespace {

/// Files that exist as long as this does, also when a signal ends the process.
class TemporaryFiles {
public:
  TemporaryFiles() = default;
  TemporaryFiles(const TemporaryFiles &) = delete;
  TemporaryFiles &operator=(const TemporaryFiles &) = delete;
  ~TemporaryFiles() {
    for (const std::string &path : paths) {
      ::unlink(path.c_str());
      sys::DontRemoveFileOnSignal(path);
    }
  }

  /// Makes a file with these contents and gives its path.
  Expected<std::string> create(StringRef contents) {
    SmallString<128> path;
    int descriptor = -1;
    if (std::error_code error = sys::fs::createTemporaryFile("vitc-link", "tmp", descriptor, path))
      return createStringError(error, "cannot create a temporary file: " + error.message());
    paths.push_back(std::string(path));
    sys::RemoveFileOnSignal(path);
    raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
    stream << contents;
    stream.close();
    if (std::error_code error = stream.error()) {
      stream.clear_error();
      return createStringError(error, "cannot write a temporary file: " + error.message());
    }
    return paths.back();
  }

private:
  std::vector<std::string> paths;
};

} // namespace

/// The machine that an object is for; 0, which means none, if it has no header: lld says what is wrong then.
static unsigned machineOf(MemoryBufferRef object) {
  ELF::Elf64_Ehdr header = {};
  std::memcpy(&header, object.getBufferStart(), std::min(sizeof header, object.getBufferSize()));
  return header.e_machine;
}

/// An object file for this machine that defines the weights' symbol in a section without contents.
static std::string makeWeightsObject(unsigned machine, uint64_t bytes) {
  std::string text =
      formatv("--- !ELF\n"
              "FileHeader: {{ Class: ELFCLASS64, Data: ELFDATA2LSB, Type: ET_REL, Machine: {4} }\n"
              "Sections:\n"
              "  - {{ Name: {0}, Type: SHT_NOBITS, Flags: [ SHF_ALLOC ], AddressAlign: {1}, Size: {2} }\n"
              "  - {{ Name: .note.GNU-stack, Type: SHT_PROGBITS }\n"
              "Symbols:\n"
              "  - {{ Name: {3}, Section: {0}, Binding: STB_GLOBAL, Other: [ STV_HIDDEN ], Size: {2} }\n",
              weightsSectionName, weightsAlignment, bytes, weightsSymbolName, machine);
  std::string object;
  raw_string_ostream stream(object);
  yaml::Input input(text);
  bool isConverted = yaml::convertYAML(input, stream, [](const Twine &) {});
  assert(isConverted && "the text is well-formed");
  (void)isConverted;
  return object;
}

/// What lld says first, on one line.
static std::string firstComplaint(StringRef messages) {
  StringRef line = messages.split('\n').first;
  for (StringRef kind : {"error: ", "warning: "})
    if (size_t at = line.find(kind); at != StringRef::npos)
      line = line.drop_front(at + kind.size());
  return line.empty() ? "the linker failed without a reason" : line.str();
}

/// Runs lld; it neither prints nor ends the process.
static Error runLinker(ArrayRef<std::string> arguments) {
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string messages;
  raw_string_ostream stream(messages);
  // lld leaves by a jump to here when an input is damaged beyond hope. The caller may have such a context itself.
  const bool isEnabled = CrashRecoveryContext::GetCurrent() != nullptr;
  CrashRecoveryContext::Enable();
  auto disable = make_scope_exit([isEnabled] {
    if (!isEnabled)
      CrashRecoveryContext::Disable();
  });
  const lld::DriverDef drivers[] = {{lld::Gnu, &lld::elf::link}};
  if (lld::lldMain(pointers, stream, stream, drivers).retCode == 0)
    return Error::success();
  return createStringError(firstComplaint(messages));
}

Expected<std::string> vitc::linkWithoutWeights(MemoryBufferRef object, uint64_t segmentBytes) {
  // After .bss: everything that code addresses relatively lies together, however large the weights are.
  const std::string layout =
      formatv("SECTIONS {{ {0} : ALIGN({1}) {{ *({0}) } } INSERT AFTER .bss;\n", weightsSectionName, weightsAlignment);
  const std::string exports = "{ global: " VITC_MODEL_API_SYMBOL "; local: *; };\n";

  std::vector<StringRef> inputs = {object.getBuffer()};
  for (const EmbeddedFile &file : embeddedRuntimeFiles())
    inputs.emplace_back(reinterpret_cast<const char *>(file.data), file.size);
  const std::string weights = makeWeightsObject(machineOf(object), segmentBytes);
  inputs.push_back(weights);

  TemporaryFiles files;
  Expected<std::string> output = files.create(""), layoutFile = files.create(layout),
                        exportsFile = files.create(exports);
  if (Error error = joinErrors(joinErrors(output.takeError(), layoutFile.takeError()), exportsFile.takeError()))
    return error;
  std::vector<std::string> arguments = {"ld.lld",
                                        "-shared",
                                        "-nostdlib",
                                        "--as-needed",
                                        "--hash-style=gnu",
                                        "--build-id=0x" + std::string(2 * buildIdBytes, '0'),
                                        "--eh-frame-hdr",
                                        "--exclude-libs=ALL",
                                        "--threads=1",
                                        "--fatal-warnings",
                                        "--color-diagnostics=never",
                                        "-zdefs",
                                        "-znow",
                                        "-zrelro",
                                        "-znoexecstack",
                                        "--version-script=" + *exportsFile,
                                        "--script=" + *layoutFile,
                                        "--output=" + *output};
  for (StringRef contents : inputs) {
    Expected<std::string> file = files.create(contents);
    if (!file)
      return file.takeError();
    arguments.push_back(*file);
  }
  if (Error error = runLinker(arguments))
    return error;
  ErrorOr<std::unique_ptr<MemoryBuffer>> result = MemoryBuffer::getFile(*output, /*IsText=*/false,
                                                                        /*RequiresNullTerminator=*/false);
  if (!result)
    return createStringError(result.getError(), "cannot read what was linked: " + result.getError().message());
  return (*result)->getBuffer().str();
}
