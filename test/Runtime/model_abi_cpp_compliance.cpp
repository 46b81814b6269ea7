// The header must be usable by a C++ compiler, alone.
#include "vitc/runtime/model_abi.h"

int main() { return 0; }
