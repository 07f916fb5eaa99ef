"""A real browser without a screen: headless Chromium, driven by Selenium."""

from __future__ import annotations

import shutil
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FLAGS = "--headless=new --no-sandbox --disable-dev-shm-usage --disable-gpu --hide-scrollbars --no-first-run"

CONTRAST = """
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("script, style, symbol")) continue;
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05);
  if (ratio < 4.5) found.push(`${walker.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
}
return found;
"""
"""Texts whose contrast to what is behind them is below 4.5, the AA of WCAG."""


class Browser:
    """One browser; `open` begins a new page each time."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        for flag in FLAGS.split():
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = shutil.which("chromedriver")
        assert driver, "chromedriver is missing: make deps"
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.driver.set_page_load_timeout(30)

    def close(self) -> None:
        self.driver.quit()

    def open(self, url: str) -> Browser:
        self.driver.get(url)
        return self

    def look_like(self, *, width=1280, height=900, dark=False, script=True) -> Browser:
        """What kind of browser it is from now on."""
        command = self.driver.execute_cdp_cmd
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        command("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        command("Emulation.setEmulatedMedia", {"features": [scheme]})
        command("Emulation.setScriptExecutionDisabled", {"value": not script})
        return self

    # Reading -------------------------------------------------------------------------------------------------------

    def all(self, css: str) -> list:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def text(self, css: str = "body") -> str:
        """The text of the first such element as one line, the empty text if there is none."""
        for _ in range(3):
            try:
                found = self.all(css)
                return " ".join(found[0].text.split()) if found else ""
            except StaleElementReferenceException:
                continue
        return ""

    def run(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    @property
    def focused(self) -> str:
        """The text of what has the focus, hidden words included."""
        return " ".join(self.run("return document.activeElement.textContent").split())

    def wait(self, condition, what: str, seconds: float = 15):
        end = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < end, f"waited {seconds} s for {what}; the page says: {self.text()}"
            time.sleep(0.05)
        return value

    def wait_text(self, css: str, wanted: str) -> None:
        self.wait(lambda: wanted in self.text(css), f"{wanted!r} in {css}")

    def complaints(self) -> list[str]:
        """What the console was told since the last time: errors, and what the policy has blocked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return self.run("return document.documentElement.scrollWidth - window.innerWidth")

    def weak_texts(self) -> list[str]:
        return self.run(CONTRAST)

    def unnamed(self) -> list[str]:
        """Controls, tables and landmarks for which a screen reader has no name."""
        roles = {"button", "link", "textbox", "searchbox", "spinbutton", "combobox", "checkbox", "table", "dialog", "region"}
        nodes = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        shown = [node for node in nodes if not node.get("ignored") and node["role"]["value"] in roles]
        assert shown, "nothing that can be named"
        return [node["role"]["value"] for node in shown if not node.get("name", {}).get("value", "").strip()]

    # Doing ---------------------------------------------------------------------------------------------------------

    def click(self, css: str) -> None:
        self.one(css).click()

    def click_text(self, within: str, word: str) -> None:
        """Clicks the link or button that begins with a word."""
        found = [element for element in self.all(f"{within} a, {within} button") if element.text.strip().startswith(word)]
        assert found, f"no {word!r} in {within}: {self.text(within)}"
        found[0].click()

    def fill(self, css: str, text: str) -> None:
        field = self.one(css)
        field.clear()
        field.send_keys(text)

    def choose(self, css: str, value: str) -> None:
        self.one(f"{css} option[value='{value}']").click()

    def press(self, *keys: str) -> None:
        """Keys, as Selenium's `Keys` or as text, to whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def tab_to(self, word: str, most: int = 200) -> None:
        """Moves the focus on until it is on something that begins with a word."""
        for _ in range(most):
            self.press(Keys.TAB)
            if self.focused.startswith(word):
                return
        raise AssertionError(f"the keyboard does not reach {word!r}")
