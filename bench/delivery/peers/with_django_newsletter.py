"""django-newsletter with the digest as the template of its message: everybody gets the same ten papers."""

from base import COUNT, LETTER, measure, reader, set_up, template

set_up(
    "django.contrib.sites",
    "sorl.thumbnail",
    "newsletter",
    ROOT_URLCONF="newsletter.urls",
    SITE_ID=1,
    NEWSLETTER_THUMBNAIL="sorl-thumbnail",
    templates={
        "newsletter/message/message_subject.txt": LETTER["subject"],
        "newsletter/message/message.txt": template("text", "subscription.activation_code"),
        "newsletter/message/message.html": template("html", "subscription.activation_code"),
    },
)

from django.contrib.sites.models import Site  # noqa: E402
from django.utils import timezone  # noqa: E402

from newsletter.models import Message, Newsletter, Submission, Subscription  # noqa: E402

paper_round = Newsletter.objects.create(
    title="Papers", slug="papers", email="digest@papers.example", sender="Papers", send_html=True
)
paper_round.site.set([Site.objects.get_current()])
Subscription.objects.bulk_create(
    Subscription(
        newsletter=paper_round,
        name_field="",
        email_field=reader(number),
        subscribed=True,
        activation_code=f"token-of-reader-{number:08}-abcdefgh",
    )
    for number in range(COUNT)
)
message = Message.objects.create(title="Digest", slug="digest", newsletter=paper_round)
submission = Submission.from_message(message)
submission.publish_date = timezone.now() - timezone.timedelta(minutes=1)
submission.prepared = True
submission.save()

measure(Submission.submit_queue)
