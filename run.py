#!/usr/bin/env python3
"""The portal's commands: up, test, manage, bench. Needs nothing but Python 3.11's standard library.

    python3 run.py up [--port 8000] [--data DIR] [--no-demo] [--reset]
    python3 run.py test [pytest arguments]
    python3 run.py manage COMMAND …
    python3 run.py bench NAME …

What each does, and the environment variables that change it, is described in docs/configuration.md.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 12):
    sys.exit("The portal needs Python 3.11 or 3.12; this is Python {}.{}.".format(*sys.version_info))

from runner.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
