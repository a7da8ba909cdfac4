"""Dates as people write them, times with their zone; in a narrow column they break before the time only."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j\u00a0M\u00a0Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j\u00a0M\u00a0Y, H:i\u00a0e"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j F"
