"""Every kind of source by the name that `import_papers --source` and the admin know it by."""

from papers.sources import (
    arxiv_api,
    arxiv_feed,
    arxiv_oai,
    bibtex,
    feed,
    huggingface,
    huggingface_page,
    saved_page,
    single,
    table,
)
from papers.sources.base import Parsed, Reader, Record, Rejection, Request, SourceError

READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        huggingface.READER,
        huggingface_page.READER,
        arxiv_api.READER,
        arxiv_feed.READER,
        arxiv_oai.READER,
        saved_page.READER,
        feed.READER,
        bibtex.READER,
        table.READER,
        single.READER,
    )
}

__all__ = ["READERS", "Parsed", "Reader", "Record", "Rejection", "Request", "SourceError"]
