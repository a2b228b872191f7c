"""What start-up costs, and what peers find: ``make bench``. Run by hand; a time is no test on a machine that others use too.

The floor of every numerical command is ``import torch``; what derivcheck adds to it is the price its users pay.
The commands are timed in turn, so that a slow minute of the machine falls on all of them.

Peers are looked for where derivcheck is installed and in the interpreter that ``PEERS`` names (``.ci/peers.txt``); what is
not installed is said to be so. ``python tests/bench.py --peers`` writes their tables into ``docs/peers.md``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PYTHON = sys.executable
ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {
    "python -c pass": [PYTHON, "-c", "pass"],
    "import click": [PYTHON, "-c", "import click"],
    "derivcheck --help": [PYTHON, "-m", "derivcheck", "--help"],
    "import torch": [PYTHON, "-W", "ignore", "-c", "import torch"],
    "derivcheck mlp": [PYTHON, "-m", "derivcheck", "mlp"],
    "derivcheck resblock": [PYTHON, "-m", "derivcheck", "resblock"],
    "derivcheck ppca": [PYTHON, "-m", "derivcheck", "ppca"],
}
FLOOR = "import torch"


def seconds(command: list[str]) -> float:
    """The wall-clock time of one run in seconds; exits with a message if the command fails."""
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    took = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[1:])} exited {done.returncode}:\n{done.stderr.decode()}")
    return took


def main(rounds: int = 5) -> None:
    """Time every command ``rounds`` times after one run that fills the caches, and print medians and minima."""
    for command in COMMANDS.values():
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    floor = min(times[FLOOR])
    print(f"{'':22}{'median':>10}{'least':>10}{'of import torch':>18}{'more than it':>15}")
    for name, taken in times.items():
        least = min(taken)
        print(f"{name:22}{statistics.median(taken):8.3f} s{least:8.3f} s{least / floor:18.2f}{least - floor:+13.3f} s")


def peers() -> dict[str, dict[str, Any]]:
    """What each tool and reader says, by its name, from every interpreter in which it is."""
    found: dict[str, dict[str, Any]] = {}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for python in dict.fromkeys((PYTHON, os.environ.get("PEERS") or PYTHON)):
        asking = [python, "-W", "ignore", "-m", "tests.peers.tools"]
        done = subprocess.run(asking, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        for line in done.stdout.splitlines():
            one = json.loads(line)
            found.setdefault(one.get("tool") or one["reader"], one)
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from tests.peers.telling import told, write

    if "--peers" in sys.argv:
        write(peers())
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
        print(told(peers()))
