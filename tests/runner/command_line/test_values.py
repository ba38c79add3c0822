"""Flags set their fields, and a value that breaks a rule is refused."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.runner.command_line.running import assert_refused, settings_of
from tests.runner.command_line.section import DEFAULTS

QUICK = DEFAULTS | {"steps": 20, "offset": 0.5, "rates": [0.3], "mirrored": False}


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ("--steps 7", {"steps": 7}),
        ("--steps=7", {"steps": 7}),
        ("--steps 1_000", {"steps": 1000}),
        ("--steps 1 --steps 2", {"steps": 2}),
        ("--learning-rate 1e-3", {"learning_rate": 0.001}),
        ("--learning-rate=.5", {"learning_rate": 0.5}),
        ("--offset -3", {"offset": -3.0}),
        ("--offset -.5", {"offset": -0.5}),
        ("--offset -1e-3", {"offset": -0.001}),
        ("--offset=-1e-3", {"offset": -0.001}),
        ("--shift -12", {"shift": -12}),
        ("--word=", {"word": ""}),
        ("--word 图", {"word": "图"}),
        ("--kind other", {"kind": "other"}),
        ("--data some/folder", {"data": "some/folder"}),
        ("--rates 1 -0.5 2e-3 -1e-3", {"rates": [1.0, -0.5, 0.002, -0.001]}),
        ("--rates 1", {"rates": [1.0]}),
        ("--units 3 4 --steps 7", {"units": [3, 4], "steps": 7}),
        ("--names x y", {"names": ["x", "y"]}),
        ("--fresh --no-mirrored", {"fresh": True, "mirrored": False}),
        ("--no-fresh --mirrored", {}),
    ],
)
def test_a_flag_sets_its_field_and_no_other(run, arguments, changed):
    assert settings_of(run, "first", *arguments.split()) == DEFAULTS | changed


def test_without_flags_the_defaults_hold(run):
    assert settings_of(run, "first") == DEFAULTS


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ("first --quick", {}),
        ("--quick first", {}),
        ("--quick first --quick", {}),
        ("first --quick --steps 400", {"steps": 400}),
        ("first --offset 0 --mirrored --quick", {"offset": 0.0, "mirrored": True}),
        ("first --quick --rates 0.1 0.2", {"rates": [0.1, 0.2]}),
    ],
)
def test_an_explicit_flag_goes_before_quick(run, arguments, changed):
    assert settings_of(run, *arguments.split()) == QUICK | changed


@settings(
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(max_size=8) | st.floats().map(str) | st.integers().map(str))
@pytest.mark.parametrize(("name", "kind"), [("shift", int), ("offset", float)])
def test_a_number_is_read_as_python_does_or_refused(run, name, kind, text):
    try:
        expected = kind(text)
        fits = abs(expected) < 2**63 if kind is int else abs(expected) < float("inf")
    except ValueError:
        fits = False
    if fits:
        assert settings_of(run, "first", f"--{name}={text}")[name] == expected
    else:
        status, _, message = run("first", f"--{name}={text}")
        assert status == 2 and message.count("\n") == 1
        assert re.search(f"argument --{name}: must be .*, received", message)


@pytest.mark.parametrize(
    ("flag", "value", "rule"),
    [
        ("--steps", "0", "must be at least 1, received 0"),
        ("--steps", "-5", "must be at least 1, received -5"),
        ("--steps", "1001", "must be at most 1000, received 1001"),
        ("--steps", "2.5", "must be a whole number, received '2.5'"),
        ("--steps", "1e3", "must be a whole number, received '1e3'"),
        ("--steps", "nan", "must be a whole number, received 'nan'"),
        ("--steps", "", "must be a whole number, received ''"),
        ("--steps", "ten", "must be a whole number, received 'ten'"),
        ("--steps", "_5", "must be a whole number, received '_5'"),
        ("--steps", "½", "must be a whole number, received '½'"),
        ("--shift", "9" * 30, "must be less than 2**63 in size, received 999"),
        ("--shift", "-" + "9" * 30, "must be less than 2**63 in size, received -999"),
        ("--learning-rate", "0", "must be greater than 0, received 0"),
        ("--learning-rate", "10", "must be less than 10, received 10"),
        ("--learning-rate", "-1e-3", "must be greater than 0, received -1e-3"),
        ("--learning-rate", "-inf", "must be a finite number, received -inf"),
        ("--learning-rate", "-NaN", "must be a finite number, received -NaN"),
        ("--learning-rate", "fast", "must be a number, received 'fast'"),
        ("--learning-rate", "", "must be a number, received ''"),
        ("--offset", "nan", "must be a finite number, received nan"),
        ("--offset", "inf", "must be a finite number, received inf"),
        ("--offset", "1e400", "must be a finite number, received 1e400"),
        ("--kind", "strange", "must be one of 70% plain, other, received 'strange'"),
        ("--kind", "", "must be one of 70% plain, other, received ''"),
        ("--data", "", "must not be empty, received ''"),
        ("--output", "", "must not be empty, received ''"),
        ("--rates", "0.1,0.2", "must be a number, received '0.1,0.2'"),
        ("--rates", "-1", "must be greater than -1, received -1"),
        ("--units", "0", "must be at least 1, received 0"),
        ("--fresh", "yes", "unknown argument yes"),
    ],
)
def test_a_value_that_breaks_a_rule(run, flag, value, rule):
    line = assert_refused(run, "first", flag, value)
    assert rule in line
    if flag != "--fresh":
        assert f"argument {flag}" in line
        assert rule in assert_refused(run, "first", f"{flag}={value}")


def test_one_bad_value_of_several(run):
    assert "received 0" in assert_refused(run, "first", "--units", "3", "0", "5")
    assert "at least one" in assert_refused(run, "first", "--units")
    assert "expected one" in assert_refused(run, "first", "--steps")
