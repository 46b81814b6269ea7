//===- OtherFiles.cpp - files that are not what they look like --*- C++ -*-===//

#include "vitc/Weights/OtherFiles.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <fstream>

using namespace vitc;

static constexpr const char *fromItsLibrary =
    "vitc reads what it was made from, the checkpoint of transformers or timm (config.json and model.safetensors)";

static std::string made(const char *what) { return std::string(what) + ": " + fromItsLibrary; }

std::string vitc::explainContent(llvm::StringRef bytes) {
  if (bytes.starts_with("version https://git-lfs"))
    return "a pointer of Git LFS, not the file itself: 'git lfs pull' in its repository fetches it";
  llvm::StringRef text = bytes.ltrim();
  if (text.starts_with_insensitive("<!doctype") || text.starts_with_insensitive("<html") ||
      text.starts_with_insensitive("<head"))
    return "a web page that was saved in place of the file: fetch the file itself (on the hub, 'resolve' instead of "
           "'blob' in its address)";
  if (bytes.starts_with("GGUF"))
    return made("a model of GGUF");
  if (bytes.size() >= 8 && bytes.substr(4, 4) == "TFL3")
    return made("a model of TensorFlow Lite");
  if (bytes.starts_with("\x89HDF"))
    return made("an HDF5 file of Keras");
  // PyTorch's archive and its older pickles.
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("\x80\x02"))
    return "a pickle of PyTorch: tools/convert/pickle-to-safetensors converts it";
  if (bytes.starts_with("\x1f\x8b"))
    return "compressed by gzip: unpack it first";
  return "";
}

std::string vitc::explainFile(llvm::StringRef path) {
  // What was read from a pipe would be gone.
  if (!llvm::sys::fs::is_regular_file(path))
    return "";
  std::ifstream file(path.str(), std::ios::binary);
  char bytes[512];
  file.read(bytes, sizeof bytes);
  return explainContent(llvm::StringRef(bytes, size_t(file.gcount())));
}

std::string vitc::explainName(llvm::StringRef path) {
  const char *what = llvm::StringSwitch<const char *>(llvm::sys::path::extension(path))
                         .Case(".onnx", "an ONNX model")
                         .Case(".gguf", "a model of GGUF")
                         .Case(".tflite", "a model of TensorFlow Lite")
                         .Cases(".h5", ".keras", "a model of Keras")
                         .Case(".msgpack", "parameters of Flax")
                         .Cases(".engine", ".plan", "an engine of TensorRT")
                         .Cases(".mlmodel", ".mlpackage", "a model of Core ML")
                         .Case(".mnn", "a model of MNN")
                         .Case(".pb", "a graph of TensorFlow")
                         .Case(".mindir", "a graph of MindSpore")
                         .Default(nullptr);
  return what ? made(what) : "";
}
