"""Django alone: a template a reader, EmailMultiAlternatives, one connection kept open."""

from base import COUNT, LETTER, SITE, context, measure, reader, set_up, template

set_up()

from django.core.mail import EmailMultiAlternatives, get_connection  # noqa: E402
from django.template import engines  # noqa: E402

text, html = (engines["django"].from_string(template(part)) for part in ("text", "html"))


def send():
    with get_connection() as connection:
        for number in range(COUNT):
            values = context(number)
            headers = {"List-Unsubscribe": f"<{SITE}/u/{values['token']}/>"}
            message = EmailMultiAlternatives(
                LETTER["subject"], text.render(values), "digest@papers.example", [reader(number)], headers=headers
            )
            message.attach_alternative(html.render(values), "text/html")
            connection.send_messages([message])


measure(send)
