#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/tidy.py finds what it is for: each case plants one fault in a small clean tree."""
import os
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tools"))
sys.dont_write_bytecode = True
import tidy  # noqa: E402

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
HEADER = """/* SPDX-License-Identifier: Apache-2.0
 *
 * thing - a thing.
 */
#ifndef LEAT_COMMON_TEXT_THING_H
#define LEAT_COMMON_TEXT_THING_H
int leat_thing_count(int a);
#endif
"""
CLEAN = {
    "tools/layers.txt": "# SPDX-License-Identifier: Apache-2.0\ncommon/base = base :\n"
                        "common/sys = sys :\ncommon/text = text pure :\n"
                        "common/plan = plan pure : common/text\n",
    "common/text/CMakeLists.txt": "# SPDX-License-Identifier: Apache-2.0\n"
                                  "leat_library(text DEPENDS base)\n",
    "common/text/README.md": "# text\n\n```\n# not a heading\n```\n",
    "common/text/thing.h": HEADER,
    "common/text/thing.c": SPDX + '#include "common/text/thing.h"\n\n#include <string.h>\n\n'
                           'int leat_thing_count(int a)\n{\n'
                           '    return a; /* "http://x" free(a) */\n}\n',
}


def found_in(changed):
    """Problems of the clean tree after some files were replaced or added."""
    files = dict(CLEAN, **changed)
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w") as file:
                file.write(text)
        return tidy.check_tree(root)[1]


def function(body, signature="int leat_f(int a)"):
    return {"common/text/f.c": SPDX + signature + "\n{\n" + body + "}\n"}


class TidyTest(unittest.TestCase):
    def expect(self, files, words):
        problems = found_in(files)
        self.assertTrue(any(words in p for p in problems), "%r not in %r" % (words, problems))

    def expect_clean(self, files):
        self.assertEqual(found_in(files), [])

    def test_a_clean_tree_has_no_problems(self):
        self.expect_clean({})

    def test_an_include_against_the_arrow(self):
        self.expect({"common/text/f.c": SPDX + '#include "common/plan/plan.h"\n'},
                    "`common/text` may not include `common/plan`")

    def test_an_include_along_the_arrow_is_fine(self):
        self.expect_clean({"common/plan/f.c": SPDX + '#include "common/text/thing.h"\n',
                           "common/plan/README.md": "# plan\n"})

    def test_an_include_in_a_comment_is_fine(self):
        self.expect_clean({"common/text/f.c": SPDX + '/*\n#include "common/plan/plan.h"\n*/\n'})

    def test_an_include_without_its_folder(self):
        self.expect({"common/text/f.c": SPDX + '#include "thing.h"\n'}, "the path from the root")

    def test_a_pure_folder_with_a_clock(self):
        self.expect({"common/text/f.c": SPDX + "#include <time.h>\n"}, "<time.h>")

    def test_a_pure_row_that_reaches_the_outside(self):
        self.expect({"tools/layers.txt": CLEAN["tools/layers.txt"].replace(
            "text pure :", "text pure : common/sys")}, "pure `common/plan` reaches common/sys")

    def test_a_link_against_the_arrow(self):
        self.expect({"common/text/CMakeLists.txt":
                     "# SPDX-License-Identifier: Apache-2.0\n"
                     "leat_library(text DEPENDS sys base)\n"},
                    "may not link `sys`")

    def test_a_folder_without_a_row(self):
        self.expect({"common/other/f.c": SPDX}, "no row in tools/layers.txt")

    def test_a_long_function(self):
        self.expect(function("    a++;\n" * 70), "leat_f:lines is 73")

    def test_many_parameters(self):
        self.expect(function("    return a;\n", "int leat_f(int a, int b, int c,\n"
                             "           int (*d)(int, int), int e, int f, int g)"),
                    "leat_f:parameters is 7")

    def test_deep_nesting(self):
        body = "".join("%sif (a) {\n" % ("    " * d) for d in range(1, 6))
        body += "".join("%s}\n" % ("    " * d) for d in range(5, 0, -1))
        self.expect(function(body), "leat_f:depth is 5")

    def test_a_long_file(self):
        self.expect({"common/text/f.c": SPDX + "\n" * 800}, "lines is 801")

    def test_the_ratchet_allows_what_was_there_and_no_more(self):
        ratchet = {"tools/sizes.txt": "common/text/f.c leat_f:lines 73\n"}
        self.expect_clean(dict(function("    a++;\n" * 70), **ratchet))
        self.expect(dict(function("    a++;\n" * 71), **ratchet), "at most 73")
        self.expect(dict(function("    a++;\n" * 69), **ratchet), "lower the line")
        self.expect(dict(function("    a++;\n"), **ratchet), "remove the line")

    def test_banned_calls_name_what_to_use(self):
        for call, instead in (("malloc(4)", "leat_alloc"), ("free(p)", "leat_free"),
                              ("time(NULL)", "leat_clock"), ("assert(p)", "LEAT_ASSERT"),
                              ("printf(p)", "a leat_buf"), ("strcpy(p, q)", "leat_buf_add_text")):
            self.expect(function("    %s;\n" % call), "use " + instead)

    def test_our_own_calls_and_members_are_fine(self):
        self.expect_clean(function("    leat_free(p); v->free(p); v.time(p); x_time(p);\n"))

    def test_a_line_comment(self):
        self.expect(function("    a++; // why\n"), "`//` comment")

    def test_unfinished_work(self):
        self.expect(function("    a++; /* TO" + "DO later */\n"), "unfinished work")

    def test_no_licence(self):
        self.expect({"common/text/f.c": "int leat_x;\n"}, "no SPDX line")

    def test_a_wide_line(self):
        self.expect(function("    /* " + "x" * 100 + " */\n"), "columns")

    def test_a_document_with_two_titles(self):
        self.expect({"common/text/README.md": "# one\n# two\n"}, "2 top headings")

    def test_a_folder_without_a_readme(self):
        self.expect({"common/plan/f.c": SPDX}, "common/plan: no README.md")

    def test_a_header_with_a_wrong_guard_or_no_purpose(self):
        other_guard = HEADER.replace("TEXT_THING", "THING")
        no_purpose = HEADER.replace("thing - a thing.", "A thing.")
        self.expect({"common/text/thing.h": other_guard}, "include guard")
        self.expect({"common/text/thing.h": no_purpose}, "purpose")


if __name__ == "__main__":
    unittest.main()
