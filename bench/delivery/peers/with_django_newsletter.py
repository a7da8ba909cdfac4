"""django-newsletter with the digest as the template of its message: everybody gets the same ten papers.

Its context is fixed (subscription, message, newsletter, site …); what a lab adds comes by a template tag of its own,
which needs no query, as its articles of a message would for each part of each letter.
"""

from base import COUNT, LETTER, SITE, measure, reader, set_up, template

LAB_HEAD = "{% lab_papers as papers %}{% with token=subscription.activation_code site='" + SITE + "' %}"

set_up(
    "django.contrib.sites",
    "sorl.thumbnail",
    "newsletter",
    ROOT_URLCONF="newsletter.urls",
    SITE_ID=1,
    NEWSLETTER_THUMBNAIL="sorl-thumbnail",
    builtins=["lab_tags"],
    templates={
        "newsletter/message/message_subject.txt": LETTER["subject"],
        "newsletter/message/message.txt": LAB_HEAD + template("text") + "{% endwith %}",
        "newsletter/message/message.html": LAB_HEAD + template("html") + "{% endwith %}",
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
        activation_code=f"token-of-reader-{number:08}-abcdefgh",  # it has room for forty characters
    )
    for number in range(COUNT)
)
message = Message.objects.create(title="Digest", slug="digest", newsletter=paper_round)
submission = Submission.from_message(message)
submission.publish_date = timezone.now() - timezone.timedelta(minutes=1)
submission.prepared = True
submission.save()

measure(Submission.submit_queue)
