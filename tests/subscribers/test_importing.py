"""An import on its way: shown before, cut off, overtaken, and each row once."""

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from readers import CONSENT, NOW, a_reader, counts

from subscribers.models import ConsentRecord, ImportRun, Subscriber
from subscribers.transfer import arriving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_dry_run_counts_the_same_and_changes_nothing(bring, monkeypatch):
    monkeypatch.setattr(arriving, "_BATCH", 1)
    a_reader("bob@example.org").leave(now=NOW)
    sheet = "email\nada@example.org\nADA@example.org\nbob@example.org\nnobody\n"
    expected = counts(new=1, same=1, left=1, rejected=1)
    assert bring(sheet, "--dry-run", consent="") == expected
    assert (Subscriber.objects.count(), ImportRun.objects.count()) == (1, 0)
    assert bring(sheet) == expected


def test_a_preview_of_many_shows_some():
    sheet = "email\n" + "".join(f"reader-{number}@example.org\nnobody-{number}\n" for number in range(501))
    seen = arriving.begin(sheet.encode(), file_name="people.csv", consent=CONSENT, options={}, now=NOW).preview()
    assert (seen.counts["rejected"], len(seen.rejections), seen.counts["new"], len(seen.arrivals)) == (
        501,
        500,
        501,
        20,
    )


def test_a_batch_that_somebody_overtakes_comes_whole_at_the_second_try(bring):
    clashes = iter([IntegrityError("somebody agreed in this very moment")])

    def clash(execute, sql, *more):
        if "subscribers_consentrecord" in sql and sql.startswith("INSERT"):
            for error in clashes:
                raise error
        return execute(sql, *more)

    with connection.execute_wrapper(clash):
        assert bring("email\nada@example.org\nbob@example.org\n") == counts(new=2)
    assert (Subscriber.objects.count(), ConsentRecord.objects.count()) == (2, 2)


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(bring, tmp_path, monkeypatch):
    monkeypatch.setattr(arriving, "_BATCH", 10)
    sheet = "email\n" + "".join(f"reader-{number}@example.org\n" for number in range(35))
    work = arriving.begin(sheet.encode(), file_name="people.csv", consent=CONSENT, options={}, now=NOW)
    steps = work.steps(now=NOW)
    next(steps), next(steps)  # and then the power went out
    assert Subscriber.objects.count() == 20

    with pytest.raises(CommandError, match="begin a new one"):
        bring("email\nanother@example.org\n", "--resume")
    assert bring(sheet, "--resume") == counts(new=35)
    run = ImportRun.objects.get()
    assert (run.rows, run.rows_done, run.finished_at) == (35, 35, NOW)
    assert ConsentRecord.objects.count() == 35
    with pytest.raises(CommandError, match="begin a new one"):
        bring(sheet, "--resume")


def test_the_import_says_how_far_it_is(tmp_path, capsys):
    path = tmp_path / "people.csv"
    path.write_text("email\nada@example.org\n")
    call_command("import_subscribers", str(path), "--consent", CONSENT)
    captured = capsys.readouterr()
    assert "1 of 1 rows" in captured.err
    assert "email from “email”" in captured.err
    assert "1 new" in captured.out
    assert "ada@" not in captured.out + captured.err


def test_two_presses_on_one_import_count_each_row_once(monkeypatch):
    monkeypatch.setattr(arriving, "_BATCH", 2)
    sheet = "email\n" + "".join(f"reader-{number}@example.org\n" for number in range(6))
    one = arriving.begin(sheet.encode(), file_name="people.csv", consent=CONSENT, options={}, now=NOW)
    one.run.save()
    steps = one.steps(now=NOW)
    other = arriving.Import(ImportRun.objects.get(), sheet.encode()).steps(now=NOW)
    next(steps)
    with pytest.raises(arriving.Overtaken, match="on its way already"):
        next(other)
    assert [run.rows_done for run in steps][-1] == 6
    run = ImportRun.objects.get()
    assert (run.new, run.same, run.rows_done, Subscriber.objects.count()) == (6, 0, 6, 6)
