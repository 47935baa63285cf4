#!/usr/bin/env python3
"""check_docs.py finds a block that is not from a compiled file, and takes one that is."""
import os
import tempfile
import unittest

import check_docs

SOURCE = "int main() {\n  //! [body]\n  int a;\n  return a;\n  //! [body]\n}\n"


def page(*lines):
    return "\n".join(("# Title", "", *lines)) + "\n"


class CheckDocs(unittest.TestCase):
    def found(self, text, **files):
        with tempfile.TemporaryDirectory() as root:
            files = {"a.cc": SOURCE, "CMakeLists.txt": "daybook_program(NAME show SOURCES a.cc)\n",
                     "Makefile": "test: setup\n", "CMakePresets.json": '{"name": "dev"}',
                     "page.md": text, **files}
            for path, content in files.items():
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(content)
            return [message for _, _, message in check_docs.Docs(root).check()]

    def assert_sound(self, *lines):
        self.assertEqual(self.found(page(*lines)), [])

    def assert_finds(self, message, *lines):
        found = self.found(page(*lines))
        self.assertEqual(len(found), 1, found)
        self.assertIn(message, found[0])

    def test_whole_lines_of_a_compiled_file_are_taken(self):
        self.assert_sound("<!-- from a.cc -->", "```cpp", "int a;", "return a;", "```")
        self.assert_sound("<!-- from a.cc -->", "```cpp", *SOURCE.split("\n"), "```")

    def test_a_region_is_taken_whole(self):
        self.assert_sound("<!-- from a.cc [body] -->", "```cpp", "int a;", "return a;", "```")
        self.assert_finds("differs", "<!-- from a.cc [body] -->", "```cpp", "int a;", "```")
        self.assert_finds("no region", "<!-- from a.cc [other] -->", "```cpp", "int a;", "```")

    def test_code_from_nowhere_is_found(self):
        self.assert_finds("names no file", "```cpp", "int a;", "```")
        self.assert_finds("names no file", "<!-- from a.cc -->", "", "Words.",
                          "```cpp", "int a;", "```")
        self.assert_finds("no cpp file", "<!-- from b.cc -->", "```cpp", "int a;", "```")
        self.assert_finds("do not stand", "<!-- from a.cc -->", "```cpp", "int b;", "```")
        self.assert_finds("do not stand", "<!-- from a.cc -->", "```cpp", "```")
        self.assert_finds("say cpp", "```", "int a;", "```")
        self.assert_finds("does not end", "```text", "int a;")

    def test_code_that_is_not_compiled_is_found(self):
        text = page("<!-- from b.cc -->", "```cpp", "int b;", "```")
        self.assertEqual(self.found(text, **{"b.cc": "int b;\n"}), ["no CMakeLists.txt names b.cc"])

    def test_commands_exist(self):
        self.assert_sound("```sh", "make test # words", "build/release/bin/show x",
                          "ctest --preset dev", "```")
        self.assert_finds("no target tset", "```sh", "make tset", "```")
        self.assert_finds("program shwo", "```sh", "build/release/bin/shwo x", "```")
        self.assert_finds("preset dve", "```sh", "ctest --preset dve", "```")
        self.assert_finds("scripts/x.sh", "```sh", "scripts/x.sh", "```")

    def test_links_lead_somewhere(self):
        self.assert_sound("[a](a.cc) [b](https://example.org) [c](a.cc#x) `[d](e)`")
        self.assert_finds("link to b.cc", "[a](b.cc)")

    def test_pages_have_a_title(self):
        self.assertEqual(len(self.found("Words.\n")), 1)


if __name__ == "__main__":
    unittest.main()
