"""What start-up costs: ``make bench``. Run by hand; a time is no test on a machine that others use too.

The floor of every numerical command is ``import torch``; what derivcheck adds to it is the price its users pay.
The commands are timed in turn, so that a slow minute of the machine falls on all of them.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

PYTHON = sys.executable
COMMANDS = {
    "python -c pass": [PYTHON, "-c", "pass"],
    "import click": [PYTHON, "-c", "import click"],
    "derivcheck --help": [PYTHON, "-m", "derivcheck", "--help"],
    "import torch": [PYTHON, "-W", "ignore", "-c", "import torch"],
    "derivcheck mlp": [PYTHON, "-m", "derivcheck", "mlp"],
    "derivcheck resblock": [PYTHON, "-m", "derivcheck", "resblock"],
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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
