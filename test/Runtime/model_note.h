/*===- model_note.h - the ELF note of hand-written models -----------------------------------------------------*- C
 *-*-===
 *
 * As lib/Codegen writes it for compiled ones.
 *===----------------------------------------------------------------------------------------------------------===*/

#ifndef VITC_TEST_RUNTIME_MODEL_NOTE_H
#define VITC_TEST_RUNTIME_MODEL_NOTE_H

#include "vitc/runtime/model_abi.h"

#include <stdint.h>

/* The member that says that nobody entered the hash of the program. */
#define NO_PROGRAM_HASH "\"program_hash\":\"0000000000000000000000000000000000000000000000000000000000000000\""

/* The member with the version of the interface: a number, as ABI_VERSION says or that of model_abi.h. */
#ifndef ABI_VERSION
#define ABI_VERSION VITC_MODEL_ABI_VERSION
#endif
#define TEXT_OF(number) #number
#define ABI_VERSION_MEMBER_OF(number) "\"abi_version\":" TEXT_OF(number)
#define ABI_VERSION_MEMBER ABI_VERSION_MEMBER_OF(ABI_VERSION)

/* Defines the note with `manifest`, a string literal. */
#define MODEL_NOTE(manifest)                                                                                           \
  static const struct {                                                                                                \
    uint32_t name_bytes, descriptor_bytes, type;                                                                       \
    char name[8];                                                                                                      \
    char descriptor[sizeof manifest - 1];                                                                              \
  } note __attribute__((section(".note.vitc"), used, aligned(4))) = {sizeof VITC_NOTE_NAME, sizeof manifest - 1,       \
                                                                     VITC_NOTE_TYPE, VITC_NOTE_NAME, manifest}

#endif /* VITC_TEST_RUNTIME_MODEL_NOTE_H */
