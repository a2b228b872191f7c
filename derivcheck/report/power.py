"""What became of the edits of a derivation: the table of operators, then every open edit with its place and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from derivcheck.config import Settings
from derivcheck.language.printing import latex
from derivcheck.power.score import Fate, Power, Tried
from derivcheck.report.cells import safe
from derivcheck.report.json import VERSION, Json, plain, span_document, text_of, tool
from derivcheck.report.words import plural

HEADERS = ("operator", "mutants", "killed", "by shape", "equivalent", "open")
_STYLES = {Fate.OPEN: "bold red", Fate.EQUIVALENT: "green", Fate.NO_MUTANT: "dim"}


def power_screen(
    power: Power, *, quiet: bool = False, verbose: bool = False, strict: bool = False
) -> list[RenderableType]:
    """All that a run has to say; ``quiet`` leaves the open edits and the summary, ``verbose`` adds every proof."""
    parts: list[RenderableType] = []
    if not quiet:
        if power.title:
            parts += [Text(safe(power.title), "bold underline"), Text("")]
        parts += [_table(power), Text("")]
    for one in power.tried:
        if one.fate in _shown(verbose):
            parts.append(_entry(power, one))
    if any(one.fate in _shown(verbose) for one in power.tried):
        parts.append(Text(""))
    if not quiet:
        parts += [Text(line, "dim") for line in _notes(power)]
    parts += [Text(line, "bold yellow") for line in _failing(power, strict)]
    parts.append(Text(power.summary(), "bold green" if power.exit_code(strict=strict) == 0 else "bold red"))
    return parts


def power_concise(power: Power, *, quiet: bool = False, verbose: bool = False, strict: bool = False) -> str:
    """``path:line:col: open operator claim: edit: why``, one edit a line, then the summary line."""
    lines = []
    for one in power.tried:
        if one.fate in _shown(verbose):
            mutant = one.mutant
            words = f"{mutant.operator} {mutant.claim}: {mutant.title}: {one.why}"
            lines.append(f"{_place(power, one)}: {one.fate.value} {safe(words)}")
    lines += [] if quiet else _notes(power)
    return "\n".join([*lines, *_failing(power, strict), power.summary()]) + "\n"


def power_json(power: Power, settings: Settings) -> str:
    """The whole as one JSON document."""
    counts = {fate: power.count(fate) for fate in Fate}
    summary: dict[str, Json] = {
        "mutants": counts[Fate.KILLED] + counts[Fate.EQUIVALENT] + counts[Fate.OPEN],
        "killed": counts[Fate.KILLED],
        "killed_by_shape": sum(one.by_shape for one in power.tried),
        "equivalent": counts[Fate.EQUIVALENT],
        "open": counts[Fate.OPEN],
        "not_mutants": counts[Fate.NO_MUTANT],
        "claims": power.claims,
        "claims_that_do_not_hold": [{"name": name, "outcome": outcome.value} for name, outcome in power.unheld],
        "seed": power.seed,
        "seconds": plain(power.seconds),
        "exit_code": power.exit_code(strict=settings.strict),
    }
    document: dict[str, Json] = {
        "version": VERSION,
        "tool": tool(),
        "command": "power",
        "path": power.source.path,
        "title": power.title,
        "settings": {each.name: plain(getattr(settings, each.name)) for each in fields(settings)},
        "summary": summary,
        "operators": [
            {
                "name": count.operator,
                "about": count.about,
                "mutants": count.mutants,
                "killed": count.killed,
                "killed_by_shape": count.by_shape,
                "equivalent": count.equivalent,
                "open": count.open,
            }
            for count in power.counts()
        ],
        "mutants": [_mutant(power, one) for one in power.tried],
    }
    return text_of(document)


def _mutant(power: Power, one: Tried) -> Json:
    mutant = one.mutant
    return {
        "operator": mutant.operator,
        "kind": mutant.kind,
        "claim": mutant.claim,
        "span": span_document(power.source, mutant.span),
        "title": mutant.title,
        "edited": latex(mutant.tree),
        "fate": one.fate.value,
        "why": one.why,
    }


def operators_text(published: Sequence[tuple[str, str]]) -> str:
    """The published list of operators, one a line."""
    width = max(len(name) for name, _ in published)
    return "".join(f"{name:<{width}}  {about}\n" for name, about in published)


def operators_json(published: Sequence[tuple[str, str]]) -> str:
    """The published list of operators as JSON."""
    listed: list[Json] = [{"name": name, "about": about} for name, about in published]
    return text_of({"version": VERSION, "tool": tool(), "command": "power --operators", "operators": listed})


def _shown(verbose: bool) -> tuple[Fate, ...]:
    return (Fate.OPEN, Fate.EQUIVALENT) if verbose else (Fate.OPEN,)


def _table(power: Power) -> Table:
    table = Table(box=None, padding=(0, 1), show_edge=False, header_style="bold")
    for header in HEADERS:
        table.add_column(header, no_wrap=True, justify="left" if header == "operator" else "right")
    for count in power.counts():
        figures = (count.mutants, count.killed, count.by_shape, count.equivalent, count.open)
        style = _STYLES[Fate.OPEN] if count.open else "" if count.mutants else "dim"
        table.add_row(count.operator, *(str(figure) if figure else "–" for figure in figures), style=style)
    return table


def _entry(power: Power, one: Tried) -> Text:
    mutant = one.mutant
    return Text.assemble(
        (f"{one.fate.value}[{mutant.operator}]", _STYLES[one.fate]),
        f": {safe(mutant.title)}\n   --> {_place(power, one)}   {safe(mutant.claim)}\n   = {safe(one.why)}",
    )


def _place(power: Power, one: Tried) -> str:
    position = power.source.position(one.mutant.span.start)
    return f"{safe(power.source.path)}:{position}"


def _notes(power: Power) -> Iterable[str]:
    left = Counter(one.why for one in power.tried if one.fate is Fate.NO_MUTANT)
    if left:
        (why, number), *_ = left.most_common(1)
        yield (
            f"{plural(left.total(), 'edit')} made no mutant: what stands there then is no claim that could be checked "
            f"({number} times: {safe(why)})"
        )
    yield f"{plural(power.claims, 'claim')} · seed {power.seed} · {power.seconds:.1f} s"


def _failing(power: Power, strict: bool) -> Iterable[str]:
    """Why a run fails beside its open edits."""
    unheld = [f"{safe(name)} is {outcome.value}" for name, outcome in power.unheld]
    if unheld:
        more = f" and {len(unheld) - 3} more" if len(unheld) > 3 else ""
        yield f"not edited, since only a claim that holds can be tested so: {', '.join(unheld[:3])}{more}"
    if not power.tried and not unheld:
        yield "no claim was found, so nothing was tested"
