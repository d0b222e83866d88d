"""A mail as a page in the browser: its own inline styles are let through by their hashes, and nothing else is."""

from __future__ import annotations

import hashlib
import html
import re
from base64 import b64encode

from django.http import HttpResponse

_ATTRIBUTE = re.compile(r'\sstyle="([^"]*)"')
_ELEMENT = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def mail_page(body: str) -> HttpResponse:
    """Answer with the HTML of a mail of ours, under a policy that names each of its styles and allows no script."""
    styles = {html.unescape(style) for style in _ATTRIBUTE.findall(body)} | set(_ELEMENT.findall(body))
    answer = HttpResponse(body)
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-hashes' {' '.join(sorted(map(_hash, styles)))};"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return answer


def _hash(style: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
