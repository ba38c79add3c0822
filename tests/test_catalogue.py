"""The Chinese catalogue is well-formed, and nothing that the sections tell is missing from it."""

import ast
import importlib
import re
import tomllib
import unicodedata
from pathlib import Path

import pytest

import chapter6
from chapter6 import SECTIONS, language
from chapter6.experiment import Verdict
from chapter6.language import translate
from chapter6.runner.errata import ERRATA

PACKAGE = Path(chapter6.__file__).parent
HAN = re.compile("[\u4e00-\u9fff]")
# Methods and keywords of matplotlib that take a text.
SHOWN_BY = {"suptitle", "set_title", "set_xlabel", "set_ylabel", "annotate", "text", "_text"}
# Of their other arguments
STYLES = {"color", "linestyle", "marker", "black", "sizes", "exponents", "fan_in"}
SHOWN_AS = {"title", "xlabel", "ylabel", "label", "xticklabels", "yticklabels"}


@pytest.fixture
def chinese():
    language.choose(["--language", "zh"])
    yield
    language.choose(["--language", "en"])


def test_no_key_is_translated_twice():
    keys = [
        key for path in language.CATALOGUE.glob("*.toml") for key in tomllib.loads(path.read_text("utf-8"))
    ]
    assert len(keys) == len(set(keys)) > 300


@pytest.mark.parametrize("path", sorted(language.CATALOGUE.glob("*.toml")), ids=lambda path: path.stem)
def test_the_chinese_of_every_key(path):
    for english, chinese in tomllib.loads(path.read_text("utf-8")).items():
        _check(english, chinese)


def _check(english, chinese):
    count = len(re.findall(r"\{n?\}", english))
    assert sorted(map(int, re.findall(r"\{(\d+)\}", chinese))) == list(range(count))
    # A name that stays, or Chinese with the punctuation of Chinese.
    assert HAN.search(chinese) or count or chinese.replace("\uff0c", ", ").lower() == english.lower()
    assert not re.search("[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", chinese)
    assert unicodedata.normalize("NFC", chinese) == chinese
    # The numbers that are no placeholders are the same.
    numbers = [re.findall(r"\d+(?:\.\d+)?", re.sub(r"\{\w*\}", "", text)) for text in (english, chinese)]
    assert sorted(numbers[0]) == sorted(numbers[1]), english


def packages():
    for section in SECTIONS:
        package = importlib.import_module(f"chapter6.{section}")
        for name in package.EXPERIMENTS + getattr(package, "COMMANDS", ()):
            yield section, name


@pytest.mark.parametrize(("section", "name"), list(packages()))
def test_titles_and_sentences_have_their_chinese(chinese, section, name):
    module = importlib.import_module(f"chapter6.{section}.{name}")
    for message in (
        importlib.import_module(f"chapter6.{section}").__doc__.partition("\n")[0],
        module.__doc__.partition("\n")[0],
        getattr(module, "SENTENCE", "holds"),
    ):
        assert message in language.catalogue() or message.rstrip(".") in language.catalogue()
        assert HAN.search(translate(message))


@pytest.mark.parametrize("word", [*Verdict, "failed", "measured", "verdict", "picture", "claim", "seconds"])
def test_verdicts_and_headings_have_their_chinese(chinese, word):
    assert HAN.search(translate(word))


def test_errata_have_their_chinese():
    for each in ERRATA:
        assert {each.slide, each.says, each.holds} <= set(language.catalogue())


class Flow:
    """The string literals that can come into the expressions of a module, found without running it."""

    def __init__(self, path):
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.functions = {
            node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)
        }
        self.seen = set()

    def literals(self, node, function):
        """Yield the literals; of an f-string its parts between the placeholders."""
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                yield node.value
        elif isinstance(node, ast.Name):
            yield from self._assigned(node.id, function)
        elif isinstance(node, ast.Compare | ast.Attribute):
            return
        elif isinstance(node, ast.Subscript | ast.FormattedValue):
            yield from self.literals(node.value, function)
        elif isinstance(node, ast.IfExp):
            yield from self.literals(node.body, function)
            yield from self.literals(node.orelse, function)
        else:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from self._returned(node.func.id)
            for child in ast.iter_child_nodes(node):
                yield from self.literals(child, function)

    def _assigned(self, name, function):
        if (name, function) in self.seen:
            return
        self.seen.add((name, function))
        for scope in (function, self.tree):
            for node in ast.walk(scope) if scope is function else scope.body:
                match node:
                    case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                        yield from self.literals(value, function)
                    case ast.AugAssign(target=ast.Name(id=target), value=value) if target == name:
                        yield from self.literals(value, function)
                    case ast.Call(func=ast.Attribute(value=ast.Name(id=target), attr="append")) if (
                        target == name
                    ):
                        yield from self.literals(node.args[0], function)
                    case ast.For(target=target, iter=value) if name in _names(target):
                        yield from self.literals(value, function)
                    case ast.comprehension(target=target, iter=value) if name in _names(target):
                        yield from self.literals(value, function)

    def _returned(self, name):
        function = self.functions.get(name)
        if function and (name, function) not in self.seen:
            self.seen.add((name, function))
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value:
                    yield from self.literals(node.value, function)

    def whole(self):
        """Yield the literals that figures show as they stand."""
        for node in ast.walk(self.tree):
            for value in self._shown(node):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value

    def message(self):
        """Yield what findings measure and figures show."""
        for function in self.functions.values():
            for node in ast.walk(function):
                for value in self._shown(node):
                    yield from self.literals(value, function)

    def _shown(self, node):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name == "Finding":
                yield from node.args[1:2]
            if name in SHOWN_BY:
                yield from node.args
            if name != "Table":
                yield from (word.value for word in node.keywords if word.arg in SHOWN_AS)


def _names(target):
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def modules():
    yield from sorted(path for section in SECTIONS for path in (PACKAGE / section).glob("*.py"))
    yield PACKAGE / "gan" / "pictures.py"


def format_value(text):
    """Return the words of a literal between its formulas and line breaks; names in the program have none."""
    name = re.fullmatch(r"\\[a-z]+|[a-z]+[:_][a-z_]+", text) or text in STYLES
    parts = [] if name else re.split(r"\$[^$]*\$|\n", text)
    return [part.strip() for part in parts if re.search("[a-z]{2}", part)]


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_a_module_measures_and_shows_has_its_chinese(chinese, path):
    keys = "\n".join(key.replace("{n}", "{}") for key in language.catalogue())
    message = {part for text in Flow(path).message() for part in format_value(text)}
    assert {text for text in message if text not in keys} == set()
    whole = {text for text in Flow(path).whole() if format_value(text)}
    assert {text for text in whole if text not in language.catalogue() and translate(text) == text} == set()
