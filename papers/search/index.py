"""The full-text index: made and mended beside the tables, because no migration of ours can hold it.

Django rebuilds a table of SQLite for some migrations and its triggers are gone without a word; so the index is looked
at after every migrate, and filled anew when a trigger is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

# What the index holds of a row; names of authors come out of their JSON, so that é is é and not an escape.
_TEXT = """{row}.id, {row}.title, (SELECT group_concat(value, ' ; ') FROM json_each({row}.authors)), {row}.abstract"""
_FORGET = f"INSERT INTO papers_search(papers_search, rowid, title, authors, abstract) VALUES ('delete', {_TEXT});"
_LEARN = f"INSERT INTO papers_search(rowid, title, authors, abstract) VALUES ({_TEXT});"
_CHANGED = "old.title IS NOT new.title OR old.authors IS NOT new.authors OR old.abstract IS NOT new.abstract"

SQLITE_TABLE = """CREATE VIRTUAL TABLE IF NOT EXISTS papers_search USING fts5(
    title, authors, abstract, content='', tokenize='porter unicode61 remove_diacritics 2')"""
SQLITE_TRIGGERS = {
    "papers_search_new": f"AFTER INSERT ON papers_paper BEGIN {_LEARN.format(row='new')} END",
    "papers_search_gone": f"AFTER DELETE ON papers_paper BEGIN {_FORGET.format(row='old')} END",
    "papers_search_changed": f"AFTER UPDATE OF title, authors, abstract ON papers_paper WHEN {_CHANGED} BEGIN "
    f"{_FORGET.format(row='old')} {_LEARN.format(row='new')} END",
}
SQLITE_FILL = f"""INSERT INTO papers_search(rowid, title, authors, abstract)
    SELECT {_TEXT.format(row="papers_paper")} FROM papers_paper"""

# The fold is what remove_diacritics does above, in every script; unaccent is not everywhere. It costs 0.1 ms a paper
# (measured), so only the text that holds more than ASCII is folded.
FOLD = (
    "CASE WHEN octet_length({text}) = char_length({text}) THEN {text} "
    r"ELSE regexp_replace(normalize({text}, NFD), '[\u0300-\u036f\u3099\u309a]+', '', 'g') END"
)
_TITLE = f"to_tsvector('english', {FOLD.format(text='NEW.title')})"
_REST = (
    f"setweight(to_tsvector('english', {FOLD.format(text='NEW.authors::text')}), 'B') || "
    f"setweight(to_tsvector('english', {FOLD.format(text='NEW.abstract')}), 'D')"
)
# What an import may give along; a row without them learns them by itself.
COLUMNS = ("search_title", "search")
# What the planner should know of; the texts themselves it is never asked for.
PLANNED = ("featured_on", "trend", "votes", "arxiv_id", "doi", "title_key", "is_hidden", *COLUMNS)
INDEXES = ["papers_search", "papers_search_title"]
_IS_CHANGED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in ("title", "authors", "abstract"))
POSTGRESQL = (
    "ALTER TABLE papers_paper ADD COLUMN IF NOT EXISTS search_title tsvector, ADD COLUMN IF NOT EXISTS search tsvector",
    # They were generated columns once.
    "ALTER TABLE papers_paper ALTER COLUMN search DROP EXPRESSION IF EXISTS, "
    "ALTER COLUMN search_title DROP EXPRESSION IF EXISTS",
    # Rows folded by a list of accents, which knew none of Vietnam, are learned anew below.
    """DO $$ BEGIN IF EXISTS (SELECT FROM pg_proc WHERE proname = 'papers_search_learn' AND prosrc LIKE '%translate(%')
        THEN DROP TRIGGER papers_search_new ON papers_paper; UPDATE papers_paper SET search = NULL WHERE
        octet_length(title || authors || abstract) <> char_length(title || authors || abstract); END IF; END $$""",
    f"""CREATE OR REPLACE FUNCTION papers_search_learn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.search_title := {_TITLE}; NEW.search := setweight(NEW.search_title, 'A') || {_REST}; RETURN NEW; END $$""",
    """CREATE OR REPLACE TRIGGER papers_search_new BEFORE INSERT OR UPDATE OF search ON papers_paper
        FOR EACH ROW WHEN (NEW.search IS NULL) EXECUTE FUNCTION papers_search_learn()""",
    f"""CREATE OR REPLACE TRIGGER papers_search_changed BEFORE UPDATE OF title, authors, abstract ON papers_paper
        FOR EACH ROW WHEN ({_IS_CHANGED}) EXECUTE FUNCTION papers_search_learn()""",
    # Papers that were there before the columns.
    "UPDATE papers_paper SET search = NULL WHERE search IS NULL",
    # Kept in the row: fetched from outside it, the words of 14,000 papers took 250 ms to compare, now 50.
    "ALTER TABLE papers_paper ALTER COLUMN search SET STORAGE MAIN",
    # Packed and unpacked several times as fast; a server without it keeps its usual way.
    """DO $$ BEGIN ALTER TABLE papers_paper ALTER COLUMN search SET COMPRESSION lz4,
        ALTER COLUMN abstract SET COMPRESSION lz4, ALTER COLUMN original_abstract SET COMPRESSION lz4;
        EXCEPTION WHEN feature_not_supported THEN NULL; END $$""",
    "CREATE INDEX IF NOT EXISTS papers_search ON papers_paper USING gin (search)",
    "CREATE INDEX IF NOT EXISTS papers_search_title ON papers_paper USING gin (search_title)",
)


@contextmanager
def learn_together(connection: BaseDatabaseWrapper, first: int, last: int) -> Iterator[None]:
    """Let SQLite learn the new papers `first` to `last` at once when they are written, within the same transaction.

    Measured: a trigger makes FTS5 write its words out behind every single row, which took 240 of 360 us a paper.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS papers_search_new")
        yield
        cursor.execute(f"{SQLITE_FILL} WHERE id BETWEEN %s AND %s", [first, last])
        cursor.execute(f"CREATE TRIGGER papers_search_new {SQLITE_TRIGGERS['papers_search_new']}")


def settle(connection: BaseDatabaseWrapper, *, written: int) -> None:
    """Sort the words that wait in PostgreSQL's index into it, since a search would have to read them all; when
    `written` papers are many of all, let the planner look at them now and not when the server finds the time.

    Measured with 200,000 papers that it had not looked at: a common word took 380 ms, a large topic 190; then 22 and
    19. It looks at 30,000 rows at most, which takes 0.6 s.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list(name) FROM unnest(%s::regclass[]) AS name", [INDEXES])
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'papers_paper'::regclass")
        (known,) = cursor.fetchone() or (0,)
        if written * 10 > known:
            cursor.execute(f"ANALYZE papers_paper ({', '.join(PLANNED)}), papers_papertopic")


def ensure_after_migrate(*, using: str, **_) -> None:
    """Hear Django's post_migrate."""
    ensure(connections[using])


def ensure(connection: BaseDatabaseWrapper) -> None:
    """Make the index when it is missing, and fill it from the papers when it may have missed some."""
    with connection.cursor() as cursor:
        if "papers_paper" not in connection.introspection.table_names(cursor):
            return
        if connection.vendor == "postgresql":
            for statement in POSTGRESQL:
                cursor.execute(statement)
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'papers_paper'")
        if SQLITE_TRIGGERS.keys() <= {name for (name,) in cursor.fetchall()}:
            return
        cursor.execute(SQLITE_TABLE)
        for name, body in SQLITE_TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
        cursor.execute("INSERT INTO papers_search(papers_search) VALUES ('delete-all')")
        cursor.execute(SQLITE_FILL)
