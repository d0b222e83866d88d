"""Single sign-on and the second step are off: nothing of them is loaded, shown or reachable until somebody asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.make import make_user
from vendors.choices import Role
from vendors.services import second_step

ROOT = Path(__file__).resolve().parents[2]
LOADED = """
import sys
import django
django.setup()
import config.urls, config.celery
print(any(name.partition(".")[0] == "allauth" for name in sys.modules))
"""
WITHOUT_PACKAGE = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "allauth" else found(name, *rest)
import django
django.setup()
"""


@pytest.mark.django_db
def test_nothing_of_them_is_there() -> None:
    user = make_user("mina", Role.MANAGER, is_staff=True)
    client = Client(headers={"accept-language": "en"})

    assert "/sso/" not in client.get("/sign-in/").content.decode()
    assert [client.get(path).status_code for path in ("/sso/", "/sso/callback/", "/second-step/")] == [404] * 3
    assert not any("allauth" in name for name in (*settings.INSTALLED_APPS, *settings.MIDDLEWARE))
    assert not second_step.is_asked_of(user)
    client.post("/sign-in/", {"username": "mina", "password": "correct horse battery"})
    assert "second-step" not in client.get("/today/").content.decode()


def test_nothing_of_the_package_is_loaded() -> None:
    """In a process of its own: other tests load it into theirs."""
    about = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}

    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, env=about, capture_output=True, text=True, timeout=60
    )

    assert done.stdout.strip() == "False", done.stderr


def test_the_product_names_neither_package_nor_extra_among_what_it_needs() -> None:
    assert "allauth" not in (ROOT / "requirements.txt").read_text()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"SSO_ISSUER": "https://id.example.com", "SSO_CLIENT_ID": "a", "SSO_CLIENT_SECRET": "b"},
            "requirements-sso",
        ),
        ({"SECOND_STEP": "1"}, "pip install -r requirements-sso.txt"),
        ({"SSO_ISSUER": "https://login.example.com"}, "SSO_CLIENT_ID and SSO_CLIENT_SECRET"),
    ],
)
def test_who_asks_for_them_without_what_they_need_is_told_the_cure(environment: dict[str, str], words: str) -> None:
    about = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **environment}

    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PACKAGE], cwd=ROOT, env=about, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 1
    assert words in done.stderr.splitlines()[-1]
