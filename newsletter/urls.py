"""The addresses that letters lead to, and those of a reader's own papers."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

import papers.urls  # noqa: F401 - names the forms of feeds and of citations
from newsletter import webhooks
from newsletter.views import gallery, letters, rereading, tracking


class Opinion(StringConverter):
    """What a feedback link can say of a paper."""

    regex = "more|less|up|back"


register_converter(Opinion, "opinion")

urlpatterns = [
    path("o/<str:token>.gif", tracking.open_pixel, name="open_pixel"),
    path("c/<str:token>/<int:number>/", tracking.click, name="click"),
    path("f/<str:token>/<int:number>/<opinion:kind>/", tracking.feedback, name="feedback"),
    path("d/<str:token>/", letters.web_view, name="web_view"),
    path("d/<str:token>/<feed:form>/", rereading.own_feed, name="own_feed"),
    path("preferences/<str:token>/papers/", rereading.own_papers, name="own_papers"),
    path("preferences/<str:token>/papers/<citation:form>/", rereading.own_citations, name="own_citations"),
    path("preferences/<str:token>/papers/<int:pk>/back/", rereading.take_back, name="take_back"),
    path("anymail/", include((webhooks.urls(), "anymail"))),
    path("letters/", gallery.gallery, name="gallery"),
    path("letters/<slug:name>/", gallery.gallery, name="gallery_letter"),
    path("letters/<slug:name>/html/", gallery.gallery_html, name="gallery_html"),
    path("letters/<slug:name>/send/", gallery.gallery_send, name="gallery_send"),
    path("preview/", letters.preview, name="preview"),
]
