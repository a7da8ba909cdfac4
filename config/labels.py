"""What the pages of the staff call tables and columns, where the name in the code would be no word of an editor's.

Here and not in the models: a label changes no table, and so needs no migration.
"""

from django.apps import apps
from django.utils.translation import gettext_lazy as _

APPS = {"newsletter": _("The newsletter"), "papers": _("Papers"), "subscribers": _("Readers")}
TABLES = {
    "newsletter.placement": (_("pin or ban"), _("pins and bans")),
    "papers.papertopic": (_("topic of the paper"), _("topics of the paper")),
    "papers.sourcerun": (_("import"), _("imports")),
    "subscribers.ask": (_("sign-up"), _("sign-ups")),
    "subscribers.consentrecord": (_("consent"), _("consents")),
    "subscribers.notice": (_("account letter"), _("account letters")),
    "subscribers.suppression": (_("address that gets no letter"), _("addresses that get no letter")),
    "subscribers.subscriber": (_("reader"), _("readers")),
    "subscribers.topicpreference": (_("wish for a topic"), _("wishes for topics")),
}
COLUMNS = {
    "newsletter.digest": {
        "subscriber": _("page of the reader"),
        "due_at": _("due"),
        "sent_at": _("sent"),
        "last_code": _("server said"),
        "delivered_at": _("delivered"),
        "bounced_at": _("bounced"),
        "complained_at": _("called spam"),
    },
    "newsletter.edition": {
        "note": _("your note"),
        "candidate_count": _("readers due"),
        "excluded_count": _("had it already"),
        "expires_at": _("too late after"),
    },
    "newsletter.announcement": {"released_at": _("released")},
    "newsletter.event": {"at": _("when"), "is_machine": _("by a machine")},
    "newsletter.experiment": {
        "changes": _("what is different"),
        "share": _("share of readers"),
        "ends_at": _("ends"),
        "started_at": _("started"),
        "stopped_at": _("stopped"),
    },
    "papers.paper": {
        "arxiv_id": _("arXiv id"),
        "arxiv_version": _("arXiv version"),
        "code_url": _("code"),
        "doi": _("DOI"),
        "featured_on": _("day"),
        "is_hidden": _("hidden"),
        "is_sample": _("sample"),
        "pdf_url": _("PDF"),
        "project_url": _("project"),
        "published_on": _("published"),
        "url": _("address"),
    },
    "papers.source": {
        "is_enabled": _("on"),
        "every_minutes": _("minutes between two looks"),
        "last_success_at": _("last success"),
        "next_fetch_at": _("next look"),
    },
    "papers.sourcerun": {"started_at": _("started")},
    "subscribers.ask": {"created_at": _("asked"), "settled_at": _("answered"), "confirmed_at": _("confirmed")},
    "subscribers.consentrecord": {"at": _("when")},
    "subscribers.importrun": {"started_at": _("started"), "left": _("left alone"), "same": _("known already")},
    "subscribers.notice": {"created_at": _("asked"), "sent_at": _("sent")},
    "subscribers.suppression": {"at": _("when")},
    "subscribers.subscriber": {
        "cadence": _("how often"),
        "confirmed_at": _("confirmed"),
        "created_at": _("signed up"),
        "hour": _("at"),
        "last_digest_day": _("day of the last digest"),
        "left_at": _("left"),
        "left_reason": _("why they left"),
        "min_papers": _("only with at least"),
        "next_digest_at": _("next digest"),
        "next_digest_day": _("day of the next digest"),
        "quiet_holidays": _("no digest on holidays of"),
        "size": _("papers in a digest"),
        "timezone": _("time zone"),
        "tracking": _("learning"),
        "wants_quiet_letter": _("word on an empty day"),
        "wants_updates": _("new versions"),
        "announcements_since": _("announcements since"),
    },
}


def label() -> None:
    """Give apps, tables and columns these names."""
    for app, name in APPS.items():
        apps.get_app_config(app).verbose_name = name
    for table, (one, many) in TABLES.items():
        options = apps.get_model(table)._meta
        options.verbose_name, options.verbose_name_plural = one, many
    for table, columns in COLUMNS.items():
        for column, name in columns.items():
            apps.get_model(table)._meta.get_field(column).verbose_name = name
