"""A curve over steps as an inline SVG picture."""

from __future__ import annotations

import math
from html import escape

from derivcheck.verdict import Curve

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 220, 76, 28, 12


def plot(curve: Curve) -> str:
    """The curve with three lines of its scale; what is not finite is left out."""
    points = [(step, value) for step, value in enumerate(curve.values) if math.isfinite(value)]
    if not points:
        return ""
    low, high = min(value for _, value in points), max(value for _, value in points)
    span = high - low or 1.0
    last = max(1, len(curve.values) - 1)
    right, floor = WIDTH - 12, HEIGHT - BOTTOM

    def at(step: int, value: float) -> tuple[float, float]:
        return LEFT + step / last * (right - LEFT), floor - (value - low) / span * (floor - TOP)

    drawn = [at(*point) for point in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4"/>' for x, y in drawn) if len(drawn) <= 60 else ""
    ticks = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at(0, value)[1]:.1f}" y2="{at(0, value)[1]:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{at(0, value)[1] + 4:.1f}" text-anchor="end">{_said(value, curve)}</text>'
        for value in dict.fromkeys((low, (low + high) / 2, high))
    )
    told = escape(f"{curve.about}: from {_said(points[0][1], curve)} to {_said(points[-1][1], curve)}")
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told}">'
        f'{ticks}<polyline points="{line}"/>{dots}'
        f'<text x="{LEFT}" y="{HEIGHT - 8}">0</text>'
        f'<text x="{right}" y="{HEIGHT - 8}" text-anchor="end">{last} steps</text></svg>'
    )


def _said(value: float, curve: Curve) -> str:
    return f"{10**value:.0e}" if curve.logarithmic else f"{value:.5g}"
