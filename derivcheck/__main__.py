"""The entry point: ``derivcheck …`` and ``python -m derivcheck …``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit code.

    Ctrl-C may arrive while Python still reads our own modules; it is 130 there as everywhere.
    """
    try:
        from derivcheck.cli import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
