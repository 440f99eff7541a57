"""Ziraat Bankası's statement web service: a form is posted, an XML document comes back.

The service goes back 21 days at most. Its answer is kept as it came and read by the reader `ziraat`; here it is only
looked at far enough to see that it is one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from payments.fetching.base import Account, Fetched, SourceUnavailableError
from payments.gateways.transport import AnswerLostError, Call, NotSentError, exchange

_PATH = "/HEK_NKYWS/HesapHareketleri.asmx/HesapEkstre"
_BANK_CODE = "00010"
_MOST_DAYS = 20
_WINDOW = timedelta(days=6)
_ERROR_CODE = re.compile(rb"<(?:\w+:)?hataKodu>\s*(\w*)\s*<")
_TAIL = 500
"""A whole answer ends with its own element, and with those of an envelope around it."""
BIGGEST_ANSWER = 32 * 1024 * 1024


@dataclass(frozen=True)
class Ziraat:
    """The service of one customer of the bank. `user` and `password` are given by the bank."""

    url: str
    user: str
    password: str = field(repr=False)
    timeout: float = 30.0
    name: str = "ziraat"
    title: str = "Ziraat Bankası ekstre servisi"

    def serves(self, account: Account) -> bool:
        """Every account of ours at this bank."""
        return account.iban[4:9] == _BANK_CODE

    def fetch(self, account: Account, *, first_day: date, last_day: date) -> Iterator[Fetched]:
        """Yield a file for each week of the days asked for; a long absence is not one huge answer.

        Days that the service no longer gives are told of after the others.
        """
        start = max(first_day, last_day - timedelta(days=_MOST_DAYS))
        while start <= last_day:
            end = min(start + _WINDOW, last_day)
            content = self._ask(account, start, end)
            yield Fetched(account.iban, f"ziraat-{start:%Y%m%d}-{end:%Y%m%d}.xml", "ziraat", content)
            if _ERROR_CODE.findall(content) != [b"00"]:
                # Its words stand in the refused statement; these days have to be asked for again.
                raise SourceUnavailableError("Bankanın ekstre servisi hata bildirdi; reddedilen ekstreye bakın.")
            start = end + timedelta(days=1)
        oldest = last_day - timedelta(days=_MOST_DAYS)
        if first_day < oldest:
            raise SourceUnavailableError(
                f"{first_day:%d.%m.%Y}–{oldest - timedelta(days=1):%d.%m.%Y} günlerini bankanın ekstre servisi artık"
                " vermiyor; bu günlerin ekstresini dosya olarak yükleyin."
            )

    def _ask(self, account: Account, first_day: date, last_day: date) -> bytes:
        form = {
            "KurumKod": self.user,
            "Sifre": self.password,
            "HesapNo": account.number,
            "BaslangicTarihi": first_day.isoformat(),
            "BitisTarihi": last_day.isoformat(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        call = Call(method="POST", url=f"{self.url}{_PATH}", body=urlencode(form).encode(), headers=headers)
        try:
            reply = exchange(call, timeout=self.timeout, biggest=BIGGEST_ANSWER)
        except NotSentError:
            raise SourceUnavailableError("Bankanın ekstre servisine ulaşılamadı.") from None
        except AnswerLostError:
            raise SourceUnavailableError("Bankanın ekstre servisi yanıtını tamamlamadı.") from None
        is_whole = reply.body.rstrip().endswith(b">") and b"HesapEkstre" in reply.body[-_TAIL:]
        if reply.status != 200 or not is_whole:
            raise SourceUnavailableError(f"Bankanın ekstre servisinin yanıtı anlaşılamadı (HTTP {reply.status}).")
        return reply.body

    def received(self, fetched: Fetched) -> None:
        """Nothing: the bank keeps no list of what was fetched."""

    def refused(self, fetched: Fetched, *, reason: str) -> None:
        """Nothing: the refused statement itself is what a person sees."""
