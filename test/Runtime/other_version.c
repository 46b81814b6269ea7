/* A model that does not serve the version of the interface that model_abi.h describes. Code of it runs when it is
 * loaded, which is seen by an environment variable. */
#define _GNU_SOURCE
#include "model_note.h"

#include "vitc/runtime/model_abi.h"

#include <stdlib.h>

#define MANIFEST "{\"format\":\"vitc\",\"manifest_version\":2," ABI_VERSION_MEMBER "," NO_PROGRAM_HASH "}"

__attribute__((constructor)) static void loaded(void) { setenv("OTHER_VERSION_IS_LOADED", "1", 1); }

const void *vitc_model_api(uint32_t version) {
  (void)version;
  return NULL;
}

MODEL_NOTE(MANIFEST);
