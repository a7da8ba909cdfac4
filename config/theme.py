"""How admin looks and in which order it is read: the newsletter's colours, the day's work first."""

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

# Steps of the accent #A8321A and of a warm grey, darkest text 16:1 on the lightest ground.
_ACCENT = {
    "50": "#FDF4F1", "100": "#FAE4DD", "200": "#F5C7BA", "300": "#F2937A", "400": "#DE6B4D", "500": "#C24A2C",
    "600": "#A8321A", "700": "#8C2915", "800": "#732414", "900": "#5E2013", "950": "#340E07",
}  # fmt: skip
_GREY = {
    "50": "#FBFAF7", "100": "#F3F1EB", "200": "#E4E0D6", "300": "#CFC9BC", "400": "#9C968A", "500": "#6E6A61",
    "600": "#5F5B53", "700": "#45423C", "800": "#34312C", "900": "#1F1D1A", "950": "#161513",
}  # fmt: skip


def _page(title: object, icon: str, model: str) -> dict[str, object]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


def _icon(request: HttpRequest) -> str:
    return static("favicon.svg")


def _style(request: HttpRequest) -> str:
    return static("admin.css")


NAVIGATION = [
    {"items": [{"title": _("Today"), "icon": "newspaper", "link": reverse_lazy("admin:index")}]},
    {
        "title": _("The newsletter"),
        "separator": True,
        "items": [
            _page(_("Editions"), "calendar_month", "newsletter.edition"),
            _page(_("Announcements"), "campaign", "newsletter.announcement"),
            _page(_("Digests"), "mail", "newsletter.digest"),
            _page(_("What came back"), "reply", "newsletter.event"),
            _page(_("Ranking weights"), "tune", "newsletter.recipe"),
            _page(_("Experiments"), "compare_arrows", "newsletter.experiment"),
            {"title": _("Letter gallery"), "icon": "gallery_thumbnail", "link": reverse_lazy("gallery")},
        ],
    },
    {
        "title": _("Papers"),
        "separator": True,
        "items": [
            _page(_("Papers"), "article", "papers.paper"),
            _page(_("Topics"), "label", "papers.topic"),
            _page(_("Suggestions"), "lightbulb", "papers.suggestion"),
            _page(_("Sources"), "rss_feed", "papers.source"),
            _page(_("Imports"), "download", "papers.sourcerun"),
        ],
    },
    {
        "title": _("Readers"),
        "separator": True,
        "items": [
            _page(_("Readers"), "group", "subscribers.subscriber"),
            _page(_("Sign-ups"), "how_to_reg", "subscribers.ask"),
            _page(_("Imports of readers"), "upload_file", "subscribers.importrun"),
            _page(_("Account letters"), "outgoing_mail", "subscribers.notice"),
            _page(_("Consents"), "verified_user", "subscribers.consentrecord"),
            _page(_("Never write to"), "block", "subscribers.suppression"),
        ],
    },
    {
        "title": _("Staff"),
        "separator": True,
        "collapsible": True,
        "items": [
            _page(_("Users"), "badge", "auth.user"),
            _page(_("Roles"), "lock_person", "auth.group"),
            _page(_("What was done"), "history", "admin.logentry"),
            _page(_("Failed sign-ins"), "gpp_bad", "axes.accessattempt"),
        ],
    },
]


def theme(name: str) -> dict[str, object]:
    """Return the settings of the admin theme for a newsletter of this name."""
    return {
        "SITE_TITLE": name,
        "SITE_HEADER": name,
        "SITE_SYMBOL": "newspaper",
        "SHOW_HISTORY": True,
        "DASHBOARD_CALLBACK": "newsletter.dashboard.dashboard",
        "BORDER_RADIUS": "4px",
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
        "STYLES": [_style],
        "COLORS": {"base": _GREY, "primary": _ACCENT},
        "SIDEBAR": {"show_search": False, "show_all_applications": True, "navigation": NAVIGATION},
    }
