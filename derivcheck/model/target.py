"""Importing what ``--model`` names, on this explicit request and never otherwise."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = "."
"""The Python file that is checked."""
_FORM = re.compile(r"(?P<module>\.|[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?::(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*))?")


class ModelError(Exception):
    """What was asked for cannot be imported or called: the message says what went wrong and where."""


@dataclass(frozen=True, slots=True)
class Target:
    """``PACKAGE.MODULE:NAME`` as it is written; ``name`` is empty for each derivation's own function."""

    text: str
    module: str
    name: str


def parsed(text: str) -> Target:
    """What ``--model`` was given. Raises ModelError for what names no object."""
    match = _FORM.fullmatch(text)
    if match is None or (match["module"] != HERE and not match["name"]):
        raise ModelError(
            f"`{text}` names no model: write PACKAGE.MODULE:NAME, or `.` for the functions of the Python file itself"
        )
    return Target(text, match["module"], match["name"] or "")


def load(target: Target, name: str, document: str) -> object:
    """The object ``name`` of the module of a target. Raises ModelError."""
    module = _module_of(document) if target.module == HERE else target.module
    _look_here()
    with guarded(f"importing {module}"):
        if target.module == HERE and not _importable(module, document):
            found: object = _from_file(document)
        else:
            found = importlib.import_module(module)
    for part in name.split("."):
        if not hasattr(found, part):
            raise ModelError(f"{module} has no `{name}`{_meant(part, found)}")
        with guarded(f"looking up {module}:{name}"):
            found = getattr(found, part)
    return found


def _meant(name: str, where: object) -> str:
    from derivcheck.config import did_you_mean

    return did_you_mean(name, tuple(one for one in dir(where) if not one.startswith("_")))


def _module_of(document: str) -> str:
    below = os.path.relpath(document)
    return ".".join(Path(below).with_suffix("").parts)


def _importable(module: str, document: str) -> bool:
    """Whether a file is a module of this name seen from the working directory."""
    if not all(part.isidentifier() for part in module.split(".")):
        return False
    top = importlib.util.find_spec(module.partition(".")[0])
    if "." not in module:
        return top is not None and top.origin is not None and Path(top.origin).samefile(document)
    return top is not None


def _from_file(document: str) -> object:
    name = re.sub(r"\W", "_", Path(document).stem)
    spec = importlib.util.spec_from_file_location(name, document)
    if spec is None or spec.loader is None:
        raise ModelError(f"{document}: is no Python file that can be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _look_here() -> None:
    """The working directory is looked in first, as ``python -m`` does; what is called later may import more."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)


@contextlib.contextmanager
def guarded(doing: str) -> Iterator[None]:
    """Run code of the user's: what it prints goes to stderr, and what it raises becomes one ModelError."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (ModelError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ModelError(f"{doing} failed: {told(error)}") from None


def told(error: BaseException) -> str:
    """An exception in one line, with the last place of it that is not ours."""
    first = next(iter(str(error).splitlines()), "")[:300]
    said = f"{type(error).__name__}: {first}" if first else type(error).__name__
    ours = str(Path(__file__).parent)
    frames = [one for one in traceback.extract_tb(error.__traceback__) if not one.filename.startswith(ours)]
    user = [one for one in frames if "site-packages" not in one.filename and not one.filename.startswith("<")]
    outside = [one for one in user if not one.filename.startswith(os.path.dirname(os.__file__))]  # noqa: PTH120
    if isinstance(error, SyntaxError) and error.filename:
        return f"{said} ({os.path.relpath(error.filename)}:{error.lineno})"
    if not outside:
        return said
    last = outside[-1]
    return f"{said} ({os.path.relpath(last.filename)}:{last.lineno}, in {last.name})"
