"""Search of titles, authors and abstracts: one function, whatever the database."""

from papers.search.authors import by_author
from papers.search.searching import PAGE, Found, Wish, search

__all__ = ["PAGE", "Found", "Wish", "by_author", "search"]
