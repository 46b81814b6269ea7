//===- SharedLibraryTest.cpp - from an object file to a model -------------===//

#include "vitc/Target/SharedLibrary.h"

#include "../Runtime/TestModels.h"
#include "../Support/TestFiles.h"

#include "vitc/RuntimeHost/LoadedModel.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FormatVariadic.h"
#include "gmock/gmock.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

using namespace vitc;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

#ifdef __SANITIZE_ADDRESS__
// LLD leaves freeing to the end of the process.
extern "C" int __lsan_is_turned_off() { return 1; }
#endif

namespace {

using test::TemporaryDirectory;

std::string objectNamed(const std::string &name) { return contentsOf(TEST_OBJECTS_DIR "/" + name + ".o"); }

/// Weight i of the model is i / 4.
std::string weights() {
  std::string bytes;
  for (int i = 0; i < 8; ++i) {
    const float weight = float(i) / 4;
    bytes.append(reinterpret_cast<const char *>(&weight), sizeof weight);
  }
  return bytes;
}

/// Links an object with these weights, given in two parts. The message of the error, or "".
std::string link(const std::string &object, const std::string &output, const std::string &weights,
                 size_t announced = std::string::npos) {
  auto write = [&](ByteSink sink) -> llvm::Error {
    const llvm::ArrayRef<char> bytes(weights.data(), weights.size());
    if (llvm::Error error = sink(bytes.take_front(3)))
      return error;
    return sink(bytes.drop_front(std::min<size_t>(3, bytes.size())));
  };
  const std::string contents = objectNamed(object);
  SharedLibraryJob job;
  job.object = llvm::MemoryBufferRef(contents, object);
  job.weightsBytes = announced == std::string::npos ? weights.size() : announced;
  job.writeWeights = write;
  job.outputPath = output;
  return llvm::toString(linkSharedLibrary(job));
}

std::string hashOf(const std::string &bytes) {
  return llvm::toHex(llvm::BLAKE3::hash(llvm::arrayRefFromStringRef(bytes)), /*LowerCase=*/true);
}

/// The names of the files in a directory.
std::vector<std::string> filesIn(const std::string &directory) {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  return names;
}

/// What a model computes from inputs 1.
std::vector<float> outputsOf(const HostExpected<LoadedModel> &model) {
  if (!model) {
    ADD_FAILURE() << model.error().line();
    return {};
  }
  HostExpected<ModelInstance> instance = model->createInstance();
  if (!instance) {
    ADD_FAILURE() << instance.error().line();
    return {};
  }
  const std::vector<float> input(8, 1.0f);
  std::vector<float> output(8);
  std::optional<HostError> error = instance->run(1, {{input.data(), 32}}, {{output.data(), 32}});
  EXPECT_FALSE(error);
  return output;
}

const std::vector<float> expectedOutputs = {1, 1.25f, 1.5f, 1.75f, 2, 2.25f, 2.5f, 2.75f};

TEST(SharedLibrary, RunsWithItsWeights) {
  TemporaryDirectory directory;
  const std::string path = directory.path("model.so");
  ASSERT_EQ(link("adding_model", path, weights()), "");
  EXPECT_EQ(outputsOf(LoadedModel::load(path)), expectedOutputs);
  EXPECT_THAT(filesIn(directory.path()), testing::ElementsAre("model.so"));
  EXPECT_LT(std::filesystem::file_size(path), 300u << 10);
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::status(testModel("fake")).permissions());
}

TEST(SharedLibrary, ALoadedModelKeepsItsFileWhenAnotherTakesItsName) {
  TemporaryDirectory directory;
  const std::string path = directory.path("model.so");
  ASSERT_EQ(link("adding_model", path, weights()), "");
  {
    HostExpected<LoadedModel> model = LoadedModel::load(path);
    ASSERT_TRUE(model);
    ASSERT_EQ(link("adding_model", path, std::string(32, '\0')), "");
    EXPECT_EQ(outputsOf(model), expectedOutputs);
    // The loader knows the path, and would give what it has of that name.
    HostExpected<LoadedModel> other = LoadedModel::load(path);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().line(),
              "error: " + path + ": loader: another model was loaded by this name, and is still in use");
    EXPECT_EQ(outputsOf(LoadedModel::load(directory.path("./model.so"))), std::vector<float>(8, 1.0f));
    EXPECT_EQ(outputsOf(model), expectedOutputs);
  }
  EXPECT_EQ(outputsOf(LoadedModel::load(path)), std::vector<float>(8, 1.0f));
}

TEST(SharedLibrary, ManifestHasTheHashOfTheWeights) {
  TemporaryDirectory directory;
  const std::string path = directory.path("model.so"), hash = hashOf(weights());
  ASSERT_EQ(link("adding_model", path, weights()), "");
  HostExpected<ModelFile> file = ModelFile::open(path);
  ASSERT_TRUE(file);
  EXPECT_THAT(file->manifest, HasSubstr("\"hash\":\"" + hash + "\""));
  HostExpected<LoadedModel> model = LoadedModel::load(path);
  ASSERT_TRUE(model);
  uint64_t bytes = 0;
  const char *text = model->api().manifest(&bytes);
  EXPECT_EQ(std::string(text, bytes), file->manifest);
}

TEST(SharedLibrary, DamageBeforeTheWeightsIsFound) {
  TemporaryDirectory directory;
  const std::string path = directory.path("model.so");
  ASSERT_EQ(link("adding_model", path, weights()), "");
  ASSERT_TRUE(ModelFile::open(path));
  const std::string contents = contentsOf(path);
  auto file = test::valueOf(llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(contents, "")));
  // Where the last segment but one ends; the last one is the weights'.
  uint64_t end = 0, next = 0;
  for (const auto &segment :
       test::valueOf(llvm::cast<llvm::object::ELF64LEObjectFile>(*file).getELFFile().program_headers()))
    if (segment.p_type == llvm::ELF::PT_LOAD)
      end = std::exchange(next, segment.p_offset + segment.p_filesz);
  ASSERT_GT(end, 10000u);

  const size_t copy = contents.rfind("program_hash") + std::strlen("program_hash\":\"");
  std::fstream damaged(path, std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&](size_t at, int byte) { damaged.seekp(std::streamoff(at)).put(char(byte)).flush(); };
  // Every byte of the headers and the note, and some of the code and the tables.
  for (size_t at = 0; at < end; at += at < 1024 ? 1 : 61) {
    put(at, contents[at] ^ (1 << at % 8));
    // The loader does not look at e_shoff, e_shnum and e_shstrndx, and strip changes them.
    // The hash is not compared with the manifest's second copy, which compiled models do not have.
    const bool isUnused = (at >= 0x28 && at < 0x30) || (at >= 0x3c && at < 0x40) || (at >= copy && at < copy + 64);
    EXPECT_EQ(bool(ModelFile::open(path)), isUnused) << at;
    put(at, contents[at]);
  }
  EXPECT_FALSE(ModelFile::open(path)->checkWeights());
  // The weights' first bytes; the others have a hash of their own.
  put(contents.size() - 4096, 1);
  EXPECT_EQ(ModelFile::open(path).error().line(),
            "error: " + path + ": program: its hash is not the manifest's: the file is damaged");
}

TEST(SharedLibrary, SegmentOfTheWeights) {
  TemporaryDirectory directory;
  const std::string path = directory.path("model.so");
  ASSERT_EQ(link("adding_model", path, std::string(100000, 'w')), "");
  const std::string contents = contentsOf(path);
  auto file = test::valueOf(llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(contents, "")));
  const auto &elf = llvm::cast<llvm::object::ELF64LEObjectFile>(*file).getELFFile();
  auto segments = test::valueOf(elf.program_headers());
  uint64_t end = 0;
  const llvm::object::ELF64LE::Phdr *last = nullptr;
  for (const auto &segment : segments) {
    EXPECT_NE(segment.p_flags & (llvm::ELF::PF_W | llvm::ELF::PF_X), unsigned(llvm::ELF::PF_W | llvm::ELF::PF_X));
    if (segment.p_type != llvm::ELF::PT_LOAD)
      continue;
    EXPECT_GE(segment.p_vaddr, end);
    end = segment.p_vaddr + segment.p_memsz;
    last = &segment;
  }
  ASSERT_TRUE(last);
  EXPECT_EQ(last->p_flags, unsigned(llvm::ELF::PF_R));
  EXPECT_EQ(last->p_vaddr % 65536, 0u);
  EXPECT_EQ(last->p_offset % 65536, 0u);
  EXPECT_EQ(last->p_align, 65536u);
  EXPECT_EQ(last->p_filesz, 100000u);
  EXPECT_EQ(last->p_memsz, 100000u);
  EXPECT_EQ(contents.substr(last->p_offset), std::string(100000, 'w'));
  EXPECT_EQ(runCommand("readelf -SW " + path + " | grep -c 'vitc.weights *PROGBITS'").output, "1\n");
}

TEST(SharedLibrary, NeedsAndExportsWhatItMay) {
  TemporaryDirectory directory;
  const std::string path = directory.path("model.so");
  ASSERT_EQ(link("adding_model", path, weights()), "");
  std::set<std::string> allowed;
  std::istringstream lines(contentsOf(LIBC_SYMBOLS_FILE));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string library, version, name;
    if (words >> library >> version >> name)
      allowed.insert(name + "@" + version);
  }
  std::istringstream names(
      runCommand("nm -D --undefined-only --with-symbol-versions " + path + " | awk '{print $NF}'").output);
  int checked = 0;
  for (std::string name; std::getline(names, name); ++checked)
    EXPECT_TRUE(allowed.count(name)) << name;
  EXPECT_GT(checked, 10);
  EXPECT_EQ(runCommand("nm -D --defined-only " + path + " | awk '{print $NF}'").output, "vitc_model_api\n");
  const std::string headers = runCommand("readelf -ldW " + path).output;
  EXPECT_THAT(headers, HasSubstr("GNU_RELRO"));
  EXPECT_THAT(headers, HasSubstr("BIND_NOW"));
  EXPECT_THAT(headers, HasSubstr("GNU_HASH"));
  EXPECT_THAT(headers, testing::ContainsRegex("GNU_STACK.*RW "));
  EXPECT_THAT(headers, Not(HasSubstr("SONAME")));
  EXPECT_THAT(headers, Not(HasSubstr("TEXTREL")));
}

TEST(SharedLibrary, SurvivesStrip) {
  TemporaryDirectory directory;
  const std::string path = directory.path("model.so");
  ASSERT_EQ(link("adding_model", path, weights()), "");
  ASSERT_EQ(runCommand("strip " + path).status, 0);
  EXPECT_EQ(outputsOf(LoadedModel::load(path)), expectedOutputs);
}

TEST(SharedLibrary, SameBytesAgainAndInOrder) {
  TemporaryDirectory directory;
  const std::string first = directory.path("first.so"), second = directory.path("second.so");
  ASSERT_EQ(link("adding_model", first, weights()), "");
  directory.write("second.so", "what was there before");
  ASSERT_EQ(link("adding_model", second, weights()), "");
  EXPECT_EQ(contentsOf(first), contentsOf(second));

  const std::string pipe = directory.path("pipe"), copy = directory.path("copy.so");
  ASSERT_EQ(runCommand("mkfifo " + pipe).status, 0);
  FILE *reader = popen(("cat " + pipe + " > " + copy).c_str(), "r");
  EXPECT_EQ(link("adding_model", pipe, weights()), "");
  pclose(reader);
  EXPECT_EQ(contentsOf(first), contentsOf(copy));
}

TEST(SharedLibrary, WithoutWeights) {
  TemporaryDirectory directory;
  const std::string path = directory.path("model.so");
  ASSERT_EQ(link("adding_model", path, ""), "");
  EXPECT_EQ(outputsOf(LoadedModel::load(path)), std::vector<float>(8, 1.0f));
  EXPECT_THAT(ModelFile::open(path)->manifest, HasSubstr(hashOf("")));
}

TEST(SharedLibrary, ErrorsAreOneLineAndLeaveNothing) {
  TemporaryDirectory directory;
  const std::string path = directory.path("model.so");
  EXPECT_EQ(link("undefined_model", path, weights()), path + ": cannot be linked: undefined symbol: teleport");
  // The machine has it; the stubs do not.
  EXPECT_EQ(link("forbidden_model", path, weights()), path + ": cannot be linked: undefined symbol: dlopen");
  EXPECT_EQ(link("adding_model", path, weights(), 31), path + ": more than 31 bytes of weights");
  EXPECT_EQ(link("adding_model", path, weights(), 33), path + ": 32 bytes of weights, expected 33");
  EXPECT_THAT(filesIn(directory.path()), testing::IsEmpty());

  EXPECT_THAT(link("adding_model", directory.path(), weights()), StartsWith(directory.path() + ": cannot be written"));
  EXPECT_EQ(link("adding_model", directory.path("no/model.so"), weights()),
            directory.path("no/model.so") + ": cannot be written: No such file or directory");
  EXPECT_EQ(link("adding_model", "/dev/full", weights()), "/dev/full: cannot be written: No space left on device");
  EXPECT_THAT(filesIn(directory.path()), testing::IsEmpty());
  // After errors it works again.
  ASSERT_EQ(link("adding_model", path, weights()), "");
  EXPECT_EQ(outputsOf(LoadedModel::load(path)), expectedOutputs);
}

TEST(SharedLibrary, DamagedObject) {
  TemporaryDirectory directory;
  std::string object = objectNamed("adding_model");
  auto write = [](ByteSink) { return llvm::Error::success(); };
  for (size_t bytes : {size_t(0), size_t(3), size_t(64), object.size() / 2, object.size() - 1}) {
    SharedLibraryJob job;
    job.object = llvm::MemoryBufferRef(llvm::StringRef(object).take_front(bytes), "damaged");
    job.writeWeights = write;
    job.outputPath = directory.path("model.so");
    const std::string message = llvm::toString(linkSharedLibrary(job));
    EXPECT_THAT(message, StartsWith(job.outputPath + ": cannot be linked: ")) << bytes;
    EXPECT_THAT(message, Not(HasSubstr("\n")));
  }
  EXPECT_THAT(filesIn(directory.path()), testing::IsEmpty());
}

TEST(SharedLibrary, ObjectForAnotherMachineThanTheRuntime) {
  TemporaryDirectory directory;
  std::string object = objectNamed("adding_model");
  const auto machine = uint16_t(llvm::ELF::EM_AARCH64);
  std::memcpy(object.data() + offsetof(llvm::ELF::Elf64_Ehdr, e_machine), &machine, sizeof machine);
  auto write = [](ByteSink) { return llvm::Error::success(); };
  SharedLibraryJob job;
  job.object = llvm::MemoryBufferRef(object, "foreign");
  job.writeWeights = write;
  job.outputPath = directory.path("model.so");
  const std::string message = llvm::toString(linkSharedLibrary(job));
  EXPECT_THAT(message, StartsWith(job.outputPath + ": cannot be linked: "));
  EXPECT_THAT(message, HasSubstr("incompatible"));
  EXPECT_THAT(filesIn(directory.path()), testing::IsEmpty());
}

/// Sizes of more than 32 bits; what is written goes nowhere.
TEST(SharedLibrary, MoreThanFourGigabytes) {
  const std::vector<char> block(16 << 20);
  const uint64_t blocks = 257;
  auto write = [&](ByteSink sink) -> llvm::Error {
    for (uint64_t i = 0; i < blocks; ++i)
      if (llvm::Error error = sink(block))
        return error;
    return llvm::Error::success();
  };
  const std::string object = objectNamed("adding_model");
  SharedLibraryJob job;
  job.object = llvm::MemoryBufferRef(object, "");
  job.weightsBytes = blocks * block.size();
  job.writeWeights = write;
  job.outputPath = "/dev/null";
  EXPECT_EQ(llvm::toString(linkSharedLibrary(job)), "");
}

} // namespace
