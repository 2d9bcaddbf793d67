"""A date in, what kind of day it is in China out: workday, rest day, holiday, or a weekend day that is worked."""

from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import Field

from pipeline.core.config import Strict

Span = tuple[date, date]
MonthDay = Annotated[str, Field(pattern=r"^\d\d-\d\d$")]


class Day(StrEnum):
    """What kind of day it is."""

    ORDINARY = "ordinary"  # a workday, or a weekend that is one
    HOLIDAY = "holiday"
    WORKED = "worked"  # a weekend day made a workday for a holiday


class Year(Strict):
    """The days of one year as the State Council announced them."""

    free: tuple[Span, ...]
    worked: tuple[date, ...]


class Festival(Strict):
    """Festivals whose date moves, and how far the days off can reach around them."""

    days: tuple[date, ...]
    before: int = Field(ge=0)
    after: int = Field(ge=0)

    def around(self, day: date) -> bool:
        """Whether a day may be one of the days off."""
        return any(
            festival - timedelta(days=self.before) <= day <= festival + timedelta(days=self.after)
            for festival in self.days
        )


class Unannounced(Strict):
    """Where the holidays of a year fall that nobody has entered."""

    every_year: tuple[tuple[MonthDay, MonthDay], ...]
    spring_festival: Festival
    others: Festival
    spring_festival_range: tuple[MonthDay, MonthDay]

    def may_be_off(self, day: date) -> bool:
        """Whether a day can be a holiday."""
        spans = list(self.every_year)
        if day.year not in {festival.year for festival in self.spring_festival.days}:
            spans.append(self.spring_festival_range)
        in_year = f"{day:%m-%d}"
        return (
            any(first <= in_year <= last for first, last in spans)
            or self.spring_festival.around(day)
            or self.others.around(day)
        )


class Holidays(Strict):
    """`config/holidays.yaml`."""

    announced: dict[int, Year]
    unannounced: Unannounced

    def knows(self, year: int) -> bool:
        """Whether somebody has entered the days off of a year."""
        return year in self.announced

    def kind(self, day: date) -> Day:
        """What kind of day it is; in a year that nobody entered, every day that can be a holiday is one."""
        if not self.knows(day.year):
            return Day.HOLIDAY if self.unannounced.may_be_off(day) else Day.ORDINARY
        if day in self._free:
            return Day.HOLIDAY
        return Day.WORKED if day in self.announced[day.year].worked else Day.ORDINARY

    @cached_property
    def _free(self) -> frozenset[date]:
        spans = (span for year in self.announced.values() for span in year.free)
        return frozenset(
            first + timedelta(days=number) for first, last in spans for number in range((last - first).days + 1)
        )
