"""Headless Chromium for tests, by Playwright."""

import contextlib
import shutil

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Generous, since it is only ever waited for in full where a test fails.
SECONDS = 180
OPTIONS = (
    # Containers have neither the namespaces nor the shared memory that it asks for; only our own pages are
    # opened, and no host but this one is found.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@contextlib.contextmanager
def started_browser():
    """Give a Playwright `Browser`, the system's Chromium; skip the test, and say why, where there is none."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip(f"there is no browser on the path ({', '.join(NAMES)}); Debian's package is chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=OPTIONS, timeout=1000 * SECONDS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def opened_page(browser, **options):
    """Give a Playwright `Page` that notes ``errors`` and ``requests``, addresses, since it was opened.

    Args:
        browser: What `started_browser` gives.
        **options: Of Playwright's ``new_context``, as ``viewport`` and ``locale``.
    """
    context = browser.new_context(**options)
    context.set_default_timeout(1000 * SECONDS)
    page = context.new_page()
    page.errors, page.requests = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.errors.append(message.text))
    page.on("requestfailed", lambda request: page.errors.append(f"{request.url} {request.failure}"))
    page.on("request", lambda request: page.requests.append(request.url))
    try:
        yield page
    finally:
        context.close()
