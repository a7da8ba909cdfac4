"""The template tag with which a lab hands the day's papers to django-newsletter's message."""

from base import LETTER
from django import template

register = template.Library()


@register.simple_tag
def lab_papers():
    return LETTER["papers"]
