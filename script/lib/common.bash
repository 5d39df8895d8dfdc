# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# common.bash - what the scripts share. Sourcing it goes to the top of the checkout.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
script_name=script/$(basename "$0")

# Prints the comment at the top of the running script: it is its manual.
usage() {
  awk 'NR > 3 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$script_name"
}

say() {
  printf '%s: %s\n' "$script_name" "$*"
}

# fail MESSAGE...: what was asked for did not work.
fail() {
  say "$*" >&2
  exit 1
}

# wrong_use MESSAGE...
wrong_use() {
  say "$*; '$script_name --help' says more" >&2
  exit 2
}

# check_preset NAME
check_preset() {
  local names

  names=$(grep -hsoE '"name": *"[^"]*"' CMakePresets.json CMakeUserPresets.json) || : # the latter is the user's, if any
  grep -qF -e "\"$1\"" <<<"$names" || wrong_use "no preset is called '$1'"
}
