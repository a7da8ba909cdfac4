"""The topics of papers, as the classifier finds them and a person leaves them."""

from __future__ import annotations

from collections.abc import Sequence

from papers.ahead import Study
from papers.ingestion.rows import insert
from papers.models import Paper, PaperTopic, Topic
from papers.topics import Classifier, TopicRule


def the_classifier() -> Classifier:
    """Return the classifier of the topics as they stand in the database."""
    active = Topic.objects.filter(is_active=True)
    return Classifier(TopicRule(topic.slug, topic.phrases, topic.arxiv_hints) for topic in active)


def assign_topics(papers: Sequence[Paper], classifier: Classifier | Study) -> None:
    """Give the papers the topics that the classifier finds; what a person set stays."""
    if not papers:
        return
    pks = [paper.pk for paper in papers]
    by_person = PaperTopic.objects.filter(paper__in=pks, set_by=PaperTopic.SetBy.PERSON)
    theirs = set(by_person.values_list("paper_id", flat=True))
    PaperTopic.objects.filter(paper__in=set(pks) - theirs, set_by=PaperTopic.SetBy.CLASSIFIER).delete()
    find_topics([paper for paper in papers if paper.pk not in theirs], classifier)


def find_topics(papers: Sequence[Paper], classifier: Classifier | Study) -> None:
    """Give topics to papers that have none yet."""
    slugs = dict(Topic.objects.values_list("slug", "pk"))
    rows = (
        (paper.pk, slugs[verdict.slug], verdict.confidence, PaperTopic.SetBy.CLASSIFIER.value)
        for paper in papers
        for verdict in classifier.classify(
            paper.title, paper.abstract, keywords=paper.keywords, categories=paper.categories
        )
    )
    insert(PaperTopic, ["paper_id", "topic_id", "confidence", "set_by"], rows)
