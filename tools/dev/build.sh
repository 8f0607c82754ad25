# SPDX-License-Identifier: Apache-2.0
# ./dev build - the release build; build/bin holds the programs.
source tools/dev/common.bash
need_packages build
build release
ls build/bin 2>/dev/null || say "no program yet: libraries only"
