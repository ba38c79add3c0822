"""What a notebook calls: experiments with settings by name, and sliders."""

import io
import sys

import pandas
import pytest
from matplotlib.figure import Figure
from PIL import Image

from chapter6.errors import InputError
from chapter6.language import language
from chapter6.runner import notebook, sliders
from chapter6.runner.notebook import Experiment
from chapter6.section_6_3 import learning_rate


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, in the order in which it is."""
    shown = []
    for module in (notebook, sliders):
        monkeypatch.setattr(module, "display", shown.append)
    return shown


@pytest.fixture
def experiment(tmp_path):
    return Experiment("section_6_3", "learning_rate", tmp_path)


@pytest.fixture
def ran(monkeypatch):
    """The settings and folders that the experiment is run with; it finds nothing."""
    ran = []
    monkeypatch.setattr(learning_rate, "run", lambda *given: ran.append(given))
    return ran


def test_any_setting_can_be_changed_by_name(experiment, ran, shown):
    experiment.run(steps=5)
    experiment.run(whole=True, momenta=[0, 0.5])
    (quick, _folders), (whole, _folders) = ran
    assert quick.steps == 5 and whole.momenta == (0.0, 0.5)
    assert whole.steps == learning_rate.Settings().steps


def test_each_change_has_a_folder_of_its_own(experiment, ran, shown):
    folders = []
    for options in ({}, {"steps": 5}, {"steps": 6}, {"whole": True}, {"whole": True, "momenta": [0.1, 0.2]}):
        experiment.run(**options)
        folders.append(ran[-1][1].snapshots.name)
    assert folders == [
        "learning_rate_quick",
        "learning_rate_quick_steps_5",
        "learning_rate_quick_steps_6",
        "learning_rate",
        "learning_rate_momenta_0.1_0.2",
    ]


def test_a_folder_s_name_stays_short_and_its_own(experiment, ran, shown):
    for last in (0.6, 0.7):
        experiment.run(momenta=[i / 100 for i in range(50)] + [last])
    one, other = (folders.snapshots.name for _settings, folders in ran)
    assert one != other and max(len(one), len(other)) < 150


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"step": 5}, "nothing here is called 'step'; did you mean steps?"),
        ({"steps": 0}, "steps must be at least 1, received 0"),
        ({"steps": 2.5}, "steps must be a whole number, received 2.5"),
        ({"steps": True}, "steps must be a whole number, received True"),
        ({"momenta": "much"}, "momenta must be a number, received 'much'"),
        ({"momenta": [0.5, float("nan")]}, "momenta must be a finite number, received nan"),
    ],
)
def test_a_setting_that_breaks_a_rule_is_refused_in_one_line(changed, words, experiment, ran, shown):
    with pytest.raises(InputError) as refused:
        experiment.run(**changed)
    assert str(refused.value) == words
    assert ran == [] and shown == []


def test_the_settings_are_a_table_in_the_language_chosen(experiment):
    with language("zh"):
        table = experiment.settings
    assert isinstance(table, pandas.DataFrame)
    assert list(table.iloc[:, 0]) == ["drawn", "drawn_steps", "momenta", "rates", "steps"]
    assert all(any(character > "\u4e00" for character in meaning) for meaning in table.iloc[:, 1])


@pytest.mark.parametrize("name", ["learning_rate", "gain", "noise"])
def test_a_slider_draws_another_picture_at_each_end(name):
    slider = sliders.SLIDERS[name]()
    pictures = []
    for value in (slider.values[0], slider.values[-1]):
        drawn, file = slider.draw(value), io.BytesIO()
        assert isinstance(drawn, Figure)
        drawn.savefig(file, format="png")
        pictures.append(file.getvalue())
    assert pictures[0] != pictures[1] and slider.first in slider.values


def test_without_ipywidgets_a_slider_is_a_picture_and_advice(monkeypatch, shown, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    sliders.slider("learning_rate")
    assert "python -m pip install ipywidgets" in capsys.readouterr().out
    (picture,) = shown
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.format == "PNG"


def test_a_slider_that_does_not_exist_is_refused(shown):
    with pytest.raises(InputError, match="a slider must be one of .*, received much"):
        sliders.slider("much")
    assert shown == []
