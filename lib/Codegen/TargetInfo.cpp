//===- TargetInfo.cpp - what the compiler knows about a CPU -------------------===//

#include "vitc/Codegen/TargetInfo.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace llvm;
using namespace vitc;

static const char *const kTriple = "x86_64-unknown-linux-gnu";
static constexpr int64_t kPanelColumns = 16;

/// What f32 code may use, and a model requires: LLVM is given no other feature of a CPU. The runtime checks them by the
/// same names (runtime/src/cpu_x86_64.c). Another precision brings a list of its own.
static const StringLiteral kFeatures[] = {"avx",  "avx2", "avx512bw", "avx512dq", "avx512f", "avx512vl", "bmi",
                                          "bmi2", "fma",  "sse3",     "sse4.1",   "sse4.2",  "ssse3"};

/// L2 sizes in KiB of cores that differ from 512.
static int64_t l2Size(StringRef cpu) {
  return StringSwitch<int64_t>(cpu)
      .Cases("znver4", "znver5", "skylake-avx512", "cascadelake", "x86-64-v4", 1024)
      .Cases("icelake-server", "icelake-client", "tigerlake", 1280)
      .Cases("sapphirerapids", "emeraldrapids", "graniterapids", "alderlake", "raptorlake", 2048)
      .Cases("haswell", "broadwell", "skylake", 256)
      .Default(512);
}

std::vector<std::string> TargetInfo::knownCPUs() {
  SmallVector<StringRef> names;
  X86::fillValidCPUArchList(names, /*Only64Bit=*/true);
  std::vector<std::string> result(names.begin(), names.end());
  sort(result);
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

/// Changes features by a list like "+avx2,-fma".
static Error change(StringMap<bool> &enabled, StringRef features) {
  SmallVector<StringRef> changes;
  features.split(changes, ',', -1, /*KeepEmpty=*/false);
  for (StringRef change : changes) {
    StringRef name = change.drop_front();
    if ((change.front() != '+' && change.front() != '-') || !is_contained(kFeatures, name))
      return createStringError(inconvertibleErrorCode(),
                               "--target-features: '%s' is not a feature that f32 code uses, expected + or - and one "
                               "of %s",
                               change.str().c_str(), join(ArrayRef<StringLiteral>(kFeatures), ", ").c_str());
    X86::updateImpliedFeatures(name, change.front() == '+', enabled);
    enabled[name] = change.front() == '+';
  }
  return Error::success();
}

static Error checkCPU(StringRef cpu) {
  if (is_contained(TargetInfo::knownCPUs(), cpu))
    return Error::success();
  return createStringError(inconvertibleErrorCode(),
                           "--target-cpu: unknown CPU '%s', expected one of those that '--target-cpu=help' lists",
                           cpu.str().c_str());
}

/// What is known of a CPU with these features.
static TargetInfo describe(StringRef cpu, const StringMap<bool> &enabled) {
  TargetInfo info;
  info.triple = kTriple;
  info.cpu = cpu.str();
  for (StringRef feature : kFeatures)
    if (enabled.lookup(feature))
      info.features.push_back(feature.str());

  auto has = [&](StringRef feature) { return enabled.lookup(feature); };
  info.hasFMA = has("fma") && has("avx2");
  if (has("avx512f") && has("avx512vl") && has("avx512dq") && has("avx512bw")) {
    info.vectorBytes = 64;
    info.vectorRegisters = 32;
    info.tableEntries = 32;
  } else if (has("avx2")) {
    info.vectorBytes = 32;
  }
  info.l2Bytes = l2Size(info.cpu) << 10;
  return info;
}

Expected<TargetInfo> TargetInfo::create(StringRef cpu, StringRef features) {
  std::string name = cpu.str();
  StringMap<bool> enabled;
  if (cpu == "native") {
    name = sys::getHostCPUName().str();
    for (const auto &feature : sys::getHostCPUFeatures())
      enabled[feature.getKey()] = feature.getValue();
    // A CPU that is newer than this LLVM has no name here: what it can do still counts.
    if (!is_contained(knownCPUs(), name))
      name = enabled.lookup("avx512vl") ? "x86-64-v4" : enabled.lookup("avx2") ? "x86-64-v3" : "x86-64";
  }
  if (Error error = checkCPU(name))
    return error;
  if (cpu != "native") {
    SmallVector<StringRef> implied;
    X86::getFeaturesForCPU(name, implied);
    for (StringRef feature : implied) {
      X86::updateImpliedFeatures(feature, true, enabled);
      enabled[feature] = true;
    }
  }
  if (Error error = change(enabled, features))
    return error;
  return describe(name, enabled);
}

Expected<TargetInfo> TargetInfo::withFeatures(StringRef cpu, StringRef features) {
  StringMap<bool> enabled;
  if (Error error = joinErrors(checkCPU(cpu), change(enabled, features)))
    return error;
  return describe(cpu, enabled);
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
  constexpr int64_t kLongestChain = 256;
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
