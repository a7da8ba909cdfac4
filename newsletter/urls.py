"""The addresses that letters lead to."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from newsletter import webhooks
from newsletter.views import gallery, letters, tracking


class Opinion(StringConverter):
    """What a feedback link can say of a paper."""

    regex = "more|less|up|back"


register_converter(Opinion, "opinion")

urlpatterns = [
    path("o/<str:token>.gif", tracking.open_pixel, name="open_pixel"),
    path("c/<str:token>/<int:number>/", tracking.click, name="click"),
    path("f/<str:token>/<int:number>/<opinion:kind>/", tracking.feedback, name="feedback"),
    path("d/<str:token>/", letters.web_view, name="web_view"),
    path("anymail/", include((webhooks.urls(), "anymail"))),
    path("letters/", gallery.gallery, name="gallery"),
    path("letters/<slug:name>/", gallery.gallery, name="gallery_letter"),
    path("letters/<slug:name>/html/", gallery.gallery_html, name="gallery_html"),
    path("letters/<slug:name>/send/", gallery.gallery_send, name="gallery_send"),
    path("preview/", letters.preview, name="preview"),
]
