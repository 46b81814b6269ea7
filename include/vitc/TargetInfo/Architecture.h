//===- Architecture.h - what is said of an instruction set ------*- C++ -*-===//
//
// One file of lib/TargetInfo for each architecture says all that the compiler must know of it.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TARGETINFO_ARCHITECTURE_H
#define VITC_TARGETINFO_ARCHITECTURE_H

#include "mlir/IR/Builders.h"
#include "vitc/TargetInfo/TargetInfo.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>

namespace vitc {

struct Architecture {
  /// LLVM's triple.
  const char *triple;
  /// LLVM's name of the oldest CPU. Code is made for it and the features that a model requires; the named CPU only
  /// tunes.
  const char *baseCPU;

  /// Makes the architecture known to LLVM.
  void (*initialise)();
  /// LLVM's names of its CPUs.
  std::vector<std::string> (*knownCPUs)();
  /// As TargetInfo::create; `cpu` is one of `knownCPUs`, or "native" on such a machine.
  llvm::Expected<TargetInfo> (*resolve)(llvm::StringRef cpu, llvm::StringRef features, TargetInfo::Numbers numbers);
  /// As TargetInfo::withFeatures; `cpu` is one of `knownCPUs`.
  llvm::Expected<TargetInfo> (*withFeatures)(llvm::StringRef cpu, llvm::StringRef features);
  /// Elements of a table of `TargetInfo::tableEntries` f32 numbers: `index` is a vector of i32 whose bits above the
  /// table's size do not count, as many as `TargetInfo::lanes`. Only for targets that have tables.
  mlir::Value (*lookUp)(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<float> table, mlir::Value index);
  /// `sums` plus the products of four bytes each, unsigned in `lhs` and signed in `rhs`, all native vectors of i32. The
  /// products of 255 and of two neighbours in `rhs`, added, fit into 16 bits.
  mlir::Value (*addQuads)(mlir::OpBuilder &builder, mlir::Location loc, const TargetInfo &target, mlir::Value sums,
                          mlir::Value lhs, mlir::Value rhs);
  /// `sums` (f32) plus the products of two numbers of bf16 each, in all lanes of native vectors of i32. Only for
  /// targets that multiply them: numbers below 2^-126 count as 0, and how the two are added is the CPU's.
  mlir::Value (*addPairs)(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value sums, mlir::Value lhs,
                          mlir::Value rhs);
};

/// All of them; the first is that of this machine.
llvm::ArrayRef<const Architecture *> architectures();

/// LLVM's code generator: position-independent code, near calls and data (weights, which may be far, are addressed by
/// 64 bits).
std::unique_ptr<llvm::TargetMachine> createTargetMachine(const TargetInfo &target);

// One for each file.
extern const Architecture x86_64;

} // namespace vitc

#endif // VITC_TARGETINFO_ARCHITECTURE_H
