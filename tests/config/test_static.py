"""Static files may be kept for long, because their addresses change with them."""

import re

import pytest
from django.templatetags.static import static

pytestmark = pytest.mark.django_db


def test_the_address_of_a_static_file_holds_a_hash_of_it():
    assert re.fullmatch(r"/static/site\.css\?v=[0-9a-f]{8}", static("site.css"))


def test_a_static_file_may_be_kept_for_a_week(client):
    answer = client.get(static("site.css"))
    assert answer.status_code == 200
    assert "max-age=604800" in answer["Cache-Control"]


def test_a_file_that_is_not_there_has_a_plain_address():
    assert static("nothing.css") == "/static/nothing.css"
