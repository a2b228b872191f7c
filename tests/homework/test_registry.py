"""The table of homework problems is complete and costs nothing to read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from derivcheck.homework import HOMEWORKS, document


@pytest.mark.parametrize("name", HOMEWORKS)
@pytest.mark.parametrize("as_handed_in", [False, True])
def test_every_homework_ships_both_documents(name: str, as_handed_in: bool) -> None:
    source = document(name, as_handed_in)
    homework = HOMEWORKS[name]
    assert source.path == (homework.as_handed_in if as_handed_in else homework.document)
    assert source.text.startswith("# ")


@pytest.mark.parametrize("name", HOMEWORKS)
@pytest.mark.parametrize("as_handed_in", [False, True])
def test_every_required_result_stands_in_its_document(name: str, as_handed_in: bool) -> None:
    homework = HOMEWORKS[name]
    required = homework.required_as_handed_in if as_handed_in else homework.required
    text = "".join(document(name, as_handed_in).text.split())
    for requirement in required:
        assert "\\boxed{" + "".join(requirement.head.split()) in text, requirement.description


def test_a_name_that_is_no_homework_is_refused() -> None:
    with pytest.raises(KeyError):
        document("nothing")


def test_the_table_is_read_without_torch() -> None:
    code = (
        "import sys, derivcheck.homework as h; h.document('mlp'); print('torch' in sys.modules, 'rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
