"""What the commands make of the environment they run something in."""

import os
import subprocess
import sys
from pathlib import Path

from runner.foreground import bytecode_apart


def test_who_wants_no_bytecode_in_the_tree_gets_it_elsewhere(tmp_path: Path) -> None:
    tree, folder = tmp_path / "tree", tmp_path / "bytecode"
    tree.mkdir()
    (tree / "once.py").write_text("print('read')\n")
    given = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}

    env = given | bytecode_apart(given, folder)
    subprocess.run([sys.executable, "-c", "import once"], cwd=tree, env=env, check=True, capture_output=True)

    assert [path.name for path in tree.iterdir()] == ["once.py"]
    assert len(list(folder.rglob("once.*.pyc"))) == 1


def test_who_does_not_mind_is_left_alone(tmp_path: Path) -> None:
    assert bytecode_apart({"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": ""}, tmp_path) == {}
