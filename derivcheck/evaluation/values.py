"""Numbers that the settings fix: which declared names they are, and whether they may be what they are set to."""

from __future__ import annotations

from collections.abc import Mapping

from derivcheck.config import SettingsError
from derivcheck.language.domain import Domain
from derivcheck.language.shapes import is_scalar
from derivcheck.problem.problem import Problem
from derivcheck.problem.scope import Declaration


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
            found[key] = _allowed(problem, declaration, values[name])
    return found


def _allowed(problem: Problem, declaration: Declaration, value: float) -> float:
    line = problem.source.position(declaration.span.start).place
    where = f"{problem.source.path}:{line}: `{declaration.text}`"
    if not is_scalar(tuple(dim.substitute(problem.solution) for dim in declaration.shape)):  # type: ignore[arg-type]
        raise SettingsError(f"{where} is no number, and cannot be given the value {value:g}")
    wanted = _broken(declaration.domain, value)
    if wanted:
        raise SettingsError(f"{where} is declared {wanted}, and cannot be {value:g}")
    return value


def _broken(domain: Domain, value: float) -> str:
    """What the domain asks for and the value is not, or nothing. Bounds that are sizes are not looked at."""
    high = domain.high if isinstance(domain.high, float | int) else None
    match domain.kind:
        case "positive" | "spd":
            return "positive" if value <= 0 else ""
        case "nonnegative" | "psd":
            return "nonnegative" if value < 0 else ""
        case "negative":
            return "negative" if value >= 0 else ""
        case "nonpositive":
            return "at most 0" if value > 0 else ""
        case "nonzero":
            return "other than 0" if value == 0 else ""
        case "natural":
            return "a natural number" if value < 1 or value != int(value) else ""
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
