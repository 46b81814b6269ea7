//===- ProgramHash.h - whether a model's file is as it was written -*- C++ -*-===//
//
// A shared object with damaged headers, tables or code ends the process that loads it by a signal. So the compiler
// stores a hash of all that in the manifest ("program_hash"), and it is compared before a file is loaded. The weights
// have a hash of their own, which would take too long here: damage to them changes results only.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_RUNTIMEHOST_PROGRAMHASH_H
#define VITC_RUNTIMEHOST_PROGRAMHASH_H

#include <cstdint>
#include <string>
#include <string_view>

namespace vitc {

/// How many bytes of the weights are hashed too: they show that the segment is where its header says.
constexpr uint64_t hashedWeightsBytes = 4096;

/// The hash (BLAKE3, hexadecimal) of all that is loaded of a model, except for the weights after `weightsHead`, their
/// first hashedWeightsBytes. `file` starts as the file does and has all that lies before the weights, the last segment.
/// Counted as zeros, so that strip may be used: where the section headers and the weights lie in the file; and the
/// digits of the hash itself. Any bytes may be given: those that are no such file have the hash "".
std::string programHash(std::string file, std::string_view weightsHead);

/// The member of the manifest: `"program_hash":"…"`. No other part of a manifest can contain its beginning, quotes in
/// strings being escaped.
std::string programHashMember(const std::string &hash);

/// The hash before it is known, of the same length: zeros. A file that still has it was linked by other means.
std::string unknownProgramHash();

/// The hash in the text of a manifest, "" if it has none.
std::string findProgramHash(std::string_view manifest);

} // namespace vitc

#endif // VITC_RUNTIMEHOST_PROGRAMHASH_H
