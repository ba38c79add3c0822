"""TensorBoard, started on the logs of real short runs, shows them in a real browser."""

import base64
import contextlib
import csv
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse

import numpy as np
import PIL.Image
import pytest
from playwright.sync_api import TimeoutError

from chapter6.gan.model import LOSSES
from chapter6.gan.summaries import read_losses
from tests.browser import SECONDS, opened_page, started_browser


@pytest.fixture(scope="module")
def page():
    with started_browser() as browser, opened_page(browser, viewport={"width": 1400, "height": 1600}) as page:
        yield page


@contextlib.contextmanager
def started(command, **options):
    """Start a process as a session of its own; kill it and all that it started at the end of the block."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()


@pytest.fixture(scope="module")
def logs(quick_section, tmp_path_factory):
    """The event files of one training of the GAN and of one search."""
    folder = tmp_path_factory.mktemp("runs")
    for section, name in (("section_6_4", "gan"), ("section_6_2", "grid")):
        shutil.copytree(quick_section(section).of(name), folder / section / f"{name}_quick")
    return folder


@pytest.fixture(scope="module")
def tensorboard(page, logs, tmp_path_factory):
    """Address of a TensorBoard of its own, on a port that the system chose."""
    output = tmp_path_factory.mktemp("tensorboard") / "log"
    command = [
        sys.executable,
        *["-m", "tensorboard.main", "--host", "127.0.0.1", "--port", "0", "--logdir"],
        str(logs),
    ]
    # Its standard input ends with the tests, however they end, and the shell then ends TensorBoard.
    kept = ["sh", "-c", '"$@" & cat; kill $!', "sh", *command]
    with output.open("wb") as log, started(kept, stdin=subprocess.PIPE, stdout=log, stderr=log):
        deadline = time.monotonic() + SECONDS
        while not (address := re.search(r"http://127\.0\.0\.1:\d+/", output.read_text())):
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.2)
        yield address.group()


def look(page, address, expression):
    """Open an address until an expression is true: TensorBoard shows what it has read when it is opened."""
    for seconds in (15, 30, 60, 120):
        # The same address again would load nothing.
        page.goto("about:blank")
        page.goto(address)
        with contextlib.suppress(TimeoutError):
            return page.wait_for_function(expression, timeout=1000 * seconds).json_value()
    raise AssertionError(f"not true after 225 s: {expression}; errors: {page.errors}")


def test_the_four_losses_are_drawn_as_they_were_logged(page, tensorboard, logs):
    tags = urllib.parse.quote(f"^({'|'.join(LOSSES)})$")
    drawn = look(
        page,
        f"{tensorboard}?forceSVG=true&smoothing=0&tagFilter={tags}#timeseries",
        """(() => {
            const cards = [...document.querySelectorAll("scalar-card")].map(card => [
                card.querySelector(".tag").title,
                card.querySelector(".series-view > svg > path")?.getAttribute("d")]);
            return cards.length == 4 && cards.every(([tag, curve]) => curve) && Object.fromEntries(cards);
        })()""",
    )
    assert set(drawn) == set(LOSSES)
    logged = read_losses(logs / "section_6_4" / "gan_quick")
    assert len(logged["iteration"]) == 30
    for tag, curve in drawn.items():
        x, y = np.transpose([point.split(",") for point in curve[1:].split("L")]).astype(float)
        # Pixels count from the left and from the top.
        for pixels, values, direction in ((x, logged["iteration"], 1), (y, logged[tag], -1)):
            slope, offset = np.polyfit(values, pixels, 1)
            assert slope * direction > 0
            np.testing.assert_allclose(pixels, slope * np.array(values) + offset, atol=0.01)


def test_the_grids_are_shown_and_the_last_is_the_file(page, tensorboard, logs):
    shown = look(
        page,
        f"{tensorboard}?tagFilter=samples#timeseries",
        """(() => {
            const card = document.querySelector("image-card");
            const image = card?.querySelector("img");
            // Until the whole picture is there, the canvas stays black.
            if (!image?.complete || !image.naturalWidth) return null;
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            canvas.getContext("2d").drawImage(image, 0, 0);
            return {
                step: card.querySelector(".step").innerText,
                steps: Number(card.querySelector("input[type=range]").max) + 1,
                picture: canvas.toDataURL("image/png"),
            };
        })()""",
    )
    files = sorted((logs / "section_6_4" / "gan_quick").glob("???.png"))
    assert (shown["step"], shown["steps"]) == ("Step 300", len(files))
    picture = PIL.Image.open(io.BytesIO(base64.b64decode(shown["picture"].partition(",")[2])))
    np.testing.assert_array_equal(picture.convert("L"), PIL.Image.open(files[-1]).convert("L"))


def test_the_hparams_table_has_the_trials_of_a_search(page, tensorboard, logs):
    texts = look(
        page,
        f"{tensorboard}#hparams",
        """(() => {
            // The table lies in shadow trees, which querySelectorAll does not enter.
            const all = root => [...root.querySelectorAll("*")].flatMap(
                element => [element, ...(element.shadowRoot ? all(element.shadowRoot) : [])]);
            const texts = all(document).filter(element => element.localName == "vaadin-grid-cell-content")
                .map(cell => cell.textContent.trim()).filter(text => text);
            return texts.length >= 9 + 4 * 8 && texts;
        })()""",
    )
    hyperparameters = ["dropout", "hidden_layers", "hidden_units", "learning_rate", "weight_decay"]
    metrics = ["validation_accuracy", "validation_error"]
    assert texts[:9] == ["Trial ID", "Show Metrics", *hyperparameters, *metrics]
    columns = ["trial", *hyperparameters, *metrics]
    lines = [dict(zip(columns, line, strict=True)) for line in zip(*[iter(texts[9:])] * 8, strict=True)]
    numbers = ("hidden_units", "learning_rate", "validation_accuracy")
    shown = [(line["trial"], *(float(line[name]) for name in numbers)) for line in lines]
    with (logs / "section_6_2" / "grid_quick" / "trials.csv").open(newline="") as file:
        logged = [
            (
                f"section_6_2/grid_quick/trials/{row['trial']}",
                float(row["hidden_units"]),
                float(row["learning_rate"]),
                pytest.approx(1 - float(row["validation_error"]), rel=1e-4),
            )
            for row in csv.DictReader(file)
        ]
    assert sorted(shown) == logged
