"""How a stranger's file is opened: by a Python of its own, which gets nothing of the portal's environment."""

import os
import sys

ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}
"""No address, no password, no key."""


def command(module: str) -> list[str]:
    """Return the command line that runs a module so. It reads the bytecode that this process reads and writes none."""
    bytecode = ["-X", f"pycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []
    return [sys.executable, "-E", "-s", "-B", *bytecode, "-m", module]
