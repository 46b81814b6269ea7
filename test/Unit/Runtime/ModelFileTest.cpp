//===- ModelFileTest.cpp - what is a model, and what is not ---------------===//

#include "vitc/RuntimeHost/ModelFile.h"

#include "TestModels.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cstring>
#include <elf.h>
#include <sys/stat.h>

using namespace vitc;

namespace {

const std::string manifestOfFake =
    "{\"name\":\"fake\",\"abi_version\":3,\"program_hash\":\"" + std::string(64, '0') + "\"}";

std::string errorOf(const std::string &contents) {
  TemporaryFile file(contents);
  HostExpected<ModelFile> model = ModelFile::open(file.path);
  if (model)
    return "no error";
  EXPECT_EQ(model.error().file, file.path);
  return model.error().where + ": " + model.error().message;
}

/// A model with its ELF header changed.
template <typename Change> std::string changed(Change change) {
  std::string contents = contentsOf(testModel("fake"));
  Elf64_Ehdr header;
  std::memcpy(&header, contents.data(), sizeof header);
  auto *segments = reinterpret_cast<Elf64_Phdr *>(contents.data() + header.e_phoff);
  change(header, segments);
  std::memcpy(contents.data(), &header, sizeof header);
  return contents;
}

TEST(ModelFile, FindsTheManifest) {
  HostExpected<ModelFile> model = ModelFile::open(testModel("fake"));
  ASSERT_TRUE(model) << model.error().line();
  EXPECT_EQ(model->manifest, manifestOfFake);
  EXPECT_EQ(model->fileBytes, contentsOf(testModel("fake")).size());
}

TEST(ModelFile, DoesNotNeedTheCpuOfTheModel) { EXPECT_TRUE(ModelFile::open(testModel("fake_needs_more"))); }

TEST(ModelFile, RefusesWhatIsNoFile) {
  EXPECT_EQ(ModelFile::open("/nowhere/x.so").error().line(),
            "error: /nowhere/x.so: cannot be read: No such file or directory");
  EXPECT_EQ(ModelFile::open("/tmp").error().message, "not a regular file, expected a model compiled by vitc");
  TemporaryFile fifo;
  std::remove(fifo.path.c_str());
  ASSERT_EQ(mkfifo(fifo.path.c_str(), 0600), 0);
  EXPECT_EQ(ModelFile::open(fifo.path).error().message, "not a regular file, expected a model compiled by vitc");
}

TEST(ModelFile, RefusesOtherFiles) {
  const char *notElf = "byte 0: not an ELF file, expected a model compiled by vitc";
  EXPECT_EQ(errorOf(""), notElf);
  EXPECT_EQ(errorOf("\x7f"
                    "ELF"),
            notElf);
  EXPECT_EQ(errorOf(std::string(1000, '{')), notElf);
  const char *notShared = "ELF header: not a 64-bit shared object, expected a model compiled by vitc";
  EXPECT_EQ(errorOf(changed([](auto &header, auto) { header.e_type = ET_REL; })), notShared);
  EXPECT_EQ(errorOf(changed([](auto &header, auto) { header.e_ident[EI_CLASS] = ELFCLASS32; })), notShared);
  EXPECT_EQ(errorOf(changed([](auto &header, auto) { header.e_machine = EM_AARCH64; })),
            "ELF header: for machine type 183, expected x86-64 (62)");
  // This program is position-independent, and so a shared object too.
  EXPECT_EQ(ModelFile::open("/proc/self/exe").error().line(),
            "error: /proc/self/exe: ELF notes: no manifest of vitc, expected a model compiled by vitc");
}

TEST(ModelFile, RefusesEveryTruncation) {
  std::string contents = contentsOf(testModel("fake"));
  // Section headers at the end are not needed to load a file.
  Elf64_Ehdr header;
  std::memcpy(&header, contents.data(), sizeof header);
  uint64_t needed = 0;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, contents.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD)
      needed = std::max(needed, segment.p_offset + segment.p_filesz);
  }
  for (uint64_t bytes = 0; bytes < needed; bytes += 61)
    EXPECT_NE(errorOf(contents.substr(0, bytes)), "no error") << bytes;
  EXPECT_THAT(errorOf(contents.substr(0, needed - 1)), testing::HasSubstr("the file is cut off"));
  EXPECT_EQ(errorOf(contents.substr(0, needed)), "no error");
}

TEST(ModelFile, RefusesOffsetsThatWrapAround) {
  const char *damaged = "ELF header: the table of segments is damaged or cut off";
  EXPECT_EQ(errorOf(changed([](auto &header, auto) { header.e_phoff = UINT64_MAX - 8; })), damaged);
  EXPECT_EQ(errorOf(changed([](auto &header, auto) { header.e_phentsize = 8; })), damaged);
  EXPECT_EQ(errorOf(changed([](auto &header, auto) { header.e_phnum = PN_XNUM; })), damaged);
  EXPECT_THAT(errorOf(changed([](auto &, Elf64_Phdr *segments) {
                for (; segments->p_type != PT_NOTE; ++segments) {
                }
                segments->p_offset = UINT64_MAX;
                segments->p_filesz = 2;
              })),
              testing::HasSubstr("the file is cut off"));
}

TEST(ModelFile, RefusesDamagedNotes) {
  auto withNote = [](uint32_t nameBytes, uint32_t descriptorBytes, uint32_t type) {
    std::string contents = contentsOf(testModel("fake"));
    size_t at = contents.find(std::string("vitc\0\0\0\0", 8)) - sizeof(Elf64_Nhdr);
    Elf64_Nhdr note = {nameBytes, descriptorBytes, type};
    std::memcpy(contents.data() + at, &note, sizeof note);
    return contents;
  };
  const char *none = "ELF notes: no manifest of vitc, expected a model compiled by vitc";
  const auto bytes = static_cast<uint32_t>(manifestOfFake.size());
  EXPECT_EQ(errorOf(withNote(5, bytes - 1, 1)), "manifest: not a JSON object: the file is damaged");
  EXPECT_EQ(errorOf(withNote(5, bytes, 2)), none);
  EXPECT_EQ(errorOf(withNote(4, bytes, 1)), none);
  EXPECT_EQ(errorOf(withNote(5, UINT32_MAX, 1)), none);
  EXPECT_EQ(errorOf(withNote(UINT32_MAX, bytes, 1)), none);
}

TEST(ModelFile, RefusesOtherPrograms) {
  auto withHash = [](const std::string &hash) {
    std::string contents = contentsOf(testModel("fake"));
    return contents.replace(contents.find("\"program_hash\":\"") + 16, hash.size(), hash);
  };
  EXPECT_EQ(errorOf(withHash(std::string(64, '0'))), "no error");
  EXPECT_EQ(errorOf(withHash(std::string(63, '0') + "1")),
            "program: its hash is not the manifest's: the file is damaged");
  EXPECT_EQ(errorOf(withHash("\"")), "manifest: not a JSON object: the file is damaged");
  std::string contents = contentsOf(testModel("fake"));
  contents.replace(contents.find("program_hash"), 12, "program_cash");
  EXPECT_EQ(errorOf(contents),
            "manifest: no hash of the program: the file is damaged, or of another version of vitc: compile it anew");
}

} // namespace
