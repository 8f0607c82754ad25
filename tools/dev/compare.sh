# SPDX-License-Identifier: Apache-2.0
# ./dev compare [--seeds A..B] [--parallelism N] [--only FEATURE] [--keep FILE] - random SQL over
# random changes, in leat and in PostgreSQL; the same seed is the same case. What leat refuses is
# counted by reason; a wrong answer fails. The last line is the count. See tests/compare/README.md.
source tools/dev/common.bash
need_packages build compare
build release leat
exec python3 tests/compare/compare.py build/bin/leat "$@"
