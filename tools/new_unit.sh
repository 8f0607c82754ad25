#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: tools/new_unit.sh FOLDER NAME    e.g. tools/new_unit.sh worker/operators top_n
# Writes header, source and test of a unit from the templates below; never overwrites.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -eq 2 ] || { sed -n '3,4s/^# //p' "$0" >&2; exit 2; }
folder=${1%/} name=$2
if [[ ! $name =~ ^[a-z][a-z0-9_]*$ ]]; then
  echo "new_unit: a name is lower case: \`$name\`" >&2
  exit 2
fi
if ! grep -q "^$folder = " tools/layers.txt; then
  echo "new_unit: \`$folder\` has no row in tools/layers.txt" >&2
  exit 2
fi

guard=LEAT_$(tr 'a-z/' 'A-Z_' <<<"${folder}_${name}")_H
test=tests/unit/$folder/${name}_test.c
for file in "$folder/$name.h" "$folder/$name.c" "$test"; do
  [ ! -e "$file" ] || { echo "new_unit: $file is there already" >&2; exit 1; }
done
mkdir -p "$folder" "$(dirname "$test")"

cat >"$folder/$name.h" <<END
/* SPDX-License-Identifier: Apache-2.0
 *
 * $name - what it is, in one sentence.
 *
 * What it decides or holds, and what it leaves to its caller.
 *
 * Invariants
 *   X1  A sentence that is always true.
 *
 * Thread: one owner.
 */
#ifndef $guard
#define $guard

#include "common/base/attrs.h"

typedef struct leat_$name {
    size_t count; /* trailing phrase, with its unit */
} leat_$name;

void leat_${name}_init(leat_$name *$name);
void leat_${name}_fini(leat_$name *$name);

#endif
END
cat >"$folder/$name.c" <<END
/* SPDX-License-Identifier: Apache-2.0 */
#include "$folder/$name.h"

void leat_${name}_init(leat_$name *$name)
{
    *$name = (leat_$name){0};
}

void leat_${name}_fini(leat_$name *$name)
{
    *$name = (leat_$name){0};
}
END
cat >"$test" <<END
/* SPDX-License-Identifier: Apache-2.0 */
#include "$folder/$name.h"

#include <criterion/criterion.h>

Test($name, is_empty_after_init)
{
    leat_$name $name;

    leat_${name}_init(&$name);

    cr_assert_eq($name.count, 0);
    leat_${name}_fini(&$name);
}
END
printf '%s\n' "$folder/$name.h" "$folder/$name.c" "$test"
