"""Every word of a letter is there in every language."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import templatize, trans_real

from mail.letter import compose

ROOT = Path(__file__).parents[2]
OTHERS = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
CALLS = {"gettext": 1, "_": 1, "ngettext": 1, "pgettext": 2}


def words_of_templates():
    for path in sorted((ROOT / "templates" / "mail").iterdir()):
        for call in re.findall(
            r"gettext\((u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))", templatize(path.read_text())
        ):
            yield ast.literal_eval(call)


def words_of_code():
    for path in (ROOT / "newsletter" / "rendering").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                yield node.args[CALLS[node.func.id] - 1].value


@pytest.mark.parametrize("language", OTHERS)
def test_no_word_of_a_letter_is_left_in_english(language):
    wanted = {*words_of_templates(), *words_of_code()}
    assert len(wanted) > 60
    catalogue = trans_real.translation(language)._catalog
    known = {(key[0] if isinstance(key, tuple) else key).rpartition("\x04")[2] for key in catalogue.keys()}  # noqa: SIM118 (no iterator)
    assert wanted - known == set()


def test_a_german_letter_is_german():
    letter = compose("confirm", key="1", to="a@example.org", context={"link": "https://x.example/"}, language="de")
    assert "Confirm my address" not in letter.html
    assert "bestätigen" in letter.html
    assert translation.get_language() == "en"
