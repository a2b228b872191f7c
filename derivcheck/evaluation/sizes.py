"""Drawing sizes, all different from each other and none of them 1, so that a missing transpose shows; given numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from math import prod

from derivcheck.config import SettingsError
from derivcheck.evaluation.arithmetic import SIGNS
from derivcheck.language.shapes import RELATIONS, Dim, Domain, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Problem
from derivcheck.problem.scope import Declaration

LARGEST = 4096
"""The largest size that a document or the command line may fix."""


class SizesError(Exception):
    """No sizes meet what the document asks: the message says what."""


def _declared(problem: Problem) -> list[tuple[str, tuple[Dim, ...]]]:
    """What is declared, as it is written, with all its dimensions, unknown ones filled in."""
    names = [(d.text, (*d.shape, *(axis.size for axis in d.family))) for d in problem.declarations.values()]
    functions = [(f.text, (*(dim for a in f.arguments for dim in a), *f.result)) for f in problem.functions.values()]
    return [(text, tuple(dim.substitute(problem.solution) for dim in dims)) for text, dims in (*names, *functions)]


def _ranges(problem: Problem) -> list[tuple[str, tuple[Dim, ...]]]:
    """Over how many members each index runs."""
    return [(name, (one.size.substitute(problem.solution),)) for name, one in problem.indices.items()]


def symbols(problem: Problem) -> tuple[str, ...]:
    """Every size that the document's shapes and terms speak of, in order of first use."""
    every = (*_declared(problem), *_ranges(problem))
    names = [name for _, dims in every for dim in dims for name in sorted(dim.symbols)]
    return tuple(dict.fromkeys((*(name for name in names if not name.startswith("?")), *problem.size_names)))


def spellings(problem: Problem) -> dict[str, str]:
    """How a setting may write each size, and the document's key of it: ``n_1`` or ``n₁`` for ``n_{1}``, ``δ``."""
    keys = symbols(problem)
    written = {problem.size_shown(key) if "#" in key else key: key for key in keys}
    plain = {name.replace("{", "").replace("}", "").removeprefix("\\"): key for name, key in written.items()}
    return {**plain, **{shown: key for key, shown in problem.size_names.items() if key in keys}, **{k: k for k in keys}}


def draw(
    names: Sequence[str], problem: Problem, fixed: Mapping[str, int], seed: int, count: int, beyond: int = 0
) -> list[dict[str, int]]:
    """``count`` choices of sizes (fewer where everything is fixed); the first is the smallest.

    Those that are drawn are larger by ``beyond`` than they have to be.
    """
    free = [name for name in names if name not in fixed]
    for name in free:
        if problem.size_bounds.get(name, 0) > LARGEST:
            shown = problem.size_shown(name)
            raise SizesError(f"`{shown}` is asked to be larger than {LARGEST}: no such size is checked")
    if not free:
        _check_shapes(problem, fixed)
        return [dict(fixed)]
    made: list[dict[str, int]] = []
    refused: SizesError | None = None
    generator = random.Random(f"sizes {seed}")
    for attempt in range(400):
        if len(made) == count:
            break
        spread = max(len(free) + 2, 4) + (0 if len(made) == 0 else 1) + attempt // 40
        sizes = {**fixed, **_one(free, problem, generator, spread, beyond)}
        if sizes not in made and _allowed(sizes, problem):
            try:
                _check_shapes(problem, sizes)
            except SizesError as error:
                refused = error
            else:
                made.append(sizes)
    if not made:
        raise refused or SizesError("no sizes were found that meet the document's conditions on them")
    return made


def extra(
    names: Sequence[str], problem: Problem, fixed: Mapping[str, int], drawn: Sequence[Mapping[str, int]],
    beyond: int = 0,
) -> list[dict[str, int]]:  # fmt: skip
    """Sizes that show what those ``drawn`` may not: 2 for every name, the other parity, sizes that conditions let be
    equal, and all of them above ``beyond`` (the largest number in the claim)."""
    free = [name for name in names if name not in fixed]
    least = {name: max(2, problem.size_bounds.get(name, 2)) for name in free}
    wanted: list[dict[str, int]] = []
    for name in free[:3]:
        others = {other: least[other] + 1 + rank for rank, other in enumerate(one for one in free if one != name)}
        wanted += [{name: least[name], **others}, {name: least[name] + 1, **others}]
    if free and drawn:
        wanted.append({name: drawn[0][name] + 1 for name in free})
    for condition in (c for c in problem.assumed if c.sign in ("\\ge", "\\le")):
        match condition.left, condition.right:
            case t.Size(dim=left), t.Size(dim=right):
                pair = [dim.substitute(problem.solution).symbol for dim in (left, right)]
                if all(name in free for name in pair):
                    wanted.append({**{n: least[n] + 1 for n in free}, **{n: least[n] + 1 for n in pair if n}})
    if beyond and free:
        wanted.append({name: max(beyond + 1 + rank, least[name]) for rank, name in enumerate(free)})
    made: list[dict[str, int]] = []
    for some in wanted:
        sizes = {**fixed, **some}
        if sizes not in drawn and sizes not in made and possible(sizes, problem):
            made.append(sizes)
    return made


def _in_numbers(
    named: Sequence[tuple[str, tuple[Dim, ...]]], problem: Problem, sizes: Mapping[str, int]
) -> Iterator[tuple[str, list[int]]]:
    """Names with their dimensions in numbers; what is not determined is left out."""
    known = complete(sizes, problem)
    for text, dims in named:
        yield text, [dim.value(known) for dim in dims if all(name in known for name in dim.symbols)]


def _check_shapes(problem: Problem, sizes: Mapping[str, int]) -> None:
    """Every name has at least one row, one column and one member at these sizes."""
    for text, dims in _in_numbers([*_declared(problem), *_ranges(problem)], problem, sizes):
        if min(dims, default=1) < 1:
            raise SizesError(f"no sizes were found at which `{text}` has any entries (one size comes to {min(dims)})")


def drawn(problem: Problem, fixed: Mapping[str, int], seed: int) -> int:
    """How many entries all declared names have together at the first sizes."""
    chosen = draw(symbols(problem), problem, fixed, seed, 1)[0]
    return sum(prod(dims) for _, dims in _in_numbers(_declared(problem), problem, chosen))


def _one(free: Sequence[str], problem: Problem, generator: random.Random, spread: int, beyond: int) -> dict[str, int]:
    least = {name: max(2, problem.size_bounds.get(name, 2)) + beyond for name in free}
    taken: set[int] = set()
    sizes: dict[str, int] = {}
    for name in sorted(free, key=lambda name: -least[name]):
        choices = [size for size in range(least[name], max(least[name], 1) + spread) if size not in taken]
        sizes[name] = generator.choice(choices)
        taken.add(sizes[name])
    return sizes


SMALL_COUNTS = 12
COUNTS = (*range(1, 61), 100, 200, 500)
PLAIN_COUNTS = (*range(1, 401), *(10**power for power in range(3, 13)))
"""Of claims in which nothing is added up so often."""


TOGETHER, MOST_TOGETHER, THREE = range(1, 7), range(1, 67), 3
"""Two of these run through all pairs, three of them through the first counts: to 3² + 4² = 5², and 16² + 63² = 65²."""


def counts(
    names: Sequence[str], problem: Problem, fixed: Mapping[str, int], values: Sequence[int] = COUNTS
) -> list[dict[str, int]]:
    """Values of whole numbers that are the size of nothing, so that 1 is one of them: each alone, all alike, pairs."""
    used = {name for _, dims in _declared(problem) for dim in dims for name in dim.symbols}
    free = [name for name in names if name not in fixed and name not in used]
    least = {name: max(1, problem.size_bounds.get(name, 1)) for name in free}
    wanted = [{name: max(least[name], count) for name in free} for count in values]
    single = (*COUNTS[:SMALL_COUNTS], *(values[-SMALL_COUNTS:] if values is PLAIN_COUNTS else ()))
    wanted += [{**least, name: max(least[name], count)} for name in free for count in single]
    few, many = (TOGETHER, MOST_TOGETHER) if values is PLAIN_COUNTS else (COUNTS[:6], COUNTS[:6])
    for one, other in pairwise(free):
        wanted += [{**least, one: i, other: j} for i in many for j in many if i in few or j in few or len(free) == 2]
    if len(free) == THREE and values is PLAIN_COUNTS:
        wanted += [dict(zip(free, some, strict=True)) for some in product(COUNTS[:SMALL_COUNTS], repeat=THREE)]
    rest = {name: max(2, problem.size_bounds.get(name, 2)) for name in names}
    found = {tuple(sizes.items()): sizes for some in wanted if free for sizes in [{**rest, **fixed, **some}]}
    return [sizes for sizes in found.values() if possible(sizes, problem)]


def possible(sizes: Mapping[str, int], problem: Problem) -> bool:
    """Whether sizes meet what the document asks of them, and every name has an entry at them."""
    try:
        _check_shapes(problem, sizes)
    except SizesError:
        return False
    least = problem.size_bounds
    return all(size >= least.get(name, size) for name, size in sizes.items()) and _allowed(sizes, problem)


def _allowed(sizes: Mapping[str, int], problem: Problem) -> bool:
    """Whether sizes meet the conditions that speak of sizes alone."""
    for condition in problem.assumed:
        left, right = (number_of(side, sizes, problem) for side in (condition.left, condition.right))
        if left is not None and right is not None and not SIGNS[condition.sign](left, right):
            return False
    return True


def number_of(term: t.Term, sizes: Mapping[str, int], problem: Problem) -> float | None:
    """The value of a term in sizes alone, or None if anything else is in it."""
    match term:
        case t.Constant(value=value) if not isinstance(value, str):
            return float(value)
        case t.Size(dim=dim):
            dim = dim.substitute(problem.solution)
            return dim.value(sizes) if all(name in sizes for name in dim.symbols) else None
        case t.Power(base=base, exponent=exponent):
            below, above = number_of(base, sizes, problem), number_of(exponent, sizes, problem)
            return None if below is None or above is None or not below or abs(above) > 1000 else below**above
        case t.Add(terms=parts):
            numbers = [number_of(part, sizes, problem) for _, part in parts]
            if any(number is None for number in numbers):
                return None
            return sum(sign * number for (sign, _), number in zip(parts, numbers, strict=True) if number is not None)
        case t.Multiply(op="scale", left=left, right=right):
            one, other = number_of(left, sizes, problem), number_of(right, sizes, problem)
            return None if one is None or other is None else one * other
    return None


def complete(sizes: Mapping[str, int], problem: Problem) -> dict[str, int]:
    """The sizes with every unknown that was found in terms of them."""
    whole = dict(sizes)
    for unknown, dim in problem.solution.items():
        if all(name in sizes for name in dim.symbols):
            whole[unknown] = dim.value(sizes)
    return whole


def given_values(problem: Problem, values: Mapping[str, float]) -> dict[str, float]:
    """The values by the document's keys; a name that the document does not declare is left out, as a size is.

    Raises SettingsError for a value outside the set from which its name is declared, and for one of a matrix.
    """
    found: dict[str, float] = {}
    for key, declaration in problem.declarations.items():
        # what is declared anew under another heading has a number behind its name
        written = (key, key.partition("#")[0], declaration.text)
        name = next((name for name in written if name in values), None)
        if name is not None:
            found[key] = _permitted(problem, declaration, values[name])
    return found


def _permitted(problem: Problem, declaration: Declaration, value: float) -> float:
    line = problem.source.position(declaration.span.start).place
    where = f"{problem.source.path}:{line}: `{declaration.text}`"
    if not is_scalar(tuple(dim.substitute(problem.solution) for dim in declaration.shape)):  # type: ignore[arg-type]
        raise SettingsError(f"{where} is no number, and cannot be given the value {value:g}")
    wanted = _broken(declaration.domain, value)
    if wanted:
        raise SettingsError(f"{where} is declared {wanted}, and cannot be {value:g}")
    return value


TO_ZERO = {">": "positive", "\\ge": "nonnegative", "<": "negative", "\\le": "at most 0", "\\ne": "other than 0"}


def _broken(domain: Domain, value: float) -> str:
    """What the domain asks for and the value is not, or nothing. Bounds that are sizes are not looked at."""
    high = domain.high if isinstance(domain.high, float | int) else None
    relation = RELATIONS.get({"spd": "positive", "psd": "nonnegative"}.get(domain.kind, domain.kind))
    if relation is not None:
        return "" if SIGNS[relation](value, 0) else TO_ZERO[relation]
    match domain.kind:
        case "natural":
            return (
                "a natural number" if value < (1 if domain.low is None else domain.low) or value != int(value) else ""
            )
        case "integer":
            return "a whole number" if value != int(value) else ""
        case "finite" if domain.values:
            return f"one of {', '.join(map(str, domain.values))}" if value not in domain.values else ""
        case "interval" | "finite":
            if (domain.low is not None and value < domain.low) or (high is not None and value > high):
                return "inside an interval"
            return "a whole number" if domain.kind == "finite" and value != int(value) else ""
        case "real":
            return ""
    return f"from a set of {domain.kind} values"
