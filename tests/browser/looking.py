"""What browser tests do with a page: sign in, wait until it is whole, measure it, print it, ask axe, keep a picture."""

from __future__ import annotations

import importlib.resources
import os
from pathlib import Path
from typing import Any

PASSWORD = "correct horse battery"
SHOTS = os.environ.get("SCREENSHOTS", "")
AXE = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FINDINGS = """async ([only]) => {
    const options = {resultTypes: ["violations"], runOnly: only};
    const found = await axe.run(document, options);
    return found.violations
        .filter(one => ["serious", "critical"].includes(one.impact))
        .map(one => [one.id, one.nodes.map(node => node.target.join(" ") + " :: " + node.failureSummary)]);
}"""


def sign_in(page: Any, name: str) -> None:
    page.goto("/sign-in/")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto("/scorecards/")


def settled(page: Any) -> Any:
    """Return the page once its stylesheets are there; what it looks like is not decided before."""
    page.wait_for_load_state("load")
    return page


def findings(page: Any) -> list[Any]:
    """Return what is serious or critical: every rule in light, and what depends on colours once more in dark."""
    page.emulate_media(color_scheme="light")
    page.evaluate(AXE)
    light = page.evaluate(FINDINGS, [{"type": "tag", "values": TAGS}])
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(FINDINGS, [{"type": "rule", "values": ["color-contrast"]}])
    return light + [["dark", *one] for one in dark]


def print_out(page: Any) -> None:
    """Show the page as it stands on paper."""
    settled(page).emulate_media(media="print")


def shot(page: Any, name: str) -> None:
    """Keep a picture of the whole page in the folder that SCREENSHOTS names; without one, do nothing."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        settled(page).screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def overflow(page: Any) -> int:
    return settled(page).evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def contrasts(page: Any) -> list[list[Any]]:
    """Return every text whose contrast with its ground is below 4.5 (WCAG AA)."""
    return settled(page).evaluate(
        """() => {
        const channel = c => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 };
        const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
        const rgba = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n };
        const ground = element => {
            for (let e = element; e; e = e.parentElement) {
                const colour = rgba(getComputedStyle(e).backgroundColor);
                if (colour[3] > 0.99) return colour;
            }
            return [255, 255, 255, 1];
        };
        const poor = [];
        for (const element of document.querySelectorAll("body *")) {
            if (![...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
            if (!element.checkVisibility()) continue;
            const pair = [light(rgba(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
            const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
            if (ratio < 4.5) poor.push([element.tagName, element.textContent.trim().slice(0, 40), ratio]);
        }
        return poor;
    }"""
    )
