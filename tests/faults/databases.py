"""The two databases a trial can run on, each with a model of so many readers that is filled once and copied."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

from bench.postgres import Cluster

Seed = Callable[[str], None]


class SqliteFile:
    """A database in a file of the trial's folder, or of another `place`."""

    name = "sqlite"
    most_workers = 1

    def __init__(self, templates: Path, *, place: Path | None = None) -> None:
        self.templates, self.place = templates, place

    def create(self, folder: Path, model: str, seed: Seed) -> str:
        """Return the address of a copy of the model; the first trial that wants it fills it."""
        template, self.path = self.templates / f"{model}.sqlite3", (self.place or folder) / "trial.sqlite3"
        if not template.exists():
            seed(f"sqlite:///{template}")
        shutil.copy(template, self.path)
        return f"sqlite:///{self.path}"

    def rows(self, sql: str) -> list[tuple]:
        connection = sqlite3.connect(self.path, timeout=20)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def execute(self, sql: str) -> None:
        with sqlite3.connect(self.path, timeout=20) as connection:
            connection.execute(sql)
        connection.close()

    def copy(self, folder: Path) -> str:
        """Keep a backup and return its address; from then on questions go to the backup."""
        backup = folder / "backup.sqlite3"
        source, target = sqlite3.connect(self.path, timeout=20), sqlite3.connect(backup)
        source.backup(target)
        source.close()
        target.close()
        self.path = backup
        return f"sqlite:///{backup}"

    def drop(self) -> None:
        """The folder goes with the test."""


class PostgresDatabase:
    """A database of its own in a running cluster."""

    name = "postgres"
    most_workers = 2

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def create(self, folder: Path, model: str, seed: Seed) -> str:
        self.trial, template = f"trial_{uuid.uuid4().hex[:12]}", f"template_{model}"
        if not self.cluster.rows(f"SELECT 1 FROM pg_database WHERE datname = '{template}'", "postgres"):
            seed(self.cluster.url(template))
        self.names = [self.trial]
        return self.cluster.url(self.trial, template=template)

    def rows(self, sql: str) -> list[tuple]:
        return self.cluster.rows(sql, self.trial)

    def execute(self, sql: str) -> None:
        self.cluster.execute(sql, self.trial)

    def copy(self, folder: Path) -> str:
        """Keep a backup and return its address; from then on questions go to the backup. Nobody may be connected."""
        backup = f"{self.trial}_backup"
        self.cut()
        url = self.cluster.url(backup, template=self.trial)
        self.trial = backup
        self.names.append(backup)
        return url

    def cut(self) -> None:
        """End every connection to the trial's database."""
        self.cluster.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.trial}'", "postgres"
        )

    def drop(self) -> None:
        for name in self.names:
            self.cluster.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
