#!/usr/bin/env python3
"""Every rule of tidy.py finds what it is for, and leaves alone what is right."""
import os
import tempfile
import unittest

import tidy


def header(guard, body=""):
    return f"#ifndef {guard}\n#define {guard}\n{body}\n#endif  // {guard}\n"


class Tidy(unittest.TestCase):
    def found(self, files):
        """The messages about a tree of `files`, path to text."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                path = os.path.join(root, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                if text.startswith("#!"):
                    os.chmod(path, 0o755)
            return list(tidy.check(root))

    def assert_finds(self, message, files, line=None):
        found = self.found(files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(message, found[0][2])
        if line:
            self.assertEqual(found[0][1], line)

    def source(self, code, path="core/src/a.cc"):
        return {path: code, "CMakeLists.txt": path + "\n"}

    def test_a_sound_tree_passes(self):
        code = "// throw in a comment, and std::regex\nint x = 1'000'000;  /* printf( */\n" \
               "const char* s = \"throw \\\" // absl::Mutex\";\n" \
               "int f() { return snprintf(s, 1); }\n"
        self.assertEqual(self.found({
            **self.source(code),
            "core/include/daybook/core/a.h": header("DAYBOOK_CORE_A_H_"),
            "scripts/a.sh": "#!/bin/bash\n",
        }), [])

    def test_whitespace(self):
        self.assert_finds("trailing", self.source("int a; \n"), line=1)
        self.assert_finds("tab", self.source("int a;\n\tint b;\n"), line=2)
        self.assert_finds("carriage", self.source("int a;\r\n"))
        self.assert_finds("no newline", self.source("int a;"))

    def test_line_length(self):
        self.assertEqual(self.found(self.source("//" + "x" * 98 + "\n")), [])
        self.assert_finds("101 columns", self.source("//" + "x" * 99 + "\n"))

    def test_unfinished_work(self):
        self.assert_finds("unfinished", self.source("// TO" + "DO: more\n"))

    def test_paths_of_one_machine(self):
        self.assert_finds("one machine", self.source("// see /" + "home/me/x\n"))
        self.assertEqual(self.found(self.source("// $HOME/root/x and a/home/b\n")), [])

    def test_include_guards(self):
        path = "core/include/daybook/core/a.h"
        self.assert_finds("no include guard", {path: "int a;\n"})
        self.assert_finds("DAYBOOK_<room>_A_H_", {path: header("A_H")})
        self.assert_finds("must end with", {path: header("DAYBOOK_CORE_A_H_") + "\nint a;\n"})
        self.assert_finds("that of", {path: header("DAYBOOK_CORE_A_H_"),
                                      "core/src/a.h": header("DAYBOOK_CORE_A_H_")})

    def test_macros(self):
        self.assert_finds("macro MAX", self.source("#define MAX(a, b) a\n"))
        self.assertEqual(self.found(self.source("#define LIMIT (3)\n")), [])

    def test_banned_calls(self):
        for code in ("std::mutex m;", "absl::MutexLock l(&m);", "throw 1;", "std::regex r;",
                     "printf(s);", "std::cout << 1;", "auto t = system_clock::now();",
                     "int r = rand();"):
            self.assert_finds("banned", self.source(code + "\n"))

    def test_a_ban_holds_where_it_says(self):
        self.assertEqual(self.found(self.source("int x = printf(s);\n", "tools/a.cc")), [])

    def test_rocksdb_stays_behind_the_seam(self):
        include = '#include "rocksdb/db.h"\n'
        self.assertEqual(self.found(self.source(include)), [])
        self.assert_finds("RocksDB", {"core/include/daybook/core/a.h":
                                      header("DAYBOOK_CORE_A_H_", include)})

    def test_includes_do_not_climb(self):
        self.assert_finds("climbs", self.source('#include "../a.h"\n'))

    def test_sources_are_built(self):
        self.assert_finds("in no CMake target",
                          {"tests/core/a_test.cc": "int a;\n",
                           "tests/core/CMakeLists.txt": "#a_test.cc\n"})
        self.assert_finds("in no CMake target", {"tests/core/a_test.cc": "int a;\n",
                                                 "tests/core/CMakeLists.txt": "aa_test.cc\n"})
        self.assertEqual(self.found({"tests/core/sub/a_test.cc": "int a;\n",
                                     "tests/core/CMakeLists.txt": "  sub/a_test.cc)\n"}), [])

    def test_the_umbrella_is_complete(self):
        files = {"core/include/daybook/core/a.h": header("DAYBOOK_CORE_A_H_"),
                 "core/src/b.h": header("DAYBOOK_CORE_B_H_")}
        umbrella = "include/daybook/daybook.h"
        self.assert_finds("differ about daybook/core/a.h",
                          {**files, umbrella: header("DAYBOOK_DAYBOOK_H_")})
        self.assertEqual(self.found({**files, umbrella: header(
            "DAYBOOK_DAYBOOK_H_", '#include "daybook/core/a.h"  // export\n')}), [])

    def test_pages_that_comments_name_are_there(self):
        files = self.source("// See docs/formats/a.md.\n")
        self.assert_finds("there is no docs/formats/a.md", files, line=1)
        self.assertEqual(self.found({**files, "docs/formats/a.md": "# A\n"}), [])

    def test_scripts_are_executable(self):
        files = {"a.sh": "#!/bin/bash\n"}
        self.assertEqual(self.found(files), [])
        with tempfile.TemporaryDirectory() as root:
            with open(os.path.join(root, "a.sh"), "w", encoding="utf-8") as file:
                file.write("#!/bin/bash\n")
            self.assertEqual(len(list(tidy.check(root))), 1)


if __name__ == "__main__":
    unittest.main()
