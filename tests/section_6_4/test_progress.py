"""What a run of the GAN prints: one line updated in place on a terminal, elsewhere the lecture's lines."""

import os
import pty
import re
import subprocess
import sys

STEPS = ["--batch-size=16", "--hidden-units=8", "--latent-dim=6", "--steps=60"]
EVERY = ["--log-every=10", "--grid-every=60", "--checkpoint-every=10"]


def command(output):
    return [sys.executable, "-m", "chapter6.section_6_4", "gan", f"--output={output}", *STEPS, *EVERY]


def on_terminal(arguments, **variables):
    """Run a command on a pseudo-terminal of 100 columns; return its status and all that it wrote there."""
    master, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100", "LINES": "50"} | variables
    process = subprocess.Popen(arguments, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    written = []
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            # Linux' end of what a terminal whose program has ended has to say.
            break
        if not part:
            break
        written.append(part)
    os.close(master)
    return process.wait(timeout=60), b"".join(written).decode()


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
    finished = subprocess.run(command(tmp_path), capture_output=True, text=True, timeout=300, check=True)
    lines = re.findall(
        r"^The checkpoint has been created\. Iteration (\d+), D loss \d+\.\d{4}, G loss \d+\.\d{4}$",
        finished.stdout,
        re.MULTILINE,
    )
    assert lines == ["10", "20", "30", "40", "50", "60"]
    assert "\x1b" not in finished.stdout and "it/s" not in finished.stdout


def test_on_a_terminal_one_line_below_the_bar_is_updated_in_place(tmp_path):
    status, written = on_terminal(command(tmp_path))
    shown = screen(written)
    assert status == 0
    (place,) = [row for row, line in enumerate(shown) if "The checkpoint has been created." in line]
    assert "Iteration 60," in shown[place]
    assert "60/60" in shown[place - 1]
    assert "60 iterations are done" in "".join(shown[place + 1 :])


def test_a_terminal_without_controls_gets_the_lines(tmp_path):
    status, written = on_terminal(command(tmp_path), TERM="dumb")
    assert status == 0 and "\x1b" not in written
    assert written.count("The checkpoint has been created.") == 6
