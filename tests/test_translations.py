"""Korean is complete: every text of the sources is in a catalogue, translated, compiled, and not shadowed."""

from __future__ import annotations

import ast
import gettext as standard_gettext
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation.template import templatize

pytestmark = pytest.mark.sqlite  # no database is in it: once is enough

ROOT = Path(__file__).resolve().parent.parent
APPS = ("vendors", "kpis", "bpo", "config")
FIRST_IS_TEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
FIRST_IS_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")
# Parts of the packages the product does not install.
NOT_SHOWN = {
    "constance",
    "forms",
    "guardian",
    "import_export",
    "inlines",
    "location_field",
    "unfold_crispy",
    "migrations",
}
Key = tuple[str, str]


def catalogue(app: str) -> dict[Key, tuple[str, bool]]:
    """Return the Korean text and whether it is fuzzy, by context and English text."""
    path = ROOT / app / "locale" / "ko" / "LC_MESSAGES" / "django.po"
    found = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            start = re.match(r"(msgctxt|msgid_plural|msgid|msgstr)(?:\[\d\])? ", line)
            if start:
                name, line = start[1], line[start.end() :]
                fields.setdefault(name, "")
            fields[name] += ast.literal_eval(line)
        if fields.get("msgid"):
            found[fields.get("msgctxt", ""), fields["msgid"]] = (fields["msgstr"], "#, fuzzy" in block)
    return found


def in_python(source: str) -> Iterator[Key]:
    """Yield the texts a module marks for translation."""
    names = dict.fromkeys(FIRST_IS_TEXT, 0) | dict.fromkeys(FIRST_IS_CONTEXT, 1)
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {alias.asname: names[alias.name] for alias in node.names if alias.asname and alias.name in names}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names):
            continue
        place = names[node.func.id]
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if len(texts) > place and all(isinstance(text, str) for text in texts[: place + 1]):
            yield (texts[0] if place else "", texts[place])


def in_template(source: str) -> Iterator[Key]:
    """Yield the texts a template marks for translation."""
    calls = re.findall(r"\b(_|gettext|ngettext)\((u?r?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))", templatize(source))
    for _name, literal in calls:
        yield ("", ast.literal_eval(literal))


def texts_of(app: str) -> set[Key]:
    found: set[Key] = set()
    for path in (ROOT / app).rglob("*.py"):
        if "migrations" not in path.parts:
            found.update(in_python(path.read_text(encoding="utf-8")))
    for path in (ROOT / app).rglob("templates/**/*.html"):
        found.update(in_template(path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("app", APPS)
def test_it_has_every_text_of_the_sources_in_korean(app: str) -> None:
    missing = texts_of(app) - set(catalogue(app))

    assert not missing, f"cd {app} && python ../manage.py makemessages -l ko --add-location file, then translate"


@pytest.mark.parametrize("name", ["unfold", "simple_history", "django_filters"])
def test_it_has_korean_for_the_packages_that_ship_none(name: str) -> None:
    root = Path(importlib.import_module(name).__file__).parent
    found: set[Key] = set()
    for path in (*root.rglob("*.py"), *root.rglob("templates/**/*.html")):
        if not NOT_SHOWN.intersection(path.relative_to(root).parts):
            found.update((in_python if path.suffix == ".py" else in_template)(path.read_text(encoding="utf-8")))

    with translation.override("ko"):
        english = [
            text for _, text in found if {translation.gettext(text), translation.ngettext(text, text, 1)} == {text}
        ]

    assert sorted(english) == [], "name them in config/package_texts.py, then translate"


@pytest.mark.parametrize("app", APPS)
def test_it_leaves_no_text_untranslated_or_in_doubt(app: str) -> None:
    open_texts = [key for key, (korean, is_fuzzy) in catalogue(app).items() if not korean or is_fuzzy]

    assert open_texts == []


@pytest.mark.parametrize("app", APPS)
def test_no_korean_sentence_writes_a_particle_both_ways(app: str) -> None:
    """Which of 은 and 는 fits depends on the word put in, so the sentence is made such that none follows it."""
    both = re.compile(r"[은는을를이가과와]\([은는을를이가과와]\)|\(으\)로")

    assert [key for key, (korean, _fuzzy) in catalogue(app).items() if both.search(korean)] == []


@pytest.mark.parametrize("app", APPS)
def test_it_keeps_every_placeholder(app: str) -> None:
    wrong = [
        key
        for key, (korean, _) in catalogue(app).items()
        if set(PLACEHOLDERS.findall(key[1])) - {"%%"} != set(PLACEHOLDERS.findall(korean)) - {"%%"}
        and "%(counter)s" not in korean + key[1]
        and "%(count)s" not in korean + key[1]
    ]

    assert wrong == []


@pytest.mark.parametrize("app", APPS)
def test_it_ships_the_compiled_catalogue_of_the_present_texts(app: str) -> None:
    path = ROOT / app / "locale" / "ko" / "LC_MESSAGES" / "django.mo"
    with path.open("rb") as file:
        compiled = standard_gettext.GNUTranslations(file)

    for (context, english), (korean, _) in catalogue(app).items():
        found = {compiled.gettext(english), compiled.ngettext(english, english, 1), compiled.pgettext(context, english)}
        assert korean in found, f"cd {app} && python ../manage.py compilemessages -l ko"


def test_it_says_the_same_in_every_app_and_is_shadowed_by_no_other() -> None:
    with translation.override("ko"):
        for app in APPS:
            for (context, english), (korean, _) in catalogue(app).items():
                shown = translation.pgettext(context, english) if context else translation.gettext(english)
                plural = translation.ngettext(english, english, 1)
                assert korean in (shown, plural), (app, english)


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("Not submitted", "미제출"),
        ("No volume", "물량 없음"),
        ("Too few cases", "표본 부족"),
        ("Provisional", "잠정"),
        ("Below minimum", "최소 미달"),
        ("Below target", "목표 미달"),
        ("Met", "달성"),
        ("Attainment", "달성률"),
        ("Score", "환산점수"),
        ("Weight", "배점"),
        ("Points", "득점"),
        ("Total score", "총점"),
        ("Disputed", "이의신청"),
        ("Final", "확정"),
        ("Acknowledged by both", "상호 확인"),
        ("In review", "검토 요청"),
    ],
)
def test_it_uses_the_words_of_the_glossary(english: str, korean: str) -> None:
    with translation.override("ko"):
        assert translation.gettext(english) == korean
