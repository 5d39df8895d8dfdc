# SPDX-License-Identifier: MIT
# The page's files, embedded in the program: an assembler source with a table of struct asset (lab/assets.h) that takes
# each file as it is (.incbin). A file that changes builds it anew. No tool but the compiler's own assembler.
enable_language(ASM)

# Chart.js where Debian's package puts it; -DFANLIGHT_CHART_JS=FILE for another place.
find_file(FANLIGHT_CHART_JS NAMES chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH
  DOC "Chart.js 3, its browser build")
if(NOT FANLIGHT_CHART_JS OR NOT EXISTS "${FANLIGHT_CHART_JS}")
  message(FATAL_ERROR "Chart.js is missing (FANLIGHT_CHART_JS is \"${FANLIGHT_CHART_JS}\"). Install Debian's package "
    "libjs-chart.js (script/bootstrap build does), which has it as /usr/share/javascript/chart.js/chart.min.js, or say "
    "where it is: -DFANLIGHT_CHART_JS=FILE")
endif()
file(STRINGS "${FANLIGHT_CHART_JS}" chart_version REGEX "Chart\\.js v[0-9]" LIMIT_INPUT 4096 LIMIT_COUNT 1)
if(NOT chart_version MATCHES "Chart\\.js v3\\.")
  message(FATAL_ERROR "${FANLIGHT_CHART_JS}: expected Chart.js 3, its head says \"${chart_version}\"")
endif()

function(content_type file ret_type)
  if(file MATCHES "\\.html$")
    set(type "text/html; charset=utf-8")
  elseif(file MATCHES "\\.css$")
    set(type "text/css; charset=utf-8")
  elseif(file MATCHES "\\.js$")
    set(type "text/javascript; charset=utf-8")
  else()
    message(FATAL_ERROR "${file}: an asset is .html, .css or .js")
  endif()
  set(${ret_type} ${type} PARENT_SCOPE)
endfunction()

# embed_asset(PATH FILE...): adds the files, one behind the other, as PATH to the variables asset_table, asset_contents
# and asset_files of the caller.
macro(embed_asset path)
  list(LENGTH asset_files asset_label) # as good as any number that no other asset has
  content_type(${ARGV1} asset_type)
  string(APPEND asset_table "    POINTER path_${asset_label}, type_${asset_label}, content_${asset_label}\n"
    "    POINTER end_${asset_label} - content_${asset_label}\n")
  string(APPEND asset_contents "path_${asset_label}: .asciz \"${path}\"\ntype_${asset_label}: .asciz \"${asset_type}\"\n"
    "content_${asset_label}:\n")
  foreach(file IN ITEMS ${ARGN})
    get_filename_component(file "${file}" ABSOLUTE)
    string(APPEND asset_contents "    .incbin \"${file}\"\n")
    list(APPEND asset_files "${file}")
  endforeach()
  string(APPEND asset_contents "end_${asset_label}: .byte 0\n")
endmacro()

# embed_assets(TARGET FILES...): an object library with all of lab/web/ that is named, and Chart.js with its licence.
function(embed_assets target)
  set(asset_table "")
  set(asset_contents "")
  set(asset_files "")
  foreach(file IN LISTS ARGN)
    get_filename_component(name ${file} NAME)
    embed_asset("/${name}" ${file})
  endforeach()
  embed_asset("/chart.js" web/chart-licence.js "${FANLIGHT_CHART_JS}")
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}.S)
  configure_file(assets.S.in ${source} @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${asset_files}")
  add_library(${target} OBJECT ${source})
  # Nothing there for the optimiser at link time, nor for clang-tidy.
  set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF EXPORT_COMPILE_COMMANDS OFF)
endfunction()
