"""Every kind of source by the name that `import_papers --source` and the admin know it by."""

from papers.sources import huggingface, huggingface_page, saved_page
from papers.sources.base import Parsed, Reader, Record, Rejection, Request, SourceError

READERS: dict[str, Reader] = {
    reader.name: reader for reader in (huggingface.READER, huggingface_page.READER, saved_page.READER)
}

__all__ = ["READERS", "Parsed", "Reader", "Record", "Rejection", "Request", "SourceError"]
