# SPDX-License-Identifier: Apache-2.0
# For the verbs: `source tools/dev/common.bash` with the root of the tree as current folder.
set -euo pipefail

say() { echo "== $*"; }

# need_packages KIND... - install what tools/packages.txt lists for the kinds and is missing.
need_packages() {
  local kind package missing=() sudo=()
  while read -r kind package _; do
    [[ " $* " == *" $kind "* ]] || continue
    if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
      missing+=("$package")
    fi
  done < <(grep -v '^#' tools/packages.txt)
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing missing Debian packages: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "dev: need root or sudo to install packages" >&2; exit 1; }
    sudo=(sudo)
  fi
  local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=900)
  "${apt[@]}" update -q >/dev/null || true # an old list is better than none
  "${apt[@]}" install -q -y --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [TARGET...] - configure and build; the log is shown only when it fails.
build() {
  local preset=$1 log target targets=()
  shift
  for target in "$@"; do targets+=(--target "$target"); done
  if command -v ccache >/dev/null; then export CMAKE_C_COMPILER_LAUNCHER=ccache; fi
  log=$(mktemp)
  say "building $preset"
  if ! cmake --preset "$preset" >"$log" 2>&1 ||
    ! cmake --build --preset "$preset" "${targets[@]}" -j "$(nproc)" >>"$log" 2>&1; then
    grep -E 'error|warning|FAILED|CMake Error' -A 6 "$log" | head -80 || true
    echo "dev: the $preset build failed; its whole log is $log" >&2
    return 1
  fi
  rm -f "$log"
}
