#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each recipe has its parts, and a configuration that `config check` finds good
and without warnings.

Method: the blocks of each file; test_recipes.py of the lab tries the recipes."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
FOLDER = SOURCE / "config/recipes"
PROGRAM = Path(os.environ["MXSTEER_BUILD"]) / "controlplane/mxsteer"
FILES = sorted(path for path in FOLDER.glob("*.md") if path.stem != "README")
PARTS = ["mxsteer.yaml", "Does it work?", "What goes wrong"]


def blocks(path, word):
    return re.findall(rf"^```{word}\n(.*?)^```$", path.read_text(), re.M | re.S)


class RecipeFiles(unittest.TestCase):
    def test_configurations_are_good(self):
        for path in FILES:
            for text in blocks(path, "yaml"):
                with self.subTest(path.name), \
                        tempfile.NamedTemporaryFile("w") as out:
                    out.write(text)
                    out.flush()
                    done = subprocess.run(
                        [PROGRAM, "config", "check", out.name], text=True,
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                        check=False)
                    self.assertEqual(done.returncode, 0, done.stdout)
                    self.assertNotIn("warning", done.stdout)

    def test_each_has_its_parts(self):
        for path in FILES:
            with self.subTest(path.name):
                heads = re.findall(r"^## (.*)$", path.read_text(), re.M)
                self.assertEqual([head for head in heads if head in PARTS],
                                 PARTS)
                self.assertTrue(blocks(path, "yaml"))

    def test_the_list_has_each(self):
        listed = re.findall(r"\]\((\S+\.md)\)",
                            (FOLDER / "README.md").read_text())
        self.assertEqual(sorted(listed), [path.name for path in FILES])

    def test_links_lead_somewhere(self):
        for path in FOLDER.glob("*.md"):
            for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
                with self.subTest(f"{path.name}: {link}"):
                    self.assertTrue((FOLDER / link).exists())

    def test_the_lab_tries_each(self):
        tried = re.search(r"'recipes': \[(.*?)\]",
                          (SOURCE / "tests/meson.build").read_text(), re.S)[1]
        self.assertEqual(sorted(re.findall(r"'([^']+)'", tried)),
                         [path.stem for path in FILES])


if __name__ == "__main__":
    unittest.main()
