#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev sim [--seeds A..B] [--plan NAME] [--replay SEED] [--mutants] [--marks] ...
# Whole clusters in one thread, from a seed: builds the simulator (asserts are always on) into
# build-sim, and runs it. --mutants builds another one with the deliberate bugs compiled in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build() { # FOLDER [CMAKE ARGUMENT...]
  local folder=$1
  shift
  cmake -S . -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS_RELEASE="-O2 -g1" "$@" >/dev/null
  cmake --build "$folder" --target leat-sim >"$folder/sim-build.log" 2>&1 || {
    grep -E "error|FAILED" "$folder/sim-build.log" | head -30
    exit 14
  }
}

folder=build-sim
for argument in "$@"; do
  case $argument in
  --mutants | --mutant) folder=build-mutants ;;
  esac
done
if [ "$folder" = build-mutants ]; then
  build "$folder" -DLEAT_MUTANTS=ON
else
  build "$folder"
fi
exec "$folder/tests/sim/leat-sim" "$@"
