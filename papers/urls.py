"""The addresses of the papers."""

import datetime as dt

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from papers import views
from papers.api import api, api_page


class DayConverter:
    """A calendar day as 2025-07-29."""

    regex = r"[12]\d{3}-\d{2}-\d{2}"
    format = "%Y-%m-%d"

    def to_python(self, value: str) -> dt.date:
        return dt.datetime.strptime(value, self.format).date()  # noqa: DTZ007 - a day has no zone

    def to_url(self, value: dt.date) -> str:
        return value.strftime(self.format)


class MonthConverter(DayConverter):
    """The first day of a month as 2025-07."""

    regex = r"[12]\d{3}-\d{2}"
    format = "%Y-%m"


class WeekConverter:
    """The Monday of an ISO week as 2025-W31."""

    regex = r"[12]\d{3}-W\d{2}"

    def to_python(self, value: str) -> dt.date:
        return dt.date.fromisocalendar(int(value[:4]), int(value[6:]), 1)

    def to_url(self, value: dt.date) -> str:
        year, week, _ = value.isocalendar()
        return f"{year}-W{week:02}"


class FormConverter(StringConverter):
    """A form of feed."""

    regex = "atom|json"


class CitationConverter(StringConverter):
    """A form of citation."""

    regex = "bibtex|ris"


register_converter(DayConverter, "day")
register_converter(WeekConverter, "week")
register_converter(MonthConverter, "month")
register_converter(FormConverter, "feed")
register_converter(CitationConverter, "citation")

urlpatterns = [
    path("", views.day, name="day"),
    path("papers/<day:day>/", views.day, name="day"),
    path("week/", views.week, name="week"),
    path("week/<week:week>/", views.week, name="week"),
    path("month/", views.month, name="month"),
    path("month/<month:month>/", views.month, name="month"),
    path("trending/", views.trending, name="trending"),
    path("topics/", views.topics, name="topics"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("paper/<int:pk>/", views.paper, name="paper"),
    path("paper/<int:pk>/<citation:form>/", views.citation, name="citation"),
    path("authors/<path:name>/", views.author, name="author"),
    path("search/", views.search_page, name="search"),
    path("suggest/", views.suggestion, name="suggest"),
    path("<feed:form>/", views.feed_of_days, name="feed"),
    path("topics/<slug:slug>/<feed:form>/", views.feed_of_topic, name="topic_feed"),
    path("search/<feed:form>/", views.feed_of_search, name="search_feed"),
    path("api/", api_page, name="api"),
    path("api/v1/", api.urls),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap_index, name="sitemap"),
    path("sitemaps/pages.xml", views.sitemap_pages, name="sitemap_pages"),
    path("sitemaps/<month:month>.xml", views.sitemap_month, name="sitemap_month"),
    path("healthz/", views.health, name="health"),
]
