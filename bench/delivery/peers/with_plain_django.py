"""Django alone: a template a reader, EmailMultiAlternatives, one connection kept open."""

from base import COUNT, LETTER, measure, reader, set_up, template

set_up()

from django.core.mail import EmailMultiAlternatives, get_connection  # noqa: E402
from django.template import engines  # noqa: E402

text, html = (engines["django"].from_string(template(part, "token")) for part in ("text", "html"))


def send():
    with get_connection() as connection:
        for number in range(COUNT):
            context = {"token": f"token-of-reader-{number:08}-abcdefghijklmnop"}
            headers = {"List-Unsubscribe": f"<https://papers.example/u/{context['token']}/>"}
            message = EmailMultiAlternatives(
                LETTER["subject"], text.render(context), "digest@papers.example", [reader(number)], headers=headers
            )
            message.attach_alternative(html.render(context), "text/html")
            connection.send_messages([message])


measure(send)
