//===- ModelNameTest.cpp - what a model is called ---------------*- C++ -*-===//

#include "vitc/Description/ModelName.h"

#include "../Support/TestFiles.h"

#include <unistd.h>

using namespace vitc;
using namespace vitc::test;

namespace {

/// The name of the model in a directory, made for it, that a path of this tree leads to.
std::string nameOf(llvm::StringRef made, llvm::StringRef asked = "") {
  TemporaryDirectory directory;
  directory.write((made + "/config.json").str(), "{}");
  return modelNameOfDirectory(directory.path() + "/" + (asked.empty() ? made : asked).str());
}

} // namespace

TEST(ModelName, OfADescription) {
  for (const char *name : {"m", "_", "0", "vit-base_patch16.augreg", "A"})
    EXPECT_TRUE(isName(name)) << name;
  EXPECT_TRUE(isName(std::string(255, 'a')));
  for (const char *name : {"", ".", "..", ".a", "-a", "a/b", "/a", "a b", "a\n", "a\x01", "\x7f", "ä", "a:b"})
    EXPECT_FALSE(isName(name)) << name;
  EXPECT_FALSE(isName(std::string(256, 'a')));
  EXPECT_FALSE(isName(llvm::StringRef("a\0b", 3)));
}

TEST(ModelName, MadeOfAnyText) {
  EXPECT_EQ(nameFrom("vit-base_patch16.224"), "vit-base_patch16.224");
  EXPECT_EQ(nameFrom("my  model (2)"), "my_model_2_");
  EXPECT_EQ(nameFrom(".hidden"), "_.hidden");
  EXPECT_EQ(nameFrom("-rf"), "_-rf");
  EXPECT_EQ(nameFrom(" x"), "_x");
  EXPECT_EQ(nameFrom(""), "model");
  EXPECT_EQ(nameFrom(llvm::StringRef("a\n\t\0b", 5)), "a_b");
  // Other names stay other names.
  EXPECT_EQ(nameFrom("模型"), "u6A21u578B");
  EXPECT_EQ(nameFrom("caf\xc3\xa9.v1"), "cafuE9.v1");
  EXPECT_EQ(nameFrom("a\xff\xc3"), "axFFxC3");
  EXPECT_EQ(nameFrom(std::string(255, 'a')), std::string(200, 'a'));
  for (int c = 0; c < 256; ++c)
    EXPECT_TRUE(isName(nameFrom(std::string(1, char(c))))) << c;
}

TEST(ModelName, OfADirectory) {
  EXPECT_EQ(nameOf("my-vit"), "my-vit");
  EXPECT_EQ(nameOf("my-vit", "my-vit/"), "my-vit");
  EXPECT_EQ(nameOf("my-vit", "my-vit/."), "my-vit");
  EXPECT_EQ(nameOf("my-vit/sub", "my-vit/sub/.."), "my-vit");
  EXPECT_EQ(nameOf("my vit"), "my_vit");
}

TEST(ModelName, OfTheHubsCache) {
  EXPECT_EQ(nameOf("models--google--vit-base-patch16-224/snapshots/3f49326eb077187dfe1c2a2bb15fbd74e6ab91e3"),
            "vit-base-patch16-224");
  EXPECT_EQ(nameOf("models--gpt2/snapshots/1"), "gpt2");
  EXPECT_EQ(nameOf("models--a--b/snapshots/1", "models--a--b/snapshots/1/../1/."), "b");
  EXPECT_EQ(nameOf("models--a--b"), "b");
  EXPECT_EQ(nameOf("models--a--b/snapshots/1/checkpoint-20"), "b-checkpoint-20");
  EXPECT_EQ(nameOf("models--a--b/snapshots/1/onnx"), "onnx");
  EXPECT_EQ(nameOf("a/snapshots/1"), "1");
  EXPECT_EQ(nameOf("models--"), "models--");
}

TEST(ModelName, OfNumberedCheckpoints) {
  EXPECT_EQ(nameOf("my-finetune/checkpoint-500"), "my-finetune-checkpoint-500");
  EXPECT_EQ(nameOf("my finetune/checkpoint-500", "my finetune/checkpoint-500/"), "my_finetune-checkpoint-500");
  EXPECT_EQ(nameOf("a/checkpoint-best"), "checkpoint-best");
  EXPECT_EQ(nameOf("a/checkpoint-"), "checkpoint-");
  EXPECT_EQ(nameOf("a/checkpoint"), "checkpoint");
  // Of a long name, the end is what tells checkpoints apart.
  const std::string a(255, 'a');
  EXPECT_EQ(nameOf(a + "/checkpoint-500"), std::string(185, 'a') + "-checkpoint-500");
  EXPECT_EQ(nameOf(a + "/checkpoint-" + std::string(20, '5')), "checkpoint-" + std::string(20, '5'));
}

TEST(ModelName, LinksKeepTheirNames) {
  TemporaryDirectory directory;
  directory.write("models--a--b/snapshots/1/config.json", "{}");
  ASSERT_EQ(::symlink("models--a--b/snapshots/1", directory.path("mine").c_str()), 0);
  EXPECT_EQ(modelNameOfDirectory(directory.path("mine")), "mine");
  EXPECT_EQ(modelNameOfDirectory(directory.path("mine") + "/"), "mine");
}

TEST(ModelName, OfTheWorkingDirectory) {
  TemporaryDirectory directory;
  directory.write("models--a--b/snapshots/1/config.json", "{}");
  directory.write("run/checkpoint-7/config.json", "{}");
  llvm::SmallString<256> before;
  ASSERT_FALSE(llvm::sys::fs::current_path(before));
  ASSERT_FALSE(llvm::sys::fs::set_current_path(directory.path("run/checkpoint-7")));
  for (const char *path : {"", ".", "./", "./.", "../checkpoint-7"})
    EXPECT_EQ(modelNameOfDirectory(path), "run-checkpoint-7") << path;
  EXPECT_EQ(modelNameOfDirectory(".."), "run");
  ASSERT_FALSE(llvm::sys::fs::set_current_path(directory.path("run")));
  EXPECT_EQ(modelNameOfDirectory("checkpoint-7"), "run-checkpoint-7");
  ASSERT_FALSE(llvm::sys::fs::set_current_path(directory.path("models--a--b/snapshots")));
  EXPECT_EQ(modelNameOfDirectory("1"), "b");
  ASSERT_FALSE(llvm::sys::fs::set_current_path(before));
}

TEST(ModelName, OfAFile) {
  EXPECT_EQ(modelNameOfFile("a/ViT-B_16.npz"), "ViT-B_16");
  EXPECT_EQ(modelNameOfFile("B_16-i1k-300ep-lr_0.001-aug_medium2.npz"), "B_16-i1k-300ep-lr_0.001-aug_medium2");
  EXPECT_EQ(modelNameOfFile("runs/my run/checkpoint.npz"), "my_run-checkpoint");
  EXPECT_EQ(modelNameOfFile("runs/a/checkpoint-12.npz"), "a-checkpoint-12");
  EXPECT_EQ(modelNameOfFile("-x y.json"), "_-x_y");
}
