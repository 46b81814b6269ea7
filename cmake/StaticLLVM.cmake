# vitc_choose_llvm(LIST): in the variable LIST, LLVM, MLIR and lld become what the program that is linked wants. With the
# property VITC_STATIC_LLVM it gets archives, and works where LLVM is not installed; without, the shared libraries, which
# link in no time. The two do not mix in one program.
set(VITC_SHARED_LLVM_LIBRARIES MLIR LLVM lldELF lldCommon)
function(vitc_choose_llvm list)
  set(chosen)
  foreach(name IN LISTS ${list})
    if(name IN_LIST VITC_SHARED_LLVM_LIBRARIES)
      set(name "$<IF:$<BOOL:$<TARGET_PROPERTY:VITC_STATIC_LLVM>>,VitcStaticLLVM,${name}>")
    endif()
    list(APPEND chosen ${name})
  endforeach()
  set(${list} ${chosen} PARENT_SCOPE)
endfunction()

# All archives: a linker takes from them what is used. lld looks at them in any order.
file(GLOB VITC_LLVM_ARCHIVES "${LLVM_ROOT_DIR}/lib/libMLIR*.a" "${LLVM_ROOT_DIR}/lib/libLLVM*.a")
add_library(VitcStaticLLVM INTERFACE)
target_link_libraries(VitcStaticLLVM INTERFACE
  "${LLVM_ROOT_DIR}/lib/liblldELF.a" "${LLVM_ROOT_DIR}/lib/liblldCommon.a" ${VITC_LLVM_ARCHIVES}
  Threads::Threads z zstd ${CMAKE_DL_LIBS})
