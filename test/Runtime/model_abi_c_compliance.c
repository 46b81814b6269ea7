/* The header must be usable by a C11 compiler, alone. */
#include "vitc/runtime/model_abi.h"

int main(void) { return 0; }
