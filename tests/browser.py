"""Headless Chromium for tests, driven over the pipe of its DevTools protocol.

The pipe needs neither a port nor a driver program nor a package, and Chromium ends when it closes, so that
nothing outlives the tests even where they are killed.
"""

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Generous, since it is only ever waited for in full where a test fails.
SECONDS = 180
OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    # Containers have neither the namespaces nor the shared memory that it asks for; only our own pages are
    # opened, and no host but this one is found.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
)


@contextlib.contextmanager
def opened_page(width=1280, height=1024):
    """Give a `Page` of a Chromium of its own; skip the test, with the reason, where there is none."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip(f"there is no browser on the path ({', '.join(NAMES)}); Debian's package is chromium")
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        # The protocol is spoken on descriptors 3 and 4, and Popen hands out 0 and 1.
        command = ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null', "sh", executable, *OPTIONS]
        command += [f"--user-data-dir={profile}", f"--window-size={width},{height}", "about:blank"]
        with started(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            # Where it leaves its own temporary files too.
            env={**os.environ, "HOME": profile, "TMPDIR": profile},
        ) as process:
            yield Page(process, width, height)


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
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            pipe.close()


class Page:
    """A page of the browser, and what it complained of."""

    def __init__(self, process, width, height):
        self._process = process
        self._received = b""
        self._number = 0
        self._session = {}
        #: What was written to the console as an error or not caught, and what could not be loaded.
        self.errors = []
        #: The addresses that were asked for since the page was opened.
        self.requests = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        self.resize(width, height)

    def resize(self, width, height, phone=False):
        """Make the page `width` x `height` CSS pixels; `phone` takes narrow screens' own rules."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )

    def open(self, address):
        """Open an address and wait until the page and all in it are loaded."""
        self.errors.clear()
        self.requests.clear()
        failed = self._call("Page.navigate", url=str(address)).get("errorText")
        assert not failed, f"{address}: {failed}"
        self.wait_for("document.readyState === 'complete'")

    def evaluate(self, expression):
        """Return the JSON value of a JavaScript expression, awaited where it is a promise."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(_told(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait_for(self, expression, seconds=SECONDS):
        """Return an expression's value once JavaScript takes it for true; fail after so many seconds."""
        deadline = time.monotonic() + seconds
        while not (value := self.evaluate(expression)):
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"still {value!r} after {seconds} s: {expression}; errors: {self.errors}"
                )
            time.sleep(0.2)
        return value

    def pdf(self, path):
        """Save the page as it prints."""
        Path(path).write_bytes(base64.b64decode(self._call("Page.printToPDF", printBackground=True)["data"]))

    def _call(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **self._session}
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(method)
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self._note(answer)

    def _receive(self, method):
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._process.stdout], [], [], SECONDS)
            assert ready, f"Chromium has not answered {method} for {SECONDS} s"
            more = os.read(self._process.stdout.fileno(), 1 << 20)
            assert more, f"Chromium has ended at {method}"
            self._received += more
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.errors.append(_told(parameters["exceptionDetails"]))
        elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
            self.errors.append(
                " ".join(str(arg.get("value", arg.get("description"))) for arg in parameters["args"])
            )
        elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}".strip())
        elif event.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif event.get("method") == "Network.loadingFailed" and not parameters.get("canceled"):
            self.errors.append(parameters["errorText"])


def _told(details):
    return details.get("exception", {}).get("description", details["text"])
