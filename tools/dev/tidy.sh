# SPDX-License-Identifier: Apache-2.0
# ./dev tidy [ARGUMENT...] - tools/tidy.py, with symbol names when an asan build is there.
source tools/dev/common.bash
need_packages build
exec python3 tools/tidy.py "$@"
