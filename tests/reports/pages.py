"""What a page of a picture says and draws."""

import csv
import re
from html import unescape

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

SVG = re.compile(r'<svg class="chart chart-wide".*?</svg>', re.DOTALL)
_MARK = re.compile(r'<rect class="chart-(?:cell chart-heat-)?(\w+)"[^>]*><title>(.*?)</title>')


def page_of(client: Client, slug: str, **query: object) -> HttpResponse:
    """Return the page of a picture."""
    return client.get(reverse("reports:picture", args=[slug]), query)


def finding(answer: HttpResponse) -> str:
    """Return the sentence that the page states."""
    return unescape(re.findall(r'data-testid="report-finding">(.*?)</p>', answer.content.decode())[0])


def facts(answer: HttpResponse) -> list[tuple[str, str, str]]:
    """Return the figures beside those of the period before: what they are called, now, before."""
    return [(fact.label, fact.value, fact.before) for fact in answer.context["report"].facts]


def drawn(answer: HttpResponse) -> list[tuple[str, str]]:
    """Return the marks of the wide pictures: what each is called, and the number it says."""
    text = answer.content.decode()
    marks = [unescape(title) for svg in SVG.findall(text) for _, title in _MARK.findall(svg)]
    return [(name, words) for name, _, words in (mark.rpartition(": ") for mark in marks)]


def number_of(words: str) -> int:
    """Return the number with which words begin."""
    return int(words.split(" ", maxsplit=1)[0].replace(".", ""))


def table(answer: HttpResponse) -> list[list[str]]:
    """Return the table of a page, its head first."""
    body = answer.content.decode().partition('data-testid="report-table"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def file_of(client: Client, slug: str, **query: object) -> list[list[str]]:
    """Return the rows of the page's CSV."""
    answer = client.get(reverse("reports:picture_csv", args=[slug]), query)
    return list(csv.reader(answer.content.decode("utf-8-sig").splitlines(), delimiter=";"))
