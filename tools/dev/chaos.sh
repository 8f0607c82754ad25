# SPDX-License-Identifier: Apache-2.0
# ./dev chaos [--seeds A..B] [--only PART] - real processes, killed and stopped: storms of random
# blows (default seeds 1..40), kill -9 at every durable step, strangers at every
# port, full disks. Built with ASan and UBSan. What fails is kept in build-asan/chaos. The last line
# is the count.
source tools/dev/common.bash

seeds=1..40
only=
while [ $# -gt 0 ]; do
  case $1 in
    --seeds) seeds=${2:?--seeds needs A..B}; shift 2 ;;
    --only) only=${2:?--only needs storm, failpoint, failpoint_cluster, hostile or full_disk}; shift 2 ;;
    *) echo "usage: ./dev chaos [--seeds A..B] [--only PART]" >&2; exit 2 ;;
  esac
done

need_packages build test
build asan leat
kept=$PWD/build-asan/chaos
rm -rf "$kept"
mkdir -p "$kept"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# part NAME ARGUMENT... - one test program; its lines say ok or FAIL.
part() {
  local name=$1
  shift
  [ -z "$only" ] || [ "$only" = "$name" ] || return 0
  say "$name"
  python3 "tests/e2e/${name}_test.py" build-asan/bin/leat "$@" | tee -a "$log" || true
}

part failpoint
part failpoint_cluster
part hostile
part full_disk
part storm --seeds "$seeds" --keep "$kept"
passed=$(grep -c '^ok ' "$log" || true)
failed=$(grep -c '^FAIL ' "$log" || true)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
