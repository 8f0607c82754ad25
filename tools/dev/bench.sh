# SPDX-License-Identifier: Apache-2.0
# ./dev bench [NAME...] [--runs N] [--output json] - the release build measured: see bench/run.py.
source tools/dev/common.bash
need_packages build
build release >&2
build release bench_auctions bench_keyed_aggregate >&2
[ -e "${LEAT_BENCH_LIMITS:-../shared/limits}/nexmark_limits.c" ] && build release bench_nexmark >&2
exec python3 bench/run.py build "$@"
