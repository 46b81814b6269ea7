//===- ElfMachines.h - machines that models are made for --------*- C++ -*-===//
//
// For programs that run models too: nothing of LLVM here.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TARGETINFO_ELFMACHINES_H
#define VITC_TARGETINFO_ELFMACHINES_H

#include <cstdint>
#include <elf.h>

namespace vitc {

struct ElfMachine {
  /// `e_machine` in the header of a file.
  uint16_t number;
  const char *name;
};

inline constexpr ElfMachine elfMachines[] = {{EM_X86_64, "x86-64"}};

} // namespace vitc

#endif // VITC_TARGETINFO_ELFMACHINES_H
