# SPDX-License-Identifier: Apache-2.0
"""Every ```sql block of the documentation runs and shows what the page says.  docs_sql_test.py LEAT ROOT [--write]

The blocks of a page are one script, in order. A plain ``` block behind one is what it shows; a block that is marked
```sql error must be refused with what follows it. --write puts what was shown into the pages.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

FENCE = re.compile(r"^```(sql|sql error)\n(.*?)^```\n(?:\n?^```\n(.*?)^```\n)?", re.S | re.M)
MARKER = "SHOW VIEWS LIKE 'end of a block';\n"
MARK = " name | kind\n------+------\n(0 rows)\n"


def run(leat, folder, script):
    path = os.path.join(folder, "page.sql")
    with open(path, "w", encoding="utf-8") as out:
        out.write(script)
    return subprocess.run([leat, "sql", "-f", path, "--files", folder, "--executors", "1"], capture_output=True,
                          text=True, timeout=120, check=False)


def message(said):
    """What is wrong, without the place in the page's script."""
    return "".join(re.sub(r"^\S+?:\d+:\d+: ", "", line) + "\n" for line in said.splitlines())


def shown_blocks(leat, folder, blocks):
    """What each block of a page shows; AssertionError when one does not run."""
    plain = [b for b in blocks if b[0] == "sql"]
    done = run(leat, folder, "".join(text + MARKER for _, text, _ in plain))
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    shown = done.stdout.split(MARK)[:-1]
    before, result = "", []
    for kind, text, _ in blocks:
        if kind == "sql":
            before += text
            result.append(shown.pop(0))
            continue
        refused = run(leat, folder, before + text)
        if refused.returncode != 1:
            raise AssertionError(f"this is not refused: {text}")
        result.append(message(refused.stderr))
    return result


def trim(text):
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def check_page(leat, folder, path, writes):
    with open(path, encoding="utf-8") as page:
        text = page.read()
    matches = list(FENCE.finditer(text))
    shown = shown_blocks(leat, folder, [m.groups() for m in matches]) if matches else []
    failed = 0
    for match, said in reversed(list(zip(matches, shown))):
        if match.group(3) is None or trim(match.group(3)) == trim(said):
            continue
        if writes:
            text = text[:match.start(3)] + trim(said) + text[match.end(3):]
            continue
        failed += 1
        print(f"FAIL {path}: {match.group(2)}shows\n{said}")
    if writes:
        with open(path, "w", encoding="utf-8") as page:
            page.write(text)
    print(f"{'FAIL' if failed else 'ok  '} {os.path.basename(path)}: {len(matches)} blocks", flush=True)
    return failed


def main():
    leat, root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    writes = "--write" in sys.argv
    failed = 0
    for path in sorted(glob.glob(os.path.join(root, "docs", "*.md")) + [os.path.join(root, "README.md")]):
        with tempfile.TemporaryDirectory(prefix="leat-docs-") as folder:
            os.makedirs(os.path.join(folder, "docs"))
            os.symlink(os.path.join(root, "docs", "data"), os.path.join(folder, "docs", "data"))
            try:
                failed += check_page(leat, folder, path, writes)
            except AssertionError as error:
                failed += 1
                print(f"FAIL {path}: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
