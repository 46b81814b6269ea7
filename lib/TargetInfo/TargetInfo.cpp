//===- TargetInfo.cpp - what the compiler knows about a CPU -------------------===//
//
// What holds for all architectures: tiles follow from the sizes that TargetInfo has.
//
//===----------------------------------------------------------------------===//

#include "vitc/TargetInfo/Architecture.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace vitc;

static constexpr int64_t kPanelColumns = 16;

ArrayRef<const Architecture *> vitc::architectures() {
  static const Architecture *const all[] = {&x86_64};
  return all;
}

std::vector<std::string> TargetInfo::knownCPUs() {
  std::vector<std::string> result;
  for (const Architecture *architecture : architectures())
    append_range(result, architecture->knownCPUs());
  sort(result);
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

/// The architecture of a CPU. Error: nobody knows it.
static Expected<const Architecture *> architectureOf(StringRef cpu) {
  for (const Architecture *architecture : architectures())
    if (is_contained(architecture->knownCPUs(), cpu))
      return architecture;
  return createStringError(inconvertibleErrorCode(),
                           "--target-cpu: unknown CPU '%s', expected one of those that "
                           "'--target-cpu=help' lists",
                           cpu.str().c_str());
}

Expected<TargetInfo> TargetInfo::create(StringRef cpu, StringRef features, Numbers numbers) {
  if (cpu == "native")
    return architectures().front()->resolve(cpu, features, numbers);
  Expected<const Architecture *> architecture = architectureOf(cpu);
  return architecture ? (*architecture)->resolve(cpu, features, numbers) : architecture.takeError();
}

Expected<std::vector<TargetInfo>> TargetInfo::createList(StringRef cpus, StringRef features, Numbers numbers) {
  SmallVector<StringRef> names;
  cpus.split(names, ',');
  if (names.size() > 1 && !features.empty())
    return createStringError("--target-features: is for one CPU, but --target-cpu has " + Twine(names.size()));
  // Whether whatever runs code for `a` runs code for `b`.
  auto includes = [](const TargetInfo &a, const TargetInfo &b) {
    return std::includes(a.features.begin(), a.features.end(), b.features.begin(), b.features.end());
  };
  std::vector<TargetInfo> result;
  for (StringRef name : names) {
    Expected<TargetInfo> target = create(name, features, numbers);
    if (!target)
      return target.takeError();
    for (const TargetInfo &other : result)
      if (other.features == target->features)
        return createStringError("--target-cpu: code for '" + target->cpu + "' would never be chosen, '" + other.cpu +
                                 "' before it needs the same features");
    auto better = find_if(result, [&](const TargetInfo &other) { return includes(*target, other); });
    result.insert(better, std::move(*target));
  }
  return result;
}

Expected<TargetInfo> TargetInfo::withFeatures(StringRef cpu, StringRef features) {
  Expected<const Architecture *> architecture = architectureOf(cpu);
  return architecture ? (*architecture)->withFeatures(cpu, features) : architecture.takeError();
}

std::string TargetInfo::featureString() const {
  std::string result;
  for (const std::string &feature : features)
    result += (result.empty() ? "+" : ",+") + feature;
  return result;
}

int64_t TargetInfo::maxTileRows(int64_t panels) const {
  // Accumulators are rows x vectors; one vector of each panel column and (where it is not folded into the instruction)
  // one broadcast stay in registers besides.
  int64_t vectors = panels * kPanelColumns / lanes(4);
  int64_t operands = vectorRegisters == 32 ? vectors + 2 : std::min<int64_t>(vectors, 3) + 1;
  return std::max<int64_t>((vectorRegisters - operands) / vectors, 1);
}

int64_t TargetInfo::tilePanels(int64_t rows) const {
  int64_t panels = vectorBytes == 64 ? 2 : 1;
  // Few rows: wider tiles give enough independent accumulators to hide the latency of an FMA.
  while (panels < 4 && rows <= maxTileRows(2 * panels))
    panels *= 2;
  return panels;
}

int64_t TargetInfo::productUnroll(int64_t rows, int64_t panels, int64_t depth) const {
  constexpr int64_t kEnoughAccumulators = 8;
  if (rows * panels * kPanelColumns / lanes(4) > kEnoughAccumulators)
    return 1;
  return depth % 4 == 0 ? 4 : 1;
}

int64_t TargetInfo::summationBlock(int64_t depth) {
  // Between two blocks the accumulators go to the stack and back. With 256 that costs 1 to 2 %, and whole models are as
  // exact as the libraries that block for their caches.
  // A depth of up to 384 is one chain that begins with the bias: there are neither zeros before it nor totals behind
  // it.
  constexpr int64_t kLongestChain = 256, kWholeChain = 384;
  if (depth <= kWholeChain)
    return llvm::alignTo(depth, 4);
  int64_t blocks = llvm::divideCeil(depth, kLongestChain);
  return llvm::alignTo(llvm::divideCeil(depth, blocks), 4);
}

RowPartition TargetInfo::partitionRows(int64_t rows, int64_t maxRows) {
  int64_t tiles = std::max<int64_t>(llvm::divideCeil(rows, maxRows), 1);
  int64_t small = rows / tiles, large = rows % tiles;
  if (large == 0)
    return {tiles, small, 0, 0};
  return {large, small + 1, tiles - large, small};
}

int64_t TargetInfo::rowStride(int64_t columns) {
  int64_t stride = (columns + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
  // Rows a multiple of 2 KiB apart fall into two sets of a 32 KiB L1 cache; one panel of padding spreads them.
  return stride * 4 % 2048 == 0 ? stride + kPanelColumns : stride;
}
