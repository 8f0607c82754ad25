# SPDX-License-Identifier: Apache-2.0
# ./dev fuzz [TARGET...] [--seconds N] - every decoder, or those named, under libFuzzer for
# N seconds each (default 20). Starts from valid inputs; what it learns stays in build-fuzz/corpus.
# An input that crashes is left in build-fuzz/found, and the exit code is 1.
source tools/dev/common.bash

seconds=20
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=${2:?--seconds needs a number}; shift 2 ;;
    -*) echo "usage: ./dev fuzz [TARGET...] [--seconds N]" >&2; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done

need_packages build fuzz
build fuzz fuzz
bin=build-fuzz/tests/fuzz
mapfile -t known < <("$bin/fuzz_replay" --list)
[ ${#targets[@]} -gt 0 ] || targets=("${known[@]}")
mkdir -p build-fuzz/found

failed=0
for target in "${targets[@]}"; do
  [[ " ${known[*]} " == *" $target "* ]] || {
    echo "fuzz: there is no target \`$target\`; there are: ${known[*]}" >&2
    exit 2
  }
  corpus=build-fuzz/corpus/$target
  log=build-fuzz/found/$target.log
  mkdir -p "$corpus"
  "$bin/fuzz_replay" --corpus "$corpus" "$target"
  say "$target, $seconds s"
  if "$bin/fuzz_$target" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=1024 \
    -malloc_limit_mb=256 -print_final_stats=1 -artifact_prefix="build-fuzz/found/$target-" \
    "$corpus" >"$log" 2>&1; then
    grep -E 'number_of_executed_units|new_units_added' "$log" | sed 's/^stat::/   /'
  else
    failed=1
    grep -E 'ERROR|SUMMARY|BUG:|runtime error|artifact_prefix' "$log" | head -5
    echo "   the whole report is $log"
  fi
done
exit $failed
