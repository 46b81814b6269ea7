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

/// What code may use, and a model requires: LLVM is given no other feature of a CPU. The runtime checks them by the
/// same names (runtime/src/cpu_x86_64.c).
static const StringLiteral kFeatures[] = {"avx",      "avx2",       "avx512bf16", "avx512bw", "avx512dq", "avx512f",
                                          "avx512vl", "avx512vnni", "avxvnni",    "bmi",      "bmi2",     "fma",
                                          "sse3",     "sse4.1",     "sse4.2",     "ssse3"};

using Numbers = TargetInfo::Numbers;

/// Whether numbers have a use for one of them.
static bool isUsed(StringRef feature, Numbers numbers) {
  if (feature.ends_with("vnni"))
    return numbers.int8;
  return numbers.bf16 || feature != "avx512bf16";
}

/// Those that numbers have a use for.
static std::vector<StringRef> featuresFor(Numbers numbers) {
  std::vector<StringRef> features;
  for (StringRef feature : kFeatures)
    if (isUsed(feature, numbers))
      features.push_back(feature);
  return features;
}

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
static Error change(StringMap<bool> &enabled, StringRef features, Numbers numbers) {
  SmallVector<StringRef> changes;
  features.split(changes, ',', -1, /*KeepEmpty=*/false);
  const std::vector<StringRef> known = featuresFor(numbers);
  for (StringRef change : changes) {
    StringRef name = change.drop_front();
    if ((change.front() != '+' && change.front() != '-') || !is_contained(known, name))
      return createStringError("--target-features: '" + change + "' is not a feature that " +
                               (numbers.int8   ? ""
                                : numbers.bf16 ? "bf16 "
                                               : "f32 ") +
                               "code uses, expected + or - and one of " + join(known, ", "));
    X86::updateImpliedFeatures(name, change.front() == '+', enabled);
    enabled[name] = change.front() == '+';
  }
  return Error::success();
}

/// What is known of a CPU with these features.
static TargetInfo describe(StringRef cpu, const StringMap<bool> &enabled, Numbers numbers) {
  TargetInfo info;
  info.architecture = &x86_64;
  info.triple = x86_64.triple;
  info.cpu = cpu.str();
  for (StringRef feature : kFeatures)
    if (enabled.lookup(feature) && isUsed(feature, numbers))
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
  // One for vectors of 512 bits, one for those of 256: the other would be required in vain.
  const StringRef quads = info.vectorBytes == 64 ? "avx512vnni" : info.vectorBytes == 32 ? "avxvnni" : "";
  erase_if(info.features, [&](StringRef feature) {
    return (feature.ends_with("vnni") && feature != quads) || (feature == "avx512bf16" && info.vectorBytes != 64);
  });
  info.multipliesBf16 = is_contained(info.features, "avx512bf16");
  info.saturatesPairs = none_of(info.features, [](StringRef feature) { return feature.ends_with("vnni"); });
  info.l2Bytes = l2Size(info.cpu) << 10;
  return info;
}

static Expected<TargetInfo> resolve(StringRef cpu, StringRef features, Numbers numbers) {
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
  if (Error error = change(enabled, features, numbers))
    return error;
  return describe(name, enabled, numbers);
}

static Expected<TargetInfo> withFeatures(StringRef cpu, StringRef features) {
  StringMap<bool> enabled;
  constexpr Numbers kAll = {/*bf16=*/true, /*int8=*/true};
  if (Error error = change(enabled, features, kAll))
    return error;
  return describe(cpu, enabled, kAll);
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

/// vpdpbusd; or vpmaddubsw, vpmaddwd and vpaddd; or, with SSE2 alone, the first and third, second and fourth of the
/// bytes widened.
static mlir::Value addQuads(mlir::OpBuilder &builder, mlir::Location loc, const TargetInfo &target, mlir::Value sums,
                            mlir::Value lhs, mlir::Value rhs) {
  namespace arith = mlir::arith;
  const int64_t bytes = target.vectorBytes;
  auto has = [&](StringRef feature) { return is_contained(target.features, feature); };
  auto call = [&](mlir::Type type, StringRef name, mlir::ValueRange operands) -> mlir::Value {
    return builder.create<mlir::LLVM::CallIntrinsicOp>(loc, mlir::TypeRange(type), name, operands).getResult(0);
  };
  auto as = [&](mlir::VectorType type, mlir::Value value) -> mlir::Value {
    return builder.create<mlir::LLVM::BitcastOp>(loc, type, value);
  };
  if (has("avx512vnni") || has("avxvnni"))
    return call(sums.getType(), bytes == 64 ? "llvm.x86.avx512.vpdpbusd.512" : "llvm.x86.avx512.vpdpbusd.256",
                {sums, lhs, rhs});
  auto words = mlir::VectorType::get(bytes / 2, builder.getI16Type());
  auto addPairs = [&](mlir::Value addend, mlir::Value left, mlir::Value right) -> mlir::Value {
    StringRef name = bytes == 64   ? "llvm.x86.avx512.pmaddw.d.512"
                     : bytes == 32 ? "llvm.x86.avx2.pmadd.wd"
                                   : "llvm.x86.sse2.pmadd.wd";
    return builder.create<arith::AddIOp>(loc, addend, call(sums.getType(), name, {left, right}));
  };
  auto splat = [&](int64_t value) -> mlir::Value {
    return builder.create<arith::ConstantOp>(loc,
                                             mlir::DenseElementsAttr::get(words, builder.getI16IntegerAttr(value)));
  };
  if (has("ssse3")) {
    auto octets = mlir::VectorType::get(bytes, builder.getI8Type());
    StringRef name = bytes == 64   ? "llvm.x86.avx512.pmaddubs.w.512"
                     : bytes == 32 ? "llvm.x86.avx2.pmadd.ub.sw"
                                   : "llvm.x86.ssse3.pmadd.ub.sw.128";
    return addPairs(sums, call(words, name, {as(octets, lhs), as(octets, rhs)}), splat(1));
  }
  mlir::Value left = as(words, lhs), right = as(words, rhs), eight = splat(8);
  mlir::Value low = builder.create<arith::ShRSIOp>(loc, builder.create<arith::ShLIOp>(loc, right, eight), eight);
  mlir::Value first = addPairs(sums, builder.create<arith::AndIOp>(loc, left, splat(255)), low);
  return addPairs(first, builder.create<arith::ShRUIOp>(loc, left, eight),
                  builder.create<arith::ShRSIOp>(loc, right, eight));
}

/// vdpbf16ps.
static mlir::Value addPairs(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value sums, mlir::Value lhs,
                            mlir::Value rhs) {
  auto numbers = mlir::VectorType::get(32, builder.getBF16Type());
  auto of = [&](mlir::Value words) -> mlir::Value {
    return builder.create<mlir::LLVM::BitcastOp>(loc, numbers, words);
  };
  return builder
      .create<mlir::LLVM::CallIntrinsicOp>(loc, mlir::TypeRange(sums.getType()), "llvm.x86.avx512bf16.dpbf16ps.512",
                                           mlir::ValueRange{sums, of(lhs), of(rhs)})
      .getResult(0);
}

const Architecture vitc::x86_64 = {
    "x86_64-unknown-linux-gnu", "x86-64", initialise, knownCPUs, resolve, withFeatures, lookUp, addQuads, addPairs};
