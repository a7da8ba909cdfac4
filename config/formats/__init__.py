"""Dates and times where a page does not say how: on the pages of the staff."""
