"""The languages: what readers see is there in each of them, without gettext tools on the machine."""

import importlib.util
import re
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from mail.letter import compose

spec = importlib.util.spec_from_file_location("texts", Path(settings.BASE_DIR) / "locale" / "texts.py")
texts = importlib.util.module_from_spec(spec)
spec.loader.exec_module(texts)

PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}|</?\w+")


def parts(text):
    return (text,) if isinstance(text, str) else tuple(text)


def test_each_language_that_readers_can_choose_has_a_catalogue():
    assert {code for code, _name in settings.LANGUAGES} == {"en", *texts.LANGUAGES}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_everything_that_readers_see_is_translated(language):
    assert texts.missing(language) == [], (
        "run python locale/texts.py, then translate what is empty in the .po, run again"
    )


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_compiled_catalogue_is_the_one_of_its_source(language):
    compiled = Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES" / "django.mo"
    assert compiled.read_bytes() == texts.compiled(language), "run: python locale/texts.py"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_translation_has_the_places_and_tags_of_its_text(language):
    for message in texts.catalogue(language):
        if message.id and all(parts(message.string)):
            wanted = {place for part in parts(message.id) for place in PLACES.findall(part)}
            assert {place for part in parts(message.string) for place in PLACES.findall(part)} == wanted, message.id


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_collector_finds_texts_of_pages_code_and_letters(language):
    found = texts.texts()
    assert found["Keep these wishes"] == {"templates/subscribers/preferences.html"}
    assert found["Choose at least one day."] == {"subscribers/forms/preferences.py"}
    assert ("%(count)s paper", "%(count)s papers") in found
    assert any(place.startswith("templates/mail/") for places in found.values() for place in places)


def test_a_letter_speaks_german():
    letter = compose("confirm", key="1", to="ada@example.org", context={"link": "https://x.example/"}, language="de")
    assert "Adresse bestätigen" in letter.text
    assert "Adresse best" in letter.html
    assert "Bestätigen Sie" in str(make_header(decode_header(letter.headers["Subject"])))


def test_an_unknown_language_is_english():
    with translation.override("tlh"):
        assert translation.gettext("Your wishes") == "Your wishes"
