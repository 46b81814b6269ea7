//===- UnknownOp.cpp - what an unknown op may mean --------------*- C++ -*-===//

#include "vitc/Description/OpSpec.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace vitc;

/// What ops are called in PyTorch, NumPy, ONNX or TensorFlow that have another name here; as `plainName` writes it.
static llvm::StringRef nameElsewhere(llvm::StringRef name) {
  static const llvm::StringMap<llvm::StringRef> names = {{"permute", "transpose"},
                                                         {"swapaxes", "transpose"},
                                                         {"flatten", "reshape"},
                                                         {"view", "reshape"},
                                                         {"squeeze", "reshape"},
                                                         {"unsqueeze", "reshape"},
                                                         {"cat", "concat"},
                                                         {"stack", "concat"},
                                                         {"concatenate", "concat"},
                                                         {"split", "slice"},
                                                         {"chunk", "slice"},
                                                         {"narrow", "slice"},
                                                         {"take", "gather"},
                                                         {"indexselect", "gather"},
                                                         {"embedding", "gather"},
                                                         {"einsum", "matmul"},
                                                         {"bmm", "matmul"},
                                                         {"dot", "matmul"},
                                                         {"gemm", "linear"},
                                                         {"dense", "linear"},
                                                         {"fc", "linear"},
                                                         {"fullyconnected", "linear"},
                                                         {"interpolate", "resize2d"},
                                                         {"upsample", "resize2d"},
                                                         {"depthtospace", "pixel_shuffle"},
                                                         {"spacetodepth", "pixel_unshuffle"},
                                                         {"deconv", "conv_transpose2d"},
                                                         {"deconvolution", "conv_transpose2d"},
                                                         {"im2col", "unfold"},
                                                         {"col2im", "fold"},
                                                         {"multiply", "mul"},
                                                         {"subtract", "sub"},
                                                         {"divide", "div"},
                                                         {"normalize", "layer_norm"},
                                                         {"constant", "parameter"},
                                                         {"flip", "gather"}};
  return names.lookup(name);
}

/// A name in small letters without underscores and the number of dimensions: "AvgPool2d" and "avg_pool" are one.
static std::string plainName(llvm::StringRef name) {
  std::string plain;
  for (char letter : name)
    if (letter != '_' && letter != '-' && letter != '.')
      plain += llvm::toLower(letter);
  llvm::StringRef rest = plain;
  for (llvm::StringRef dimensions : {"1d", "2d", "3d"})
    if (rest.consume_back(dimensions))
      break;
  return rest.str();
}

std::string vitc::unknownOp(llvm::StringRef name) {
  std::string message = ("unknown op '" + name + "'").str();
  const std::string plain = plainName(name);
  // An op's name or that of one of its choices; the nearer, the smaller.
  std::vector<std::pair<unsigned, std::string>> near;
  auto add = [&](unsigned distance, const std::string &text) { near.emplace_back(distance, text); };
  if (llvm::StringRef meant = nameElsewhere(plain); !meant.empty())
    add(0, ("'" + meant + "'").str());
  const unsigned most = unsigned(plain.size()) / 3 + 1;
  for (const OpSpec &spec : opSpecs()) {
    const std::string quoted = std::string("'") + spec.name + "'", own = plainName(spec.name);
    unsigned distance = llvm::StringRef(plain).edit_distance(own, /*AllowReplacements=*/true, most);
    // Names that a word more or less tells apart come behind those that letters do.
    bool isPart = plain.size() >= 3 && own.size() >= 3 &&
                  (llvm::StringRef(plain).contains(own) || llvm::StringRef(own).contains(plain));
    if (distance < most)
      add(distance, quoted);
    else if (isPart)
      add(most, quoted);
    for (const AttributeSpec &attribute : spec.attributes)
      for (const char *choice : attribute.choices)
        // What an op is a kind of, not what it may be done with.
        if (llvm::StringRef(attribute.name) == "kind" && plainName(choice) == plain && plain != "none")
          add(0, quoted + " with \"" + attribute.name + "\": \"" + choice + "\"");
  }
  llvm::stable_sort(near, [](const auto &a, const auto &b) { return a.first < b.first; });
  // Where something is one letter away, nothing that is farther is meant.
  std::vector<std::string> names;
  for (const auto &[distance, text] : near)
    if (names.size() < 4 && distance <= near.front().first + 1 && !llvm::is_contained(names, text))
      names.push_back(text);
  if (names.empty())
    return message + "; the ops are listed in models/README.md";
  message += "; did you mean " + names.front();
  for (size_t i = 1; i < names.size(); ++i)
    message += (i + 1 == names.size() ? " or " : ", ") + names[i];
  return message + "?";
}
