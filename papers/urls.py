"""The addresses of the papers."""

import datetime as dt

from django.urls import path, register_converter

from papers import views


class DayConverter:
    """A calendar day as 2025-07-29."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> dt.date:
        return dt.date.fromisoformat(value)

    def to_url(self, value: dt.date | str) -> str:
        return value if isinstance(value, str) else value.isoformat()


register_converter(DayConverter, "day")

urlpatterns = [
    path("", views.day, name="day"),
    path("papers/<day:day>/", views.day, name="day"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("paper/<int:pk>/", views.paper, name="paper"),
    path("robots.txt", views.robots, name="robots"),
    path("healthz/", views.health, name="health"),
]
