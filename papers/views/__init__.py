"""The pages of the papers: one file a page."""

from papers.views.day import day, month, trending, week
from papers.views.feed import feed_of_days, feed_of_search, feed_of_topic
from papers.views.paper import citation, paper
from papers.views.plumbing import health, robots
from papers.views.search import author, search_page
from papers.views.sitemap import sitemap_index, sitemap_month, sitemap_pages
from papers.views.suggestion import suggestion
from papers.views.topic import topic, topics

__all__ = [
    "author",
    "citation",
    "day",
    "feed_of_days",
    "feed_of_search",
    "feed_of_topic",
    "health",
    "month",
    "paper",
    "robots",
    "search_page",
    "sitemap_index",
    "sitemap_month",
    "sitemap_pages",
    "suggestion",
    "topic",
    "topics",
    "trending",
    "week",
]
