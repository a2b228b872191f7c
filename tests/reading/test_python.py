r"""Derivations in docstrings and comments: where they stand, what of a file is one, and how a correction is written."""

from __future__ import annotations

import textwrap

import pytest

from derivcheck.config import Settings
from derivcheck.correcting import with_edits
from derivcheck.engine import check, listing, problem_of
from derivcheck.reading.documents import scan
from derivcheck.reading.files import read_source
from derivcheck.reading.items import Heading, Segment, Unreadable
from derivcheck.reading.python import blocks
from derivcheck.source import Source
from derivcheck.verdict import Outcome


def source(text: str) -> Source:
    return Source("kernel.py", textwrap.dedent(text).lstrip("\n"))


def maths(file: Source) -> list[str]:
    return [file.slice(item.span) for item in scan(file, "python").items if isinstance(item, Segment)]


KERNEL = source(
    r'''
    r"""A kernel. Let $x \in \mathbb{R}^{D}$."""
    import os

    PRICE = "$5 = 6$"  # costs $a = b$ or so


    class Norm(Base):
        """Not raw.

        $$ s = x^\\top x $$

        .. math::
            :label: twice

            \\frac{\partial s}{\partial x} = 2 x

            1 + 1 = 2
        """

        # Here :math:`n = 2 s`, and
        # $$ \frac{\partial n}{\partial x}
        #      = 3 x $$
        def forward(self, x):
            return f"$7 = 8$", '$9 = 1$'


    # derivcheck: let $A \in \mathbb{R}^{D \times D}$
    # derivcheck: skip shown elsewhere
    # $$ A x = x $$
    @decorated
    def last(x): return x
    '''
)


def test_maths_is_read_from_docstrings_and_comments_and_from_no_code() -> None:
    found = maths(KERNEL)
    assert [one.strip().split("\n")[0] for one in found] == [
        r"x \in \mathbb{R}^{D}", "a = b", r"s = x^\\top x", r"\\frac{\partial s}{\partial x} = 2 x", "1 + 1 = 2",
        "n = 2 s", r"\frac{\partial n}{\partial x}", r"A \in \mathbb{R}^{D \times D}", "A x = x",
    ]  # fmt: skip


def test_each_derivation_stands_under_the_function_that_it_is_written_on() -> None:
    owners = [(block.owner, block.raw) for block in blocks(KERNEL.text)[0]]
    assert owners == [("", True), ("", True), ("Norm", False), ("Norm.forward", True), ("last", True)]
    titles = [item.text for item in scan(KERNEL, "python").items if isinstance(item, Heading)]
    assert titles == ["Norm", "Norm.forward", "last"]


def test_a_mistake_in_a_comment_is_shown_at_its_line_and_column_of_the_file() -> None:
    report = check(KERNEL, settings())
    wrong = [one for one in report.results if one.verdict.outcome is Outcome.WRONG]
    assert [one.title for one in wrong] == ["∂n/∂x"]
    (finding,) = [one for one in report.findings if one.code == "wrong-gradient"]
    place = report.source.position(finding.span.start)
    assert KERNEL.text.split("\n")[place.line - 1][place.column - 1 :] == "3 x $$"
    assert report.skipped == 1


def settings() -> Settings:
    return Settings(trials=2, draws=2)


@pytest.mark.parametrize("raw", ["", "r"])
def test_a_correction_is_written_as_the_string_needs_it(raw: str) -> None:
    slash = "\\" if raw else "\\\\"
    text = f'{raw}"""Let $A, B \\in \\mathbb{{R}}^{{3 \\times 3}}$. $$ (A B)^\\top = A^\\top B^\\top $$"""\n'
    file = source(text.replace("\\", slash))
    (finding,) = [one for one in check(file, settings()).findings if one.edits]
    corrected = with_edits(file, finding.edits[:1])
    assert check(corrected, settings()).count(Outcome.HOLDS) == 1
    body = corrected.text.replace(slash, "\\")
    assert "A^\\top B^" not in body
    assert "\\\\" not in body


def test_what_is_no_python_is_said_and_what_stands_above_it_is_read() -> None:
    file = source('"""$1 + 1 = 2$"""\nx = (\n"""$1 + 1 = 3$"""\n')
    items = scan(file, "python").items
    assert maths(file) == ["1 + 1 = 2"]
    assert [item.message for item in items if isinstance(item, Unreadable)] == [
        "from here on this is not Python that can be read"
    ]


def test_a_display_or_a_fence_that_is_left_open_ends_with_its_docstring() -> None:
    file = source('def f():\n    """Open: $$ a = b\n\n    ```\n    code\n    """\n\ndef g():\n    """$1 + 1 = 2$"""\n')
    assert maths(file) == ["1 + 1 = 2"]


def test_windows_line_ends_change_no_position(tmp_path) -> None:
    path = tmp_path / "kernel.py"
    path.write_bytes(KERNEL.text.replace("\n", "\r\n").encode())
    assert [one.line for one in listing(read_source(str(path)))] == [one.line for one in listing(KERNEL)]


def test_a_name_may_be_declared_anew_in_another_function() -> None:
    file = source(
        r'''
        def f(x):
            r"""Let $x \in \mathbb{R}^{3}$. $$ x^\top x = \sum_{i=1}^{3} x_i^2 $$"""

        def g(x):
            r"""Let $x \in \mathbb{R}^{2 \times 2}$. $$ \operatorname{tr}(x) = x_{11} + x_{22} $$"""
        '''
    )
    problem = problem_of(file)
    assert not [one for one in problem.findings if one.severity.value != "note"]
    assert len(problem.claims) == 2
