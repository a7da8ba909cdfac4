"""A library of papers, given as a file: read, not kept, and not lost when the page comes back with a remark."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from subscribers.models import Ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("topics")]
BIB = """@article{one, title = {Robots that fold}, author = {Lovelace, Ada}}
@article{two, title = {Größere Robots}, author = {Ada Lovelace and Alan Turing}}
"""


def give(client, content, **more):
    upload = SimpleUploadedFile("library.bib", content)
    return client.post(reverse("subscribe"), {"email": "ada@example.org", "library": upload, **more})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_library_is_followed_as_if_it_was_pasted(client, encoding):
    assert give(client, BIB.encode(encoding)).url == reverse("check_mail")
    assert Ask.objects.get().wishes["authors"] == ["Ada Lovelace"]


def test_a_paste_and_a_file_count_together(client):
    give(client, b"@article{one, title={Folding}, author={Grace Hopper}}", seeds=BIB + "author = {Grace Hopper}")
    assert Ask.objects.get().wishes["authors"] == ["Ada Lovelace", "Grace Hopper"]


def test_a_file_is_not_lost_when_something_else_is_wrong(client):
    answer = give(client, BIB.encode(), email="ada@")
    assert answer.status_code == 422
    assert "Größere Robots" in answer.text.split('name="seeds"')[1].split("</textarea>")[0]


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (b"%PDF-1.7\0\0\0", "That is no text file."),
        (b"@" * 1_000_001, "The file is larger than 1 MB."),
        (b"", "The submitted file is empty."),
        (b"I like robots", "We found no arXiv link and no BibTeX entry in this."),
    ],
    ids=["not text", "too large", "empty", "no paper"],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_way_out(client, content, remark):
    answer = give(client, content)
    assert answer.status_code == 422
    assert remark in answer.text
    assert "look at the marked places below" in answer.text
    assert not Ask.objects.exists()
