#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev sim [--seeds A..B] [--plan NAME] [--replay SEED] [--mutants] [--marks] ...
# ./dev sim --coverage [--seeds A..B] [--missed]
# Whole clusters in one thread, from a seed: builds the simulator (asserts are always on) into
# build-sim, and runs it; A..B are the seeds from A to B, both included. --mutants builds another
# one with the deliberate bugs compiled in. --coverage builds one that counts lines, runs 2000
# seeds unless told otherwise, and says how much of the cores, of exec and of the operators they
# reach; under 80 % of any of them it exits 1. --missed names the lines.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build() { # FOLDER FLAGS [CMAKE ARGUMENT...]
  local folder=$1 flags=$2
  shift 2
  cmake -S . -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS_RELEASE="$flags" "$@" >/dev/null
  cmake --build "$folder" --target leat-sim >"$folder/sim-build.log" 2>&1 || {
    grep -E "error|FAILED" "$folder/sim-build.log" | head -30
    exit 14
  }
}

folder=build-sim
missed=()
arguments=()
for argument in "$@"; do
  case $argument in
  --mutants | --mutant) folder=build-mutants ;;&
  --coverage) folder=build-coverage ;;
  --missed) missed=(--missed) ;;
  *) arguments+=("$argument") ;;
  esac
done

case $folder in
build-mutants) build "$folder" "-O2 -g1" -DLEAT_MUTANTS=ON ;;
build-sim) build "$folder" "-O2 -g1" ;;
build-coverage)
  build "$folder" "-O1 -g1 --coverage -Wno-maybe-uninitialized"
  find "$folder" -name '*.gcda' -delete
  [ ${#arguments[@]} -gt 0 ] || arguments=(--seeds 1..2000)
  status=0
  "$folder/tests/sim/leat-sim" "${arguments[@]}" || status=$?
  python3 tests/sim/coverage.py "$folder" "${missed[@]}" || status=1
  exit "$status"
  ;;
esac
exec "$folder/tests/sim/leat-sim" "${arguments[@]}"
