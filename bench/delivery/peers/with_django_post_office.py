"""django-post-office as it says: send_many into its table, then send_queued_mail."""

from base import COUNT, LETTER, SITE, context, measure, reader, set_up, template

set_up(
    "post_office",
    EMAIL_BACKEND="post_office.EmailBackend",
    POST_OFFICE={
        "BATCH_SIZE": 500,
        "THREADS_PER_PROCESS": 5,
        "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
    },
)

from django.core.management import call_command  # noqa: E402
from django.template import engines  # noqa: E402
from post_office import mail  # noqa: E402

text, html = (engines["django"].from_string(template(part)) for part in ("text", "html"))


def send():
    for first in range(0, COUNT, 500):
        mail.send_many([letter(number) for number in range(first, min(first + 500, COUNT))])
    call_command("send_queued_mail", processes=1, log_level=0)


def letter(number):
    values = context(number)
    return {
        "sender": "digest@papers.example",
        "recipients": [reader(number)],
        "subject": LETTER["subject"],
        "message": text.render(values),
        "html_message": html.render(values),
        "headers": {"List-Unsubscribe": f"<{SITE}/u/{values['token']}/>"},
    }


measure(send)
