# SPDX-License-Identifier: Apache-2.0
# One interface target carries the flags of all our code; generated code does not link it.
add_library(leat_flags INTERFACE)
target_compile_options(leat_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wswitch-enum -Wvla -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings -Werror
  -fno-strict-overflow -fno-math-errno -ffp-contract=off -fstack-protector-strong)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
  target_compile_options(leat_flags INTERFACE -Wthread-safety -Wno-gnu-statement-expression
    -Wno-gnu-auto-type -Wno-gnu-zero-variadic-macro-arguments -Wno-language-extension-token)
endif()
target_include_directories(leat_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(leat_flags INTERFACE _GNU_SOURCE)

set(LEAT_SANITIZE "" CACHE STRING "address+undefined, thread, fuzzer, or empty")
if(LEAT_SANITIZE STREQUAL "address+undefined")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(LEAT_SANITIZE STREQUAL "fuzzer") # clang only
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(LEAT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()
