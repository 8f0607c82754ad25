# SPDX-License-Identifier: Apache-2.0
# ./dev fmt [--check] - lay out every C file as .clang-format says; --check only reports.
source tools/dev/common.bash
need_packages test
mode=(-i)
[ "${1:-}" != --check ] || mode=(--dry-run --Werror)
git ls-files --cached --others --exclude-standard -z '*.c' '*.h' |
  xargs -0 -r clang-format-14 "${mode[@]}"
