#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check what a compiler does not: layers, sizes, names, banned calls, form.

    tools/tidy.py [--root DIR] [--build DIR] [--units]

--build adds the check of external symbols (nm over the static libraries there); --units lists
the units without a test file, as information. Exit 0 when nothing is wrong.

Sizes have a ratchet, tools/sizes.txt: what was too large when the rule came, with its size.
It may only shrink: growing is an error, and so is an entry that is no longer needed.
"""
import argparse
import os
import re
import subprocess
import sys

C_LINES_MAX, H_LINES_MAX = 800, 300
FUNCTION_LINES_MAX, PARAMETERS_MAX, DEPTH_MAX = 70, 6, 4
COLUMNS_MAX, OTHER_COLUMNS_MAX = 100, 120  # no formatter lays out grammars and scripts

SKIPPED_FOLDERS = {".git", "leat-data", "__pycache__", "third_party"}
CODE_ROOTS = ("common/", "coordinator/", "worker/", "cli/", "proto/", "include/")

# Call -> what to use instead. Where the replacement lives, the call is allowed.
BANNED = {
    "malloc": "leat_alloc", "calloc": "leat_alloc_zero", "realloc": "leat_realloc",
    "free": "leat_free", "strdup": "leat_strdup", "strndup": "leat_arena_text",
    "strcpy": "leat_buf_add_text", "strcat": "leat_buf_add_text",
    "sprintf": "snprintf or leat_buf_print", "vsprintf": "vsnprintf",
    "gets": "leat_file_read", "strtok": "leat_str_split",
    "atoi": "leat_str_to_i64", "atol": "leat_str_to_i64", "strtol": "leat_str_to_i64",
    "rand": "leat_prng", "random": "leat_prng", "srand": "leat_prng",
    "time": "leat_clock", "gettimeofday": "leat_clock", "clock_gettime": "leat_clock",
    "clock": "leat_clock", "assert": "LEAT_ASSERT", "alloca": "leat_arena",
    "printf": "a leat_buf, or leat_log (only cli prints)", "system": "nothing: do not start shells",
}
ALLOWED_CALLS = {
    "common/base/alloc.c": {"malloc", "calloc", "realloc", "free"},
    "common/sys/clock.c": {"clock_gettime"},
}
PRINTING = ("cli/", "tests/", "bench/", "examples/")

# Headers a pure folder may not include, directly or through what it includes.
IMPURE_HEADERS = re.compile(
    r"^(time|unistd|fcntl|pthread|threads|signal|poll|dirent|netdb|lmdb|zmq|czmq|curl/curl|"
    r"microhttpd|sys/(time|socket|stat|file|mman|epoll|eventfd|timerfd|random))\.h$")
WORDS_THAT_NEED_WORK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
LOCAL_PATHS = re.compile(r"(?<![\w./])/(work|home|root)/\w")


class Tree:
    """The files of the tree, read once."""

    def __init__(self, root):
        self.root = root
        self.texts = {}
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS
                                and not f.startswith("build"))
            for name in sorted(files):
                path = os.path.relpath(os.path.join(folder, name), root)
                if is_text(path):
                    with open(os.path.join(root, path), errors="replace") as file:
                        self.texts[path] = file.read()

    def paths(self, *endings, under=("",)):
        return [p for p in self.texts if p.endswith(endings) and p.startswith(tuple(under))]


def is_text(path):
    name = os.path.basename(path)
    return name.endswith((".c", ".h", ".y", ".l", ".proto", ".py", ".sh", ".bash", ".cmake", ".md",
                          ".txt", ".yaml", ".yml")) or name in ("dev", "run", "Dockerfile")


def blank(text, keep_strings=False):
    """C text with comments (and the insides of strings) made spaces; line ends stay."""
    pattern = r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def replace(match):
        found = match.group(0)
        if found.startswith("/*"):
            return re.sub(r"[^\n]", " ", found)
        if keep_strings:
            return found
        return found[0] + " " * (len(found) - 2) + found[-1]
    return re.sub(pattern, replace, text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


# ---- layers ---------------------------------------------------------------------------------

class Layers:
    def __init__(self, text):
        self.library, self.pure, self.row = {}, set(), {}
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            left, right = line.split(":")
            folder, library = (part.strip() for part in left.split("="))
            name, *marks = library.split()
            self.library[folder] = name
            self.row[folder] = set(right.split())
            if "pure" in marks:
                self.pure.add(folder)

    def folder_of(self, path):
        """The named folder that holds `path`: the longest one."""
        folder = os.path.dirname(path)
        while folder and folder not in self.row:
            folder = os.path.dirname(folder)
        return folder or None

    def reach(self, folder):
        seen, todo = set(), [folder]
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                todo.extend(self.row.get(at, ()))
        return seen


def check_layers(tree, problems):
    layers = Layers(tree.texts["tools/layers.txt"])
    for folder, row in layers.row.items():
        for other in row - set(layers.row):
            problems.append("tools/layers.txt: `%s` names `%s`, which has no row" % (folder, other))
    for folder in layers.pure:
        impure = sorted(layers.reach(folder) - layers.pure - {"common/base", "proto"})
        if impure:
            problems.append("tools/layers.txt: pure `%s` reaches %s" % (folder, ", ".join(impure)))
    for path in tree.paths(".c", ".h", ".y", ".l", under=CODE_ROOTS):
        check_includes(tree, layers, path, problems)
    check_cmake(tree, layers, problems)


def check_includes(tree, layers, path, problems):
    folder = layers.folder_of(path)
    if folder is None:
        problems.append("%s: its folder has no row in tools/layers.txt" % path)
        return
    allowed = layers.row[folder] | {folder, "common/base"}
    text = blank(tree.texts[path], keep_strings=True)
    for match in re.finditer(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', text, flags=re.M):
        quote, target = match.groups()
        where = "%s:%d" % (path, line_of(text, match.start()))
        if quote == "<":
            if folder in layers.pure and IMPURE_HEADERS.match(target):
                problems.append("%s: <%s> in `%s`, which is pure" % (where, target, folder))
            continue
        owner = layers.folder_of(target)
        if "/" not in target:
            stem = os.path.join(os.path.dirname(path), target[:-2])
            if stem + ".y" not in tree.texts and stem + ".l" not in tree.texts: # not generated
                problems.append("%s: write the path from the root: \"%s\"" % (where, target))
        elif owner is None:
            problems.append("%s: \"%s\" is in no folder of tools/layers.txt" % (where, target))
        elif owner not in allowed:
            problems.append("%s: `%s` may not include `%s`" % (where, folder, owner))


def check_cmake(tree, layers, problems):
    """A library's DEPENDS are its folder's row. Rows may allow more than is linked."""
    folder_of_library = {name: folder for folder, name in layers.library.items()}
    for path in tree.paths("CMakeLists.txt", under=CODE_ROOTS):
        for match in re.finditer(r"leat_library\((\w+)([^)]*)\)", tree.texts[path]):
            name, rest = match.groups()
            folder = os.path.dirname(path)
            if layers.library.get(folder) != name:
                problems.append("%s: tools/layers.txt does not name library `%s`" % (path, name))
                continue
            depends = re.search(r"DEPENDS([^A-Z]*)", rest)
            for library in (depends.group(1).split() if depends else []):
                other = folder_of_library.get(library)
                if other != "common/base" and other not in layers.row[folder]:
                    problems.append("%s: `%s` may not link `%s`" % (path, folder, library))


# ---- sizes ----------------------------------------------------------------------------------

def functions_of(text):
    """[(name, first line, lines, parameters, depth)] of clang-formatted C."""
    code = blank(text)
    lines = code.split("\n")
    found, start = [], None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            found.append(describe(lines, start, number))
            start = None
    return found


def describe(lines, start, end):
    first = start
    while first > 0 and lines[first - 1].strip() and not lines[first - 1].startswith("#"):
        first -= 1
    signature = " ".join(lines[first:start])
    named = re.search(r"(\w+)\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)", "", signature))
    name = named.group(1) if named else "?"
    inside = signature[named.end():] if named else ""
    depth = deepest = 0
    for line in lines[start + 1:end]:
        for c in line:
            depth += (c == "{") - (c == "}")
        # Braces of initialisers do not nest control; clang-format indents control by four.
        if re.match(r"\s*(if|for|while|do|switch|else|\} else)\b|\s*LEAT_\w+_EACH\b", line):
            deepest = max(deepest, (len(line) - len(line.lstrip())) // 4)
    return name, first + 1, end - first + 1, parameter_count(inside), deepest


def parameter_count(inside):
    depth, count = 0, 1
    for c in inside:
        if c == "(":
            depth += 1
        elif c == ")":
            if depth == 0:
                break
            depth -= 1
        elif c == "," and depth == 0:
            count += 1
    return 0 if inside.strip().startswith(("void)", ")")) else count


def measures_of(tree):
    """{(path, what): (size, limit)} for everything that is too large."""
    found = {}

    def note(path, what, size, limit):
        if size > limit:
            found[path, what] = (size, limit)
    for path in tree.paths(".c", ".h"):
        text = tree.texts[path]
        note(path, "lines", text.count("\n"), H_LINES_MAX if path.endswith(".h") else C_LINES_MAX)
        for name, _, lines, parameters, depth in functions_of(text):
            note(path, name + ":lines", lines, FUNCTION_LINES_MAX)
            note(path, name + ":parameters", parameters, PARAMETERS_MAX)
            note(path, name + ":depth", depth, DEPTH_MAX)
    return found


def check_sizes(tree, problems):
    ratchet = {}
    for line in tree.texts.get("tools/sizes.txt", "").splitlines():
        if line and not line.startswith("#"):
            path, what, size = line.split()
            ratchet[path, what] = int(size)
    found = measures_of(tree)
    for (path, what), (size, limit) in sorted(found.items()):
        allowed = max(limit, ratchet.get((path, what), 0))
        if size > allowed:
            problems.append("%s: %s is %d, at most %d" % (path, what, size, allowed))
    for (path, what), size in sorted(ratchet.items()):
        if (path, what) not in found:
            problems.append("tools/sizes.txt: %s %s is small enough: remove the line" %
                            (path, what))
        elif found[path, what][0] < size:
            problems.append("tools/sizes.txt: %s %s is now %d: lower the line" %
                            (path, what, found[path, what][0]))


# ---- calls, comments, form ------------------------------------------------------------------

def check_calls(tree, problems):
    calls = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED))
    for path in tree.paths(".c", ".h", ".y", ".l", under=CODE_ROOTS):
        code = blank(tree.texts[path])
        for match in calls.finditer(code):
            call = match.group(1)
            before = code[:match.start()].rstrip()
            if before.endswith(("*", "&")) and re.search(r"\w\s*[*&]$", before[-20:]) is None:
                continue
            if call in ALLOWED_CALLS.get(path, ()):
                continue
            if call == "printf" and path.startswith(PRINTING):
                continue
            if re.search(r"format\s*\($", before):
                continue  # __attribute__((format(printf, ...)))
            problems.append("%s:%d: %s: use %s" %
                            (path, line_of(code, match.start()), call, BANNED[call]))


def check_c_form(tree, problems):
    for path in tree.paths(".c", ".h"):
        text = tree.texts[path]
        code = blank(text)
        for match in re.finditer(r"//", code):
            problems.append("%s:%d: `//` comment: write /* */" %
                            (path, line_of(code, match.start())))
        if path.endswith(".h") and path.startswith(CODE_ROOTS):
            guard = "LEAT_" + re.sub(r"[/.\-]", "_", path).upper()
            if "#ifndef " + guard not in text and "#pragma once" not in text:
                problems.append("%s: the include guard is not %s" % (path, guard))
            head = "\n".join(text.split("\n")[:6])
            if not re.search(r"^ \* \S[^\n]* - ", head, flags=re.M):
                problems.append("%s: begin with its purpose: ` * noun - what it is`" % path)


def check_form(tree, problems):
    needs_licence = (".c", ".h", ".y", ".l", ".proto", ".py", ".sh", ".bash", ".cmake",
                     "CMakeLists.txt", "tools/layers.txt")
    for path, text in tree.texts.items():
        lines = text.split("\n")
        if path.endswith(needs_licence) and not any("SPDX-License-Identifier: Apache-2.0" in line
                                                    for line in lines[:3]):
            problems.append("%s: no SPDX line" % path)
        if path.endswith(".md"):
            check_document(path, lines, problems)
        columns_max = COLUMNS_MAX if path.endswith((".c", ".h")) else OTHER_COLUMNS_MAX
        is_code = path.endswith((".c", ".h", ".y", ".l", ".py", ".sh", ".bash"))
        for number, line in enumerate(lines, 1):
            where = "%s:%d" % (path, number)
            if is_code and len(line) > columns_max:
                problems.append("%s: %d columns, at most %d" % (where, len(line), columns_max))
            if is_code and line != line.rstrip():
                problems.append("%s: spaces at the end" % where)
            if is_code and "\t" in line:
                problems.append("%s: a tab" % where)
            if path not in ("tools/tidy.py", "tests/style/tidy_test.py", "STYLE.md"):
                if WORDS_THAT_NEED_WORK.search(line) and not path.endswith((".txt", ".yaml")):
                    problems.append("%s: unfinished work is an issue, not a comment" % where)
                if LOCAL_PATHS.search(line):
                    problems.append("%s: a path of one machine" % where)


def check_document(path, lines, problems):
    is_fenced, heads = False, 0
    for line in lines:
        if line.startswith("```"):
            is_fenced = not is_fenced
        heads += not is_fenced and line.startswith("# ")
    if heads != 1:
        problems.append("%s: %d top headings, expected one" % (path, heads))


def check_readmes(tree, problems):
    folders = {os.path.dirname(p) for p in tree.paths(".c", ".h", ".proto", under=CODE_ROOTS)}
    for folder in sorted(folders):
        if folder + "/README.md" not in tree.texts:
            problems.append("%s: no README.md" % folder)


# ---- symbols and units ----------------------------------------------------------------------

def check_symbols(build, problems):
    """Every external symbol of our libraries starts with leat_."""
    for folder, _, files in os.walk(build):
        for name in sorted(files):
            if not re.match(r"libleat_\w+\.a$", name) or name == "libleat_test_main.a":
                continue
            if "/tests" in folder[len(build):]:
                continue
            listed = subprocess.run(["nm", "-g", "--defined-only", os.path.join(folder, name)],
                                    capture_output=True, text=True)
            for symbol in re.findall(r"^[0-9a-f]+ [A-Z] (\S+)$", listed.stdout, flags=re.M):
                if not symbol.startswith(("leat_", "__start_leat", "__stop_leat", "__odr_asan",
                                          "__asan", "__ubsan", "_ITM")):
                    problems.append("%s: external symbol `%s` without leat_" % (name, symbol))


def units_without_test(tree):
    tests = " ".join(tree.paths("_test.c"))
    found = []
    for path in tree.paths(".c", under=("common/", "coordinator/", "worker/")):
        stem = os.path.basename(path)[:-2]
        if "/%s_test.c" % stem not in tests:
            found.append(path)
    return found


CHECKS = (check_layers, check_sizes, check_calls, check_c_form, check_form, check_readmes)


def check_tree(root, build=None):
    tree, problems = Tree(root), []
    for check in CHECKS:
        check(tree, problems)
    if build:
        check_symbols(build, problems)
    return tree, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), ".."))
    parser.add_argument("--build")
    parser.add_argument("--units", action="store_true")
    options = parser.parse_args()
    tree, problems = check_tree(os.path.abspath(options.root), options.build)
    for problem in problems:
        print(problem)
    if options.units:
        for path in units_without_test(tree):
            print("note: %s has no test file of its name" % path)
    print("tidy: %d files, %d problems" % (len(tree.texts), len(problems)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
