from __future__ import annotations

from pathlib import Path

import pytest

from derivcheck.config import Settings, SettingsError, load, parse, parse_size, shipped, with_function

DEFAULTS = Settings()


def refused(text: str, homework: str | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        parse(text, "my.toml", DEFAULTS, homework)
    return str(caught.value)


def test_an_empty_file_changes_nothing():
    assert parse("", "my.toml", DEFAULTS) == DEFAULTS


def test_every_setting_can_be_given():
    text = 'seed = 3\ntrials = 9\ndraws = 2\nstrict = true\n[sizes]\nD = 4\n"n_1" = 5\n[functions]\nphi = "tanh"\n[values]\nsigma = 2\nr = 0.5\n'
    assert parse(text, "my.toml", DEFAULTS) == Settings(
        seed=3,
        trials=9,
        draws=2,
        strict=True,
        sizes={"D": 4, "n_1": 5},
        functions={"\\phi": "tanh"},
        values={"\\sigma": 2.0, "r": 0.5},
    )


def test_sizes_of_the_file_are_laid_over_those_below_it():
    assert parse("[sizes]\nD = 4", "my.toml", Settings(sizes={"D": 2, "N": 3})).sizes == {"D": 4, "N": 3}


def test_a_function_may_be_named_with_or_without_its_backslash_and_arbitrary_takes_it_back():
    assert with_function({}, "phi", "tanh") == with_function({}, "\\phi", "tanh") == {"\\phi": "tanh"}
    assert with_function({}, "f", "relu") == {"f": "relu"}
    assert with_function({"\\phi": "tanh", "f": "relu"}, "phi", "arbitrary") == {"f": "relu"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\ntrails = 3", "my.toml:2: `trails` is not a setting; did you mean `trials`?"),
        ("[size]\nD = 4", "my.toml:1: `size` is not a setting; did you mean `sizes`?"),
        ("seed = 1\n\n[functions]\nphi = 'tahn'", "my.toml:4: `functions.phi` takes one of"),
        ("seed = nan", "my.toml:1: `seed` takes a whole number from 0 to 9223372036854775807, not nan"),
        ("seed = inf", "not inf"),
        ("seed = -1", "not -1"),
        ("seed = 1.0", "not 1.0"),
        ('seed = "1"', 'not "1"'),
        ("trials = true", "my.toml:1: `trials` takes a whole number from 2 to 1000, not true"),
        ("trials = 1", "from 2 to 1000"),
        ("trials = 1000000000", "from 2 to 1000"),
        ("strict = 1", "`strict` takes true or false, not 1"),
        ("[sizes]\nE = 2\nD = -4", "my.toml:3: `sizes.D` takes a whole number from 1 to 4096, not -4"),
        ("[sizes]\nD = 1000000000", "from 1 to 4096, not 1000000000"),
        ("[sizes]\nD = nan", "my.toml:2: `sizes.D`"),
        ("sizes.D = 0", "my.toml:1: `sizes.D`"),
        ("sizes = { E = 2, D = 0 }", "my.toml:1: `sizes.D`"),
        ("[sizes]\nD = [1, 2]", "not a list"),
        ("[values]\nsigma = nan", "my.toml:2: `values.sigma` takes a finite number of at most 1e+60, not nan"),
        ("[values]\nsigma = inf", "not inf"),
        ("[values]\nsigma = -1e99", "not -1e+99"),
        ("[values]\nsigma = true", "not true"),
        ("[values]\nsigma = '1'", 'not "1"'),
        ("sizes = 4", "my.toml:1: `sizes` is a table: write `[sizes]` on a line of its own"),
        ('[functions]\n"\\\\phi" = 3', "my.toml:2: `functions.\\phi` takes one of"),
        ("[resblock]\nwhat = 1", "my.toml:2: `what` is not a setting; `[resblock]` has no settings"),
        ("seed = 1\nseed = 2", "my.toml:2:9: not valid TOML: cannot overwrite a value"),
        ("a = [1,\n", "my.toml: not valid TOML: "),
        ("seed 1", "my.toml:1:6: not valid TOML: "),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_where_and_what_to_do(text, message):
    assert message in refused(text)


def test_a_setting_that_resembles_none_is_told_which_there_are():
    assert refused("colour = 1").endswith(
        "the settings are seed, trials, draws, strict, require, evidence, sizes, functions, values, mlp, resblock, ppca"
    )


def test_a_wrong_function_gets_a_suggestion():
    assert refused("[functions]\nphi = 'tahn'").endswith("; did you mean `tanh`?")


def test_a_message_is_one_line():
    assert refused("trails = 3").count("\n") == 0


def test_a_deeply_nested_file_is_refused_and_not_a_crash():
    assert "my.toml" in refused("a = " + "[" * 100_000)


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path):
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbfseed = 3\r\ntrials = 5\r\n")
    assert load(path, DEFAULTS) == Settings(seed=3, trials=5)


def test_a_missing_file_a_directory_and_a_binary_file_are_refused(tmp_path: Path):
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for name, says in (("missing.toml", "no such"), ("", "directory"), ("binary.toml", "UTF-8")):
        with pytest.raises(SettingsError, match=says) as caught:
            load(tmp_path / name, DEFAULTS)
        assert str(tmp_path / name) in str(caught.value)


def test_a_path_that_no_system_has_is_refused():
    with pytest.raises(SettingsError, match="cannot be read"):
        load(Path("a\0b"), DEFAULTS)


@pytest.mark.parametrize(("text", "size"), [("D=4", ("D", 4)), (" n_1 = 4096 ", ("n_1", 4096))])
def test_a_size_is_a_name_and_a_number(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "D", "=4", "D=", "D=x", "D=0", "D=-1", "D=4097", "D=1e3", "D=nan", "D=" + "9" * 5000]
)
def test_anything_else_is_no_size(text):
    with pytest.raises(SettingsError):
        parse_size(text)


@pytest.mark.parametrize("homework", ["mlp", "resblock", "ppca"])
def test_the_configuration_that_ships_with_a_homework_is_read_and_strict(homework):
    assert shipped(homework, Settings()).strict


def test_a_configuration_that_does_not_ship_is_a_bug_and_not_the_users_error():
    with pytest.raises(FileNotFoundError):
        shipped("nosuch", DEFAULTS)


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000])
def test_a_number_too_long_for_python_is_refused_and_not_repeated(number):
    assert len(refused(f"seed = {number}")) < 200


def test_a_file_without_end_is_no_configuration():
    with pytest.raises(SettingsError, match="larger than 1 MB"):
        load(Path("/dev/zero"), DEFAULTS)
