# Compiler options that every target of the project shares, and the functions that declare its libraries and tools.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
# -g1: line tables are enough for stack traces and profiles, and links stay fast.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(VITC_ENABLE_WERROR)
  add_compile_options(-Werror)
endif()

if(VITC_SANITIZER)
  add_compile_options(-fsanitize=${VITC_SANITIZER} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${VITC_SANITIZER})
  # GCC 12 takes the instrumented moves of std::variant for reads of what is not there.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
find_program(LLD_PROGRAM NAMES ld.lld-19 HINTS ${LLVM_ROOT_DIR}/bin)
if(LLD_PROGRAM)
  # gcc knows lld by the name ld.lld only; -B shows it where that name is.
  add_link_options(-fuse-ld=lld -B${LLVM_ROOT_DIR}/bin)
endif()

# vitc_add_library(NAME sources... [DEPENDS targets...] [LINK targets...]): one static library for a leaf directory.
function(vitc_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  vitc_choose_llvm(ARG_LINK)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()
