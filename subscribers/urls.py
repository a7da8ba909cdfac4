"""The addresses of sign-up, preferences and leaving."""

from django.urls import path

from subscribers.views import elsewhere, leaving, link_by_mail, preferences, signup, staying

urlpatterns = [
    path("preferences/", link_by_mail.ask_link, name="ask_link"),
    path("preferences/<str:token>/", preferences.manage, name="manage"),
    path("preferences/<str:token>/pause/", preferences.pause, name="manage_pause"),
    path("preferences/<str:token>/learning/", preferences.tracking, name="manage_tracking"),
    path("preferences/<str:token>/announcements/", preferences.announcements, name="manage_announcements"),
    path("preferences/<str:token>/address/", preferences.address, name="manage_address"),
    path("preferences/<str:token>/data/", preferences.data, name="manage_data"),
    path("preferences/<str:token>/delete/", preferences.forget, name="manage_delete"),
    path("address/<str:token>/", preferences.new_address, name="new_address"),
    path("subscribe/", signup.subscribe, name="subscribe"),
    path("subscribe/embed/", elsewhere.embed, name="subscribe_embed"),
    path("api/subscribe/", elsewhere.subscribe_json, name="subscribe_json"),
    path("subscribe/check-mail/", signup.check_mail, name="check_mail"),
    path("subscribe/again/", signup.ask_again, name="ask_again"),
    path("subscribe/correct/", signup.correct_address, name="correct_address"),
    path("confirm/<str:token>/", signup.confirm, name="confirm"),
    path("confirm/<str:token>/again/", signup.confirm_again, name="confirm_again"),
    path("welcome/<str:token>/", signup.welcome, name="welcome"),
    path("unsubscribe/<str:token>/", leaving.unsubscribe, name="unsubscribe"),
    path("unsubscribe/<str:token>/why/", leaving.say_why, name="say_why"),
    path("stay/<str:token>/", staying.stay, name="stay"),
    path("undo/<str:token>/", leaving.undo, name="undo"),
    # RFC 8058: the address in the List-Unsubscribe header.
    path("u/<str:token>/", leaving.one_click, name="one_click"),
]
