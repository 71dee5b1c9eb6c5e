"""The command line: `python -m ctzmq COMMAND`."""

from __future__ import annotations

import sys

from ctzmq.cli import main

if __name__ == "__main__":
    sys.exit(main())
