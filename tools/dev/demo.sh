# SPDX-License-Identifier: Apache-2.0
# ./dev demo [--keep DIR] [--sabotage drop|dup] [--rate N] [--seconds N] - see tools/demo/demo.py.
source tools/dev/common.bash
need_packages build
build release
exec python3 tools/demo/demo.py build/bin/leat build/bin/leat-demo-check examples/auctions.yaml "$@"
