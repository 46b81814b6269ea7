//===- Blake3.h - LLVM's BLAKE3 without the rest of LLVM --------*- C++ -*-===//

#ifndef VITC_LIB_RUNTIMEHOST_BLAKE3_H
#define VITC_LIB_RUNTIMEHOST_BLAKE3_H

#include "llvm-c/blake3.h"

#include <string>
#include <string_view>

namespace vitc {

/// The hash of bytes that come one part after the other.
class Blake3 {
public:
  static constexpr size_t digits = 2 * LLVM_BLAKE3_OUT_LEN;

  Blake3() { llvm_blake3_hasher_init(&hasher); }

  void update(std::string_view bytes) { llvm_blake3_hasher_update(&hasher, bytes.data(), bytes.size()); }

  /// The hash in hexadecimal digits.
  std::string text() const {
    uint8_t hash[LLVM_BLAKE3_OUT_LEN];
    llvm_blake3_hasher_finalize(&hasher, hash, sizeof hash);
    std::string text;
    for (uint8_t byte : hash) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

private:
  llvm_blake3_hasher hasher;
};

} // namespace vitc

#endif // VITC_LIB_RUNTIMEHOST_BLAKE3_H
