"""The services of the API as methods."""

import time
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from iys_client.errors import ApiError
from iys_client.messages import Batch, Change, Changes, Consent
from iys_client.transport import Session

MOST_CONSENTS = 1000
"""So many consents the API takes in one batch."""
_PAGE = 100


class Client:
    """An account of the API. It is safe to share between threads."""

    def __init__(self, base_url: str, *, username: str, password: str, timeout: float = 30.0, retries: int = 3) -> None:
        self.session = Session(base_url, username, password, timeout, retries)

    def brand(self, *, iys_code: int, brand_code: int) -> "Brand":
        """Return a brand of a provider; nothing is asked yet."""
        return Brand(self.session, iys_code, brand_code)

    def brands(self, iys_code: int) -> list[dict[str, Any]]:
        """Return the provider's brands with their counters."""
        found: list[dict[str, Any]] = self.session.call("GET", f"/sps/{iys_code}/brands").json
        return found

    def subscription(self, iys_code: int) -> dict[str, Any]:
        """Return the provider's subscription."""
        found: dict[str, Any] = self.session.call("GET", f"/sps/{iys_code}/subscription").json
        return found


class Brand:
    """The services of one brand."""

    def __init__(self, session: Session, iys_code: int, brand_code: int) -> None:
        self._session = session
        self._path = f"/sps/{iys_code}/brands/{brand_code}"

    # --- Consents ---
    def add(self, consent: Consent) -> str:
        """Record one consent and return its transaction id; the same one sent again gives the same id."""
        answer = self._session.call("POST", f"/v2{self._path}/consents", consent.to_json())
        return str(answer.json["transactionId"])

    def add_many(self, consents: Iterable[Consent]) -> list[Batch]:
        """Send consents in batches of a thousand and return them; what came of each `results` tells."""
        rows = [consent.to_json() for consent in consents]
        return [self._batch(rows[start : start + MOST_CONSENTS]) for start in range(0, len(rows), MOST_CONSENTS)]

    def _batch(self, rows: list[dict[str, Any]]) -> Batch:
        answer = self._session.call("POST", f"/v2{self._path}/consents/request", rows)
        return Batch(str(answer.json["requestId"]), len(rows))

    def results(self, batch: Batch | str) -> list[dict[str, Any]]:
        """Return what came of a batch, as far as it is known: `index`, `status`, and `error` where it was refused."""
        number = batch.request_id if isinstance(batch, Batch) else batch
        found: list[dict[str, Any]] = self._session.call("GET", f"/v2{self._path}/consents/request/{number}").json
        return found

    def wait(self, batch: Batch, *, seconds: float = 300.0, pause: float = 1.0) -> list[dict[str, Any]]:
        """Return the results of a batch once all are there; raise TimeoutError where they are not in time."""
        end = time.monotonic() + seconds
        while True:
            found = self.results(batch)
            if len(found) == batch.size and all(each["status"] != "enqueue" for each in found):
                return found
            if time.monotonic() >= end:
                raise TimeoutError(f"batch {batch.request_id} is not finished")
            time.sleep(pause)

    def status(self, recipient: str, channel: str, recipient_type: str = "BIREYSEL") -> dict[str, Any] | None:
        """Return a consent as it stands now, or None where none is recorded."""
        body = {"recipient": recipient, "type": channel, "recipientType": recipient_type}
        try:
            found: dict[str, Any] = self._session.call("POST", f"{self._path}/consents/status", body).json
        except ApiError as error:
            if error.codes == ["P001"]:
                return None
            raise
        return found

    def approved(self, recipients: Iterable[str], channel: str, recipient_type: str = "BIREYSEL") -> list[str]:
        """Return which of these recipients (a thousand at most) have approved."""
        path = f"{self._path}/consents/{recipient_type}/status/{channel}"
        found: list[str] = self._session.call("POST", path, {"recipients": list(recipients)}).json["list"]
        return found

    def history(self, recipient: str, channel: str, recipient_type: str = "BIREYSEL") -> list[dict[str, Any]]:
        """Return all movements of a consent, the newest date first."""
        body = {"recipient": recipient, "type": channel, "recipientType": recipient_type}
        found: list[dict[str, Any]] = []
        while True:
            query = {"offset": len(found), "limit": _PAGE}
            answer = self._session.call("POST", f"{self._path}/consents/history", body, query=query).json
            found += answer["list"]
            if not answer["list"] or len(found) >= answer["pagination"]["totalCount"]:
                return found

    # --- Changes ---
    def changes(self, after: str | None = None, *, limit: int | None = None, source: str | None = None) -> Changes:
        """Return the next page of the change feed; an empty one keeps the place that was asked from."""
        query = {"after": after, "limit": limit, "source": source}
        answer = self._session.call("GET", f"{self._path}/consents/changes", query=query)
        if answer.status == 204:
            return Changes(after, [])
        body = answer.json
        return Changes(body["after"], [Change.from_json(row) for row in body["list"]])

    def all_changes(self, after: str | None = None, *, source: str | None = None) -> Iterator[Changes]:
        """Yield pages of the feed until it is empty; process a page and keep its `after` before taking the next."""
        page = self.changes(after, source=source)
        while page.list:
            yield page
            page = self.changes(page.after, source=source)

    # --- Push ---
    def register_push(self, url: str, channel: str, *, username: str, password: str) -> None:
        """Have the citizens' movements of a channel sent to an address of yours, which is tried at once."""
        wanted = {"url": url, "type": channel, "username": username, "password": password}
        self._session.call("POST", f"{self._path}/push/registration", {"connection": [wanted]}, again=False)

    def push_addresses(self) -> list[dict[str, Any]]:
        """Return the registered addresses with their states."""
        found: list[dict[str, Any]] = self._session.call("GET", f"{self._path}/push/registration").json
        return found

    def remove_push(self, url: str, channel: str, *, username: str, password: str) -> None:
        """Send nothing to an address any more; everything must be as it was registered."""
        wanted = {"url": url, "type": channel, "username": username, "password": password}
        self._session.call("POST", f"{self._path}/push/unregistration", wanted, again=False)

    # --- Dealers ---
    def add_retailer(self, **fields: Any) -> int:
        """Add a dealer (title, name, tckn, tin, city, town, …) and return its code."""
        return int(self._session.call("POST", f"{self._path}/retailers", fields, again=False).json["retailerCode"])

    def retailers(self, *, page: int = 100) -> Iterator[dict[str, Any]]:
        """Yield all dealers of the brand."""
        offset = 0
        while True:
            body = self._session.call("GET", f"{self._path}/retailers", query={"offset": offset, "limit": page}).json
            yield from body["list"]
            offset += page
            if offset >= body["pagination"]["totalCount"]:
                return

    def retailer(self, code: int) -> dict[str, Any]:
        """Return one dealer."""
        found: dict[str, Any] = self._session.call("GET", f"{self._path}/retailers/{code}").json
        return found

    def remove_retailer(self, code: int) -> None:
        """Delete a dealer to whom no consent is linked."""
        self._session.call("DELETE", f"{self._path}/retailers/{code}", again=False)

    def open_to_retailers(
        self, recipient: str, channel: str, retailers: Iterable[int], recipient_type: str = "BIREYSEL"
    ) -> None:
        """Open one consent to dealers, beside those who see it already."""
        body = {"recipient": recipient, "type": channel, "recipientType": recipient_type}
        self._session.call("POST", f"{self._path}/consents/retailers/access", {**body, "retailerAccess": [*retailers]})

    # --- Reconciliation ---
    def summary(self, day: date, recipient_type: str = "BIREYSEL") -> list[dict[str, Any]]:
        """Return the figures of a day (seven days back at most) by type."""
        path = f"{self._path}/changes/{day:%Y-%m-%d}/recipients/{recipient_type}"
        found: list[dict[str, Any]] = self._session.call("GET", path).json["changeStats"]
        return found

    def agreement(self, day: date) -> dict[str, Any] | None:
        """Return the hash of a day's file and whether it was agreed on; None where there is no file."""
        found: dict[str, Any] | None = self._session.call("GET", f"{self._path}/agreements/{day:%Y-%m-%d}").json
        return found

    def daily_file(self, day: date) -> bytes | None:
        """Return the CSV file of a day's movements, whose SHA-384 is the hash; None where there is no file."""
        answer = self._session.call("GET", f"{self._path}/changes/{day:%Y-%m-%d}/file")
        return answer.content if answer.status == 200 else None

    def time_stamp(self, day: date) -> bytes | None:
        """Return the RFC 3161 time stamp of a day's file; None where there is none yet."""
        answer = self._session.call("GET", f"{self._path}/agreements/{day:%Y-%m-%d}/timestamp")
        return answer.content if answer.status == 200 else None

    def agree(self, day: date) -> bool:
        """Say that your own file of the day has the same hash; False where there is no file to agree on yet."""
        answer = self._session.call("PUT", f"{self._path}/agreements/{day:%Y-%m-%d}", {"agreementStatus": True})
        return answer.status == 200
