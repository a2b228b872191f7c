"""Settings: the defaults, a TOML file over them, the command line over both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

SMALLEST_TRIALS, LARGEST_TRIALS = 2, 1000
LARGEST_SIZE = 4096
LARGEST_DRAWS = 20
LARGEST_SEED = 2**63 - 1
LARGEST_JOBS = 64
# Beyond this, squares of squares leave the range of floating point.
LARGEST_VALUE = 1e60
# Bytes; a device or a data file is not to be read to its end by mistake.
LARGEST_FILE = 1_000_000
# What a declared function may stand for; "arbitrary" is the default, a function drawn at random.
FUNCTIONS = ("arbitrary", "tanh", "relu", "sigmoid", "softplus", "gelu")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that steers a run.

    seed      of every draw; the same seed gives the same numbers
    trials    inputs drawn at each size, at least 2
    draws     how many sizes are drawn for dimensions that are not fixed
    sizes     fixed dimensions by name, as written in the document ("D": 4)
    functions what a declared function stands for, by its name in the document ("\\phi": "tanh");
              one that is not named is drawn at random
    values    what a declared number is, by its name in the document ("\\sigma": 0.5);
              one that is not named is drawn at random
    claim     check only the claim of this name
    strict    undecided and not checked fail the run
    require   "proved" if whatever is less than proved fails the run
    evidence  "all", or "exact" for proofs and exact counterexamples alone, which need no torch
    extra     a homework's own options ("box", "activation", …)
    config    the file from which settings were read, for the command that repeats a check
    """

    seed: int = 0
    trials: int = 4
    draws: int = 3
    sizes: dict[str, int] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    claim: str | None = None
    strict: bool = False
    require: str | None = None
    evidence: str = "all"
    extra: dict[str, object] = field(default_factory=dict)
    config: str | None = None

    @property
    def repeated(self) -> list[str]:
        """The options of a command that repeats a check, but for the seed, the sizes and what one command alone has."""
        parts = [] if self.trials == Settings().trials else ["--trials", str(self.trials)]
        parts += [] if self.config is None else ["--config", self.config]
        return parts + ([] if self.evidence == "all" else ["--evidence", self.evidence])


class SettingsError(Exception):
    """A configuration that cannot be used: the message says what, where and what to do."""


class UnknownClaim(SettingsError):
    """``--claim`` names a claim that this document does not have (of several documents, one may have it)."""


class _Refused(Exception):
    """A value that its key does not take; the message says what it takes. The caller adds the place."""


Check = Callable[[object], object]
Words = tuple[str, ...]


def shown(value: object) -> str:
    """A TOML value as its author would write it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case dict():
            return "a table"
        case list():
            return "a list"
        case int() if abs(value) >= 10**30:
            return "a larger one" if value > 0 else "a smaller one"
        case _:
            return str(value)


def _whole(smallest: int, largest: int) -> Check:
    def check(value: object) -> int:
        # bool is an int in Python; `trials = true` is a mistake all the same
        if isinstance(value, int) and not isinstance(value, bool) and smallest <= value <= largest:
            return value
        raise _Refused(f"takes a whole number from {smallest} to {largest}, not {shown(value)}")

    return check


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _Refused(f"takes true or false, not {shown(value)}")


def _word(value: object) -> str:
    if value == "proved":
        return "proved"
    raise _Refused(f'takes "proved", not {shown(value)}')


def _evidence(value: object) -> str:
    if value in ("all", "exact"):
        return str(value)
    raise _Refused(f'takes "all" or "exact", not {shown(value)}')


def _function(value: object) -> str:
    if isinstance(value, str) and value in FUNCTIONS:
        return value
    raise _Refused(f"takes one of {', '.join(FUNCTIONS)}, not {shown(value)}" + did_you_mean(str(value), FUNCTIONS))


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_VALUE:
        return float(value)
    raise _Refused(f"takes a finite number of at most {LARGEST_VALUE:g}, not {shown(value)}")


_check_size = _whole(1, LARGEST_SIZE)
_SCALARS: Mapping[str, Check] = {
    "seed": _whole(0, LARGEST_SEED),
    "trials": _whole(SMALLEST_TRIALS, LARGEST_TRIALS),
    "draws": _whole(1, LARGEST_DRAWS),
    "strict": _flag,
    "require": _word,
    "evidence": _evidence,
}
_TABLES: Mapping[str, Check] = {"sizes": _check_size, "functions": _function, "values": _number}
# A homework's own settings, under a table of its name. A new homework is one line here.
_HOMEWORKS: Mapping[str, Mapping[str, Check]] = {"mlp": {}, "resblock": {}, "ppca": {}}


def did_you_mean(word: str, known: tuple[str, ...]) -> str:
    """``; did you mean `trials`?`` for the nearest known word, or nothing if none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else ""


def check_scalar(key: str, value: object) -> object:
    """``value``, if the setting ``key`` takes it. Raises SettingsError that says what it takes, without the key."""
    try:
        return _SCALARS[key](value)
    except _Refused as refused:
        raise SettingsError(str(refused)) from None


def parse_size(text: str) -> tuple[str, int]:
    """The dimension and the number of ``D=4``.

    Raises SettingsError that says what is wrong with any other text.
    """
    name, sign, number = (part.strip() for part in text.partition("="))
    if not name or not sign:
        raise SettingsError(f"`{text}` is not a size; write NAME=NUMBER, as in D=4")
    try:
        return name, check_size(int(number))
    except ValueError:
        raise SettingsError(f"the size of `{name}` takes a whole number, not `{number}`") from None
    except SettingsError as refused:
        raise SettingsError(f"the size of `{name}` {refused}") from None


def check_size(number: int) -> int:
    """``number``, if a dimension may be that large. Raises SettingsError that says what may be."""
    try:
        _check_size(number)
    except _Refused as refused:
        raise SettingsError(str(refused)) from None
    return number


def check_value(number: float) -> float:
    """``number``, if a declared name may be it. Raises SettingsError that says what may be."""
    try:
        return _number(number)
    except _Refused as refused:
        raise SettingsError(str(refused)) from None


def _in_document(name: str) -> str:
    r"""``phi`` is a document's ``\phi``, ``f`` its ``f``."""
    return "\\" + name if len(name) > 1 and name.isalpha() and name.isascii() else name


def with_function(functions: Mapping[str, str], name: str, stands_for: str) -> dict[str, str]:
    r"""``functions`` with one more: ``arbitrary`` takes the name out, and ``phi`` is a document's ``\phi``."""
    name = _in_document(name)
    others = {known: value for known, value in functions.items() if known != name}
    return others if stands_for == "arbitrary" else {**others, name: stands_for}


def load(path: Path, base: Settings, homework: str | None = None) -> Settings:
    """``base`` with what the TOML file at ``path`` says over it.

    ``homework`` names the table of that homework's own settings; the tables of others are checked and left.
    Raises SettingsError if the file cannot be read, is not TOML, or has a key or value that is not known.
    """
    return parse(read_config(path), str(path), base, homework)


def parse(text: str, where: str, base: Settings, homework: str | None = None) -> Settings:
    """As ``load``, from the text of a file; ``where`` is how messages name it."""
    import tomllib

    try:
        # with a line end behind the last line, tomllib tells that line and not "end of document"
        data = tomllib.loads(text + "\n")
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_toml_message(str(error), where)) from None
    except (RecursionError, ValueError):  # Python reads no number of more than 4300 digits
        raise SettingsError(f"{where}: nested too deeply, or a number too long, to be read as TOML") from None
    return of_table(data, text, where, base, homework)


def of_table(
    data: Mapping[str, object], text: str, where: str, base: Settings, homework: str | None = None, more: Words = ()
) -> Settings:
    """``base`` with the settings of a table over it; ``text`` is where their lines are looked for.

    ``more`` are keys that somebody else reads; they are known and left. Raises SettingsError.
    """
    settings = base
    for key, value in data.items():
        if key not in more:
            settings = _with_key(settings, key, value, text, where, homework, more)
    return settings


def _with_key(
    settings: Settings, key: str, value: object, text: str, where: str, homework: str | None, more: Words
) -> Settings:
    if key in _SCALARS:
        return _with_scalar(settings, key, _checked(_SCALARS[key], value, text, where, "", key))
    if key not in _TABLES and key not in _HOMEWORKS:
        raise unknown(key, (*more, *_SCALARS, *_TABLES, *_HOMEWORKS), text, where, "")
    if not isinstance(value, dict):
        place = place_of(text, where, "", key)
        raise SettingsError(f"{place}: `{key}` is a table: write `[{key}]` on a line of its own and its keys below")
    for name, entry in value.items():
        match key:
            case "sizes":
                size = _checked(_check_size, entry, text, where, key, name)
                assert isinstance(size, int)
                settings = replace(settings, sizes={**settings.sizes, name: size})
            case "functions":
                function = _checked(_function, entry, text, where, key, name)
                assert isinstance(function, str)
                settings = replace(settings, functions=with_function(settings.functions, name, function))
            case "values":
                number = _checked(_number, entry, text, where, key, name)
                assert isinstance(number, float)
                settings = replace(settings, values={**settings.values, _in_document(name): number})
            case _:
                known = _HOMEWORKS[key]
                if name not in known:
                    raise unknown(name, tuple(known), text, where, key)
                checked = _checked(known[name], entry, text, where, key, name)
                if key == homework:
                    settings = replace(settings, extra={**settings.extra, name: checked})
    return settings


def _with_scalar(settings: Settings, key: str, value: object) -> Settings:
    match key, value:
        case "strict", bool():
            return replace(settings, strict=value)
        case "require", str():
            return replace(settings, require=value)
        case "evidence", str():
            return replace(settings, evidence=value)
        case "seed", int():
            return replace(settings, seed=value)
        case "trials", int():
            return replace(settings, trials=value)
        case "draws", int():
            return replace(settings, draws=value)
    raise AssertionError(f"no setting takes {key} = {value!r}")


def _checked(check: Check, value: object, text: str, where: str, table: str, key: str) -> object:
    try:
        return check(value)
    except _Refused as refused:
        name = f"{table}.{key}" if table else key
        raise SettingsError(f"{place_of(text, where, table, key)}: `{name}` {refused}") from None


def unknown(key: str, known: tuple[str, ...], text: str, where: str, table: str) -> SettingsError:
    """The refusal of a key that is not among those ``known``, with the one that may have been meant."""
    place = place_of(text, where, table, key)
    inside = f" of `[{table}]`" if table else ""
    advice = did_you_mean(key, known)
    if not advice:
        advice = f"; the settings{inside} are {', '.join(known)}" if known else f"; `[{table}]` has no settings"
    return SettingsError(f"{place}: `{key}` is not a setting{inside if advice.startswith('; did') else ''}{advice}")


def place_of(text: str, where: str, table: str, key: str) -> str:
    """``where`` with the line on which a key stands; tomllib does not tell, so the line is looked for."""
    named = r"\s*\.\s*".join(
        rf"(?:{re.escape(part)}|\"{re.escape(_escaped(part))}\"|'{re.escape(part)}')"
        for part in ([key] if table == "" else [table, key])
    )
    alone = rf"(?:{re.escape(key)}|\"{re.escape(_escaped(key))}\"|'{re.escape(key)}')"
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?\s*([^\]]*?)\s*\]", line):
            current = header[1].strip("\"' ")
            if table == "" and current.split(".")[0] == key:
                return f"{where}:{number}"
            continue
        wanted = alone if current == table else named
        if (current in (table, "")) and re.match(rf"\s*{wanted}\s*[=.]", line):
            return f"{where}:{number}"
        if table and current == "" and re.match(rf"\s*{re.escape(table)}\s*=\s*\{{.*{alone}\s*=", line):
            return f"{where}:{number}"
    return where


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')


def _toml_message(message: str, where: str) -> str:
    if found := re.search(r"\s*\(at line (\d+), column (\d+)\)$", message):
        where, message = f"{where}:{found[1]}:{found[2]}", message[: found.start()]
    message = re.sub(r"\s*\(at end of document\)$", " at the end of the file", message)
    return f"{where}: not valid TOML: {message[:1].lower()}{message[1:]}"


def read_config(path: Path) -> str:
    """The text of a configuration file. Raises SettingsError."""
    try:
        if path.is_fifo():
            raise SettingsError(f"{path}: is a named pipe, not a configuration file")
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise SettingsError(f"{path}: larger than {LARGEST_FILE // 1_000_000} MB, so it is no configuration file")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such configuration file") from None
    except IsADirectoryError:
        raise SettingsError(f"{path}: is a directory, not a configuration file") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not text in UTF-8, so it cannot be a TOML file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SettingsError(f"{path}: cannot be read: {reason.lower()}") from None


def shipped(homework: str, base: Settings) -> Settings:
    """``base`` with the configuration that ships with a homework over it.

    In a wheel the file stands in the package; in a checkout in ``configs/`` beside it.
    """
    package = Path(__file__).parent
    for folder in (package / "configs", package.parent / "configs"):
        if (path := folder / f"{homework}.toml").is_file():
            return load(path, base, homework)
    raise FileNotFoundError(f"configs/{homework}.toml is missing from this installation of derivcheck")
