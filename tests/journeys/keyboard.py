"""Somebody who uses no mouse: Tab leads to what is wanted, and wherever a key is pressed the focus can be seen."""

import pytest
from playwright.sync_api import ElementHandle, FileChooser, FilePayload, Locator, Page, expect

MOST_TABS = 120


def press(target: Locator, key: str = "Enter") -> None:
    """Go to an element and press a key on it."""
    _reach(target)
    target.page.keyboard.press(key)


def follow(target: Locator) -> None:
    """Open a link or send a form by Enter, and wait for the page that comes."""
    _reach(target)
    with target.page.expect_navigation():
        target.page.keyboard.press("Enter")


def confirm(link: Locator, button: str) -> None:
    """Open the page that asks whether it is meant, which a script shows as a dialog, and press the button there."""
    press(link)
    follow(link.page.locator("[data-confirm]").get_by_role("button", name=button))


def write(field: Locator, text: str) -> None:
    """Type over what stands in a field."""
    press(field, "Control+A")
    field.page.keyboard.press("Delete")
    field.page.keyboard.type(text)


def tick(box: Locator) -> None:
    press(box, "Space")
    expect(box).to_be_checked()


def choose(choices: Locator, label: str) -> None:
    """Go down a list of choices to one of them."""
    press(choices, "Home")
    chosen = choices.locator("option:checked")
    for _ in range(choices.locator("option").count()):
        if chosen.inner_text().strip() == label:
            return
        choices.page.keyboard.press("ArrowDown")
    pytest.fail(f"{label} cannot be chosen on {choices.page.url}")


def mark(wanted: Locator) -> None:
    """Choose one of several radio buttons: Tab leads to the group, the arrows lead through it."""
    name = wanted.get_attribute("name")
    group = wanted.page.locator(f"input[type=radio][name={name}]")
    checked = wanted.page.locator(f"input[type=radio][name={name}]:checked")
    press(checked if checked.count() else group.first, "Space")
    for _ in range(group.count()):
        if wanted.is_checked():
            return
        wanted.page.keyboard.press("ArrowDown")
    pytest.fail(f"{name} cannot be chosen on {wanted.page.url}")


def attach(field: Locator, name: str, content: bytes) -> None:
    """Choose a file, in the browser's own window."""
    file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    # The window is ours from here on: asked for with the key alone, it sometimes opened before that was heard.
    field.page.on("filechooser", _ours)
    _reach(field)
    with field.page.expect_file_chooser() as chooser:
        field.page.keyboard.press("Space")
    chooser.value.set_files(file)


def _ours(_chooser: FileChooser) -> None:
    """Take the window that `attach` waits for."""


def download(link: Locator) -> bytes:
    """Return the file behind a link."""
    _reach(link)
    with link.page.expect_download() as download:
        link.page.keyboard.press("Enter")
    return download.value.path().read_bytes()


def _reach(target: Locator) -> None:
    """Press Tab until the element has the focus."""
    page, element = target.page, target.element_handle()
    for _ in range(MOST_TABS):
        if element.evaluate("element => element === document.activeElement"):
            _see_focus(element, page)
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{target} cannot be reached by Tab on {page.url}")


def _see_focus(element: ElementHandle, page: Page) -> None:
    style = element.evaluate("element => ['outlineStyle', 'boxShadow'].map((name) => getComputedStyle(element)[name])")
    assert style != ["none", "none"], f"the focus on {element} cannot be seen on {page.url}"
