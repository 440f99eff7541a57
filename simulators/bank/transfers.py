"""Transfers: a page that sends money to an account of the merchant, and the web service that reports it.

The service answers as Ziraat Bankası's does: a form with the customer's code and password, an account number and
two days, at most 21 days back; the answer is an XML document with a running balance.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from simulators.bank import faults, store
from simulators.bank.config import running
from simulators.bank.forms import TransferForm
from simulators.bank.store import lira

_ISTANBUL = ZoneInfo("Europe/Istanbul")
_BANK = "010"
_MOST_DAYS_BACK = 21
_SHOWN = 50


@dataclass(frozen=True)
class Transfer:
    """Money that came to an account of the merchant; `amount` in kuruş."""

    id: int
    iban: str
    sender: str
    tax_number: str
    amount: int
    text: str
    at: float

    @property
    def moment(self) -> datetime:
        """When it was booked, in Istanbul."""
        return datetime.fromtimestamp(self.at, _ISTANBUL)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponse:
    """Send a transfer: by the page's form, or as JSON ``{"iban", "amount", "text", "sender", "tax_number"}``.

    A page of another site cannot send JSON here, so only the form needs its secret.
    """
    if request.content_type == "application/json":
        try:
            form = TransferForm(dict(json.loads(request.body)))
        except (ValueError, TypeError):
            return JsonResponse({"error": "not a JSON object"}, status=400)
        if not form.is_valid():
            return JsonResponse({"error": form.errors.get_json_data()}, status=400)
        return JsonResponse({"id": _book(form.cleaned_data)}, status=201)
    return _page(request)


@csrf_protect
def _page(request: HttpRequest) -> HttpResponse:
    form = TransferForm(request.POST or None, initial={"iban": request.GET.get("iban", "")})
    if request.method == "POST" and form.is_valid():
        _book(form.cleaned_data)
        return HttpResponseRedirect(reverse("transfer"), status=303)
    with store.transaction() as database:
        rows = database.execute("SELECT * FROM transfer ORDER BY id DESC LIMIT ?", [_SHOWN])
        sent = [Transfer(**dict(row)) for row in rows]
    return render(request, "bank/transfer.html", {"form": form, "transfers": sent})


def _book(data: dict[str, Any]) -> int:
    with store.transaction() as database:
        cursor = database.execute(
            "INSERT INTO transfer (iban, sender, tax_number, amount, text, at) VALUES (?, ?, ?, ?, ?, ?)",
            [data["iban"], data["sender"], data["tax_number"], store.kurus(data["amount"]), data["text"], time.time()],
        )
        return int(cursor.lastrowid or 0)


@csrf_exempt
@require_POST
def statement(request: HttpRequest) -> HttpResponse:
    """Answer the movements of an account between two days, both inclusive."""
    fault = faults.take("statement")
    faults.sleep(fault)
    name = faults.name_of(fault)
    if name == "drop-before":
        faults.drop(request)
    if name == "http-500":
        return HttpResponse(status=500)
    if name == "malformed":
        return HttpResponse("<HesapEkstre><hataKodu>00</hata", content_type="text/xml; charset=utf-8")
    return HttpResponse(_answer(request), content_type="text/xml; charset=utf-8")


def _answer(request: HttpRequest) -> str:
    given, config = request.POST.get, running()
    known = config.statement_user and constant_time_compare(given("KurumKod", ""), config.statement_user)
    if not (known and constant_time_compare(given("Sifre", ""), config.statement_password)):
        return _refused("10", "Kurum kodu ya da şifre hatalı")
    try:
        first, last = (date.fromisoformat(given(name, "")) for name in ("BaslangicTarihi", "BitisTarihi"))
    except ValueError:
        return _refused("20", "Tarih YYYY-AA-GG biçiminde olmalıdır")
    if last < first or datetime.now(_ISTANBUL).date() - first > timedelta(days=_MOST_DAYS_BACK):
        return _refused("21", "En fazla 21 gün geriye gidilebilir")
    number = "".join(glyph for glyph in given("HesapNo", "") if glyph.isdigit())
    with store.transaction() as database:
        rows = [Transfer(**dict(row)) for row in database.execute("SELECT * FROM transfer ORDER BY id")]
    ours = [transfer for transfer in rows if number and transfer.iban[10:].lstrip("0") == number.lstrip("0")]
    return _document(given("HesapNo", ""), ours, first, last)


def _refused(code: str, words: str) -> str:
    return f"{_HEAD}<HesapEkstre>{_elements(BankaKodu=_BANK, hataKodu=code, hataAciklamasi=words)}</HesapEkstre>"


_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def _document(number: str, transfers: list[Transfer], first: date, last: date) -> str:
    opening = sum(transfer.amount for transfer in transfers if transfer.moment.date() < first)
    wanted = [transfer for transfer in transfers if first <= transfer.moment.date() <= last]
    current = sum(transfer.amount for transfer in transfers)
    head = _elements(BankaKodu=_BANK, BankaAdi="Ziraat Bankası (benzetim)", hataKodu="00", hataAciklamasi="Hata Yok")
    account = _elements(
        subeKodu=number.split("-", maxsplit=1)[0],
        SubeAdi="Akay",
        HesapNo=number,
        DovizTipi="TRY",
        AcilisBakiye=lira(opening),
        CariBakiye=lira(current),
    )
    details = "".join(_details(wanted, opening))
    return f"{_HEAD}<HesapEkstre>{head}<Bakiye>{account}<Detay>{details}</Detay></Bakiye></HesapEkstre>"


def _details(transfers: list[Transfer], opening: int) -> Iterator[str]:
    balance = opening
    for transfer in transfers:
        balance += transfer.amount
        moment = transfer.moment
        fields = _elements(
            IslemTarihi=f"{moment:%y%m%d}",
            Valor=f"{moment:%y%m%d}",
            Referans="00000000",
            Aciklama=f"Gönd: {transfer.sender} {transfer.text}".strip(),
            Tutar=lira(transfer.amount),
            BorcAlacak="A",
            IslemTipi="211M",
            TimeStamp=f"{moment:%Y%m%d}1572F{transfer.id:06d}",
            musteriVergiNumarasi=transfer.tax_number or "0000000000",
            Bakiye=lira(balance),
        )
        yield f"<HareketlerDetay>{fields}</HareketlerDetay>"


def _elements(**values: object) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())
