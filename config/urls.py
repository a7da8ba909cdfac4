"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from config import staff as staff  # loads the admin pages and dresses those of others
from config.celery import app as app  # which the pages ring
from config.metrics import metrics

urlpatterns = [
    path("metrics/", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("", include("newsletter.urls")),
    path("", include("subscribers.urls")),
    path("", include("papers.urls")),
]

handler400 = "papers.views.errors.bad_request"
handler500 = "config.errors.server_error"
