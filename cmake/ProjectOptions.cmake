# SPDX-License-Identifier: MIT
# One INTERFACE target that every target links: language, warnings, hardening, sanitizers.

set(FANLIGHT_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them (address,undefined or thread)")
option(FANLIGHT_COVERAGE "Count which lines the tests reach" OFF)
option(FANLIGHT_FUZZ "Build tests/fuzz/ for libFuzzer, which Clang has" OFF)
option(FANLIGHT_HARDEN "Stack protector, fortified libc calls, full RELRO" OFF)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(project_options INTERFACE)
target_include_directories(project_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(project_options INTERFACE _GNU_SOURCE FANLIGHT_VERSION="${PROJECT_VERSION}")

target_compile_options(project_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wnull-dereference
  -Wimplicit-fallthrough -Wswitch-enum
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wduplicated-branches>
  # Constants are enumerators here, also those of the clock, which doubles are divided by.
  $<$<C_COMPILER_ID:Clang>:-Wno-enum-float-conversion>)

if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  # For the programs. tests/ links the libraries' objects as they are, which is quicker by far.
  target_compile_options(project_options INTERFACE $<$<C_COMPILER_ID:GNU>:-ffat-lto-objects>)
endif()

if(FANLIGHT_SANITIZE)
  target_compile_options(project_options INTERFACE -fsanitize=${FANLIGHT_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(project_options INTERFACE -fsanitize=${FANLIGHT_SANITIZE})
endif()

if(FANLIGHT_FUZZ)
  # Tells libFuzzer which code an input reaches; its main() is linked to the targets in tests/fuzz/ alone.
  target_compile_options(project_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(FANLIGHT_COVERAGE)
  target_compile_options(project_options INTERFACE --coverage)
  target_link_options(project_options INTERFACE --coverage)
endif()

if(FANLIGHT_HARDEN)
  target_compile_options(project_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
    -fstack-clash-protection)
  target_link_options(project_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES C)
endif()

# fanlight_program(NAME LIBRARY): an executable of main.c alone; installed as fanlight-NAME.
function(fanlight_program name library)
  add_executable(${name} main.c)
  target_link_libraries(${name} PRIVATE project_options ${library})
  install(PROGRAMS $<TARGET_FILE:${name}> DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME fanlight-${name})
endfunction()
