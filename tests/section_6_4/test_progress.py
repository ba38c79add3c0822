"""What a run of the GAN prints: one line updated in place on a terminal, elsewhere the lecture's lines."""

import os
import pty
import re
import select

from tests.forked import ForkedCommand

STEPS = ["--batch-size=16", "--hidden-units=8", "--latent-dim=6", "--steps=60"]
EVERY = ["--log-every=10", "--grid-every=60", "--checkpoint-every=10"]


def begun(output, **options):
    words = "gan", f"--output={output}", *STEPS, *EVERY
    return ForkedCommand("chapter6.section_6_4", *words, **options)


def on_terminal(output, **variables):
    """Run it on a pseudo-terminal of 100 columns; return its status and all that it wrote there."""
    master, terminal = pty.openpty()
    variables = {"TERM": "xterm", "COLUMNS": "100", "LINES": "50"} | variables
    process = begun(output, terminal=terminal, **variables)
    written = []
    while process.poll() is None or select.select([master], [], [], 0)[0]:
        if select.select([master], [], [], 0.1)[0]:
            written.append(os.read(master, 65536))
    os.close(master)
    os.close(terminal)
    return process.returncode, b"".join(written).decode()


def screen(written):
    """Return the lines that a terminal shows after all this was written, by the controls that rich uses."""
    lines, row, column = [""], 0, 0
    for control, argument, action, sign in re.findall(r"(\x1b\[\??([\d;]*)([A-Za-z]))|([^\x1b])", written):
        if action == "A":
            row -= int(argument or 1)
        elif action == "K":
            lines[row] = "" if argument == "2" else lines[row][:column]
        elif sign == "\r":
            column = 0
        elif sign == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif not control:
            lines[row] = lines[row][:column].ljust(column) + sign + lines[row][column + 1 :]
            column += 1
    return lines


def test_elsewhere_each_checkpoint_is_a_line_in_the_lectures_words(tmp_path):
    process = begun(tmp_path)
    printed, _ = process.communicate()
    assert process.returncode == 0
    lines = re.findall(
        r"^The checkpoint has been created\. Iteration (\d+), D loss \d+\.\d{4}, G loss \d+\.\d{4}$",
        printed,
        re.MULTILINE,
    )
    assert lines == ["10", "20", "30", "40", "50", "60"]
    assert "\x1b" not in printed and "it/s" not in printed


def test_on_a_terminal_one_line_below_the_bar_is_updated_in_place(tmp_path):
    status, written = on_terminal(tmp_path)
    shown = screen(written)
    assert status == 0
    (place,) = [row for row, line in enumerate(shown) if "The checkpoint has been created." in line]
    assert "Iteration 60," in shown[place]
    assert "60/60" in shown[place - 1]
    assert "60 iterations are done" in "".join(shown[place + 1 :])


def test_a_terminal_without_controls_gets_the_lines(tmp_path):
    status, written = on_terminal(tmp_path, TERM="dumb")
    assert status == 0 and "\x1b" not in written
    assert written.count("The checkpoint has been created.") == 6
