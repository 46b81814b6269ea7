//===- TargetInfo.h - what the compiler knows about a CPU -------*- C++ -*-===//
//
// The only source of tile sizes and vector widths. Everything follows from the name of a CPU and its features; nothing
// is read from the machine that compiles, so that the same command gives the same bytes everywhere.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TARGETINFO_TARGETINFO_H
#define VITC_TARGETINFO_TARGETINFO_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vitc {

/// An exact partition of rows into tiles of at most two sizes, see `#kernel.rows`.
struct RowPartition {
  int64_t count, rows, restCount, restRows;
};

struct Architecture;

struct TargetInfo {
  /// Whose instructions the CPU runs.
  const Architecture *architecture = nullptr;
  std::string triple;
  /// LLVM's name of the CPU, never "native".
  std::string cpu;
  /// The features that generated code may use and a model therefore requires, LLVM's names, sorted: of the CPU's those
  /// that its code has a use for.
  std::vector<std::string> features;

  int64_t vectorBytes = 16;
  int64_t vectorRegisters = 16;
  bool hasFMA = false;
  /// Whether two products of bytes that are added may be more than the 16 bits that instructions have for them.
  bool saturatesPairs = false;
  /// Whether an instruction multiplies pairs of bf16 and adds them to f32 (`Architecture::addPairs`).
  bool multipliesBf16 = false;
  /// Elements (f32) of a table that one instruction looks up in registers; 0: none.
  int64_t tableEntries = 0;
  /// Nominal size of the L2 cache in bytes, from a table by the CPU's name (a core's share).
  int64_t l2Bytes = 512 << 10;

  /// What code computes with beside f32: numbers of fewer bits have a use for more features.
  struct Numbers {
    bool bf16, int8;
  };

  /// Resolves `cpu` ("native" or LLVM's name) and `features` ("+a,-b" or empty). Errors: an unknown CPU, a
  /// feature that such code does not use.
  static llvm::Expected<TargetInfo> create(llvm::StringRef cpu, llvm::StringRef features, Numbers numbers = {});

  /// The same for exactly these features ("+avx2,+fma", as featureString writes them). Error: an unknown CPU, one that
  /// is called native, a feature that no code uses.
  static llvm::Expected<TargetInfo> withFeatures(llvm::StringRef cpu, llvm::StringRef features);

  /// Resolves "A,B": one target for each name, best first: one that needs more than another is before it, those that
  /// need different things stay in their order. Errors: those of `create`; features for several CPUs; a CPU that is
  /// never chosen because one before it needs nothing more.
  static llvm::Expected<std::vector<TargetInfo>> createList(llvm::StringRef cpus, llvm::StringRef features,
                                                            Numbers numbers = {});

  /// LLVM's names of the CPUs that `create` knows, sorted.
  static std::vector<std::string> knownCPUs();

  /// The features as LLVM wants them: "+avx2,+fma,…".
  std::string featureString() const;

  /// Lanes of a vector register for elements of `elementBytes` bytes.
  int64_t lanes(int64_t elementBytes) const { return vectorBytes / elementBytes; }

  /// The register tile of a matrix product: at most so many rows when `panels` panels of 16 f32 columns are computed at
  /// once, accumulators and operands in registers.
  int64_t maxTileRows(int64_t panels) const;

  /// Panels that a tile of a product with `rows` rows computes at once.
  int64_t tilePanels(int64_t rows) const;

  /// Steps of k in an iteration of a product's loop. Large tiles have enough to do in one step, and LLVM's scheduler
  /// would hoist the loads of several until accumulators spill; small ones need more to hide latency and loop overhead.
  int64_t productUnroll(int64_t rows, int64_t panels, int64_t depth) const;

  /// Terms that a product sums in one chain: blocks of nearly equal size, a multiple of 4, at most 256. Their sums are
  /// added up separately, so that the rounding error grows with the blocks' number and size, not with the depth.
  static int64_t summationBlock(int64_t depth);

  /// The partition of `rows` rows into as few tiles of at most `maxRows` rows as possible, of nearly equal size.
  static RowPartition partitionRows(int64_t rows, int64_t maxRows);

  /// Elements (f32) between rows of a buffer with `columns` columns: whole panels, and rows do not share cache sets.
  static int64_t rowStride(int64_t columns);
};

} // namespace vitc

#endif // VITC_TARGETINFO_TARGETINFO_H
