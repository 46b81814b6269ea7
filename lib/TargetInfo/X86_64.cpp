//===- X86_64.cpp - all that is said of x86-64 --------------------------------===//

#include "vitc/TargetInfo/Architecture.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace llvm;
using namespace vitc;

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

static void initialise() {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
}

static std::vector<std::string> knownCPUs() {
  SmallVector<StringRef> names;
  X86::fillValidCPUArchList(names, /*Only64Bit=*/true);
  return std::vector<std::string>(names.begin(), names.end());
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

/// What is known of a CPU with these features.
static TargetInfo describe(StringRef cpu, const StringMap<bool> &enabled) {
  TargetInfo info;
  info.architecture = &x86_64;
  info.triple = x86_64.triple;
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

static Expected<TargetInfo> resolve(StringRef cpu, StringRef features) {
  std::string name = cpu.str();
  StringMap<bool> enabled;
  if (cpu == "native") {
    name = sys::getHostCPUName().str();
    for (const auto &feature : sys::getHostCPUFeatures())
      enabled[feature.getKey()] = feature.getValue();
    // A CPU that is newer than this LLVM has no name here: what it can do still counts.
    if (!is_contained(knownCPUs(), name))
      name = enabled.lookup("avx512vl") ? "x86-64-v4" : enabled.lookup("avx2") ? "x86-64-v3" : "x86-64";
  } else {
    SmallVector<StringRef> implied;
    X86::getFeaturesForCPU(cpu, implied);
    for (StringRef feature : implied) {
      X86::updateImpliedFeatures(feature, true, enabled);
      enabled[feature] = true;
    }
  }
  if (Error error = change(enabled, features))
    return error;
  return describe(name, enabled);
}

static Expected<TargetInfo> withFeatures(StringRef cpu, StringRef features) {
  StringMap<bool> enabled;
  if (Error error = change(enabled, features))
    return error;
  return describe(cpu, enabled);
}

/// Two registers of 16 elements, AVX-512.
static mlir::Value lookUp(mlir::OpBuilder &builder, mlir::Location loc, ArrayRef<float> table, mlir::Value index) {
  assert(table.size() == 32 && "two registers of 16 elements");
  auto type = mlir::VectorType::get(16, builder.getF32Type());
  auto half = [&](size_t first) -> mlir::Value {
    return builder.create<mlir::arith::ConstantOp>(loc, mlir::DenseFPElementsAttr::get(type, table.slice(first, 16)));
  };
  // vpermi2ps: bit 4 of an index chooses the register, the bits above do not count.
  return builder
      .create<mlir::LLVM::CallIntrinsicOp>(loc, mlir::TypeRange(type), "llvm.x86.avx512.vpermi2var.ps.512",
                                           mlir::ValueRange{half(0), index, half(16)})
      .getResult(0);
}

const Architecture vitc::x86_64 = {
    "x86_64-unknown-linux-gnu", "x86-64", initialise, knownCPUs, resolve, withFeatures, lookUp};
