# SPDX-License-Identifier: Apache-2.0
# ./dev test - everything that must hold before a change lands. The last line is
# `N passed, N failed`; the exit code is 0 only when nothing failed and something ran.
#
# A failing build counts as one failed test, so that the last line is there in any case.
source tools/dev/common.bash
need_packages build test

results=$(mktemp)
trap 'rm -f "$results"' EXIT

# part NAME COMMAND... - a part that is one test by itself.
part() {
  local name=$1
  shift
  if "$@"; then
    echo "1 0" >>"$results"
  else
    echo "FAILED: $name"
    echo "0 1" >>"$results"
  fi
}

# suite PRESET - every test of a build tree; the runner appends its counts.
suite() { python3 tools/run_tests.py --results "$results" "build-$1" || true; }

if build asan; then
  echo "1 0" >>"$results"
  suite asan
else
  echo "0 1" >>"$results"
fi
if build tsan tsan_tests; then
  suite tsan
else
  echo "0 1" >>"$results"
fi
part "clang build without warnings" build clang
part "release build without warnings" build release

awk '{ passed += $1; failed += $2 }
     END {
       printf "%d passed, %d failed\n", passed, failed
       exit failed > 0 || passed == 0
     }' "$results"
