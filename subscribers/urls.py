"""The addresses of sign-up, preferences and leaving."""

from django.urls import path

from subscribers.views import preferences

urlpatterns = [
    path("preferences/<str:token>/", preferences.manage, name="manage"),
    path("preferences/<str:token>/pause/", preferences.pause, name="manage_pause"),
    path("preferences/<str:token>/learning/", preferences.tracking, name="manage_tracking"),
    path("preferences/<str:token>/address/", preferences.address, name="manage_address"),
    path("preferences/<str:token>/data/", preferences.data, name="manage_data"),
    path("preferences/<str:token>/delete/", preferences.forget, name="manage_delete"),
    path("address/<str:token>/", preferences.new_address, name="new_address"),
]
