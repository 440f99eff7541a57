"""The REST API: İYS's own paths and bodies, at the root of the portal's address.

How to write an endpoint
------------------------
Endpoints stand in an app's `api.py` (or `api/`), which iys_portal/api/rooms.py names, and in pyproject.toml the list
of screens that the domain does not import. One is a function under its declaration::

    from iys_portal.api.calls import Call
    from iys_portal.api.errors import refused
    from iys_portal.api.registry import Hourly, Needs, endpoint

    class StatusRequest(msgspec.Struct): ...
    class Status(msgspec.Struct): ...

    @endpoint(
        "POST", "/sps/{iysCode}/brands/{brandCode}/consents/status",
        needs=Needs.RIGHT, tag="İZİN YÖNETİMİ", summary="Tekil izin durumu sorgulama",
        body=StatusRequest, answer=Status, codes=("H097", "P001"), hourly=Hourly.STATUS, example={...},
    )
    def consent_status(call: Call) -> Status:
        \"\"\"What the document says of it, in Turkish.\"\"\"
        asked = call.body(dict, invalid="H097")
        call.note_recipients([asked["recipient"]])
        call.demand(Channel.MESAJ, Right.READ)
        ...

What is done before the function runs (iys_portal/api/handling.py), and what a refusal says:

- the path and its slash, `HEAD`, `OPTIONS` (404 P004, 405 P005), the body's size (413 P006);
- the token or the Basic header (401 H351, H251), the account's addresses (403 P007), its limits (429 H124 and the
  hourly ones), the last use;
- `{iysCode}` and `{brandCode}` (422 H190, H191; 403 H353), the package (H520, H521, H524, H586), a partner's grant.

What a function may use: `call.provider`, `call.brand`, `call.term`, `call.now`, `call.request_id`, `call.partner`
(None for the provider itself), `call.intermediary`; `call.body(kind, invalid=…)`, `call.page()`, `call.query(name)`;
`call.demand(channel, right)` and `call.lacks(channel, right, index=…)` for a partner's channels.

What it returns: anything that msgspec encodes (with the declared status), `None` for an empty body, or
`Answer(body, status=204, content_type=…)` for everything else; bytes are sent as they are. What it refuses it
raises: `refused("H401")`, or `Refused([problem("H110", location=["status"], index=3), …])` for several at once.
Codes are rows of data/errors.tsv, which the documentation shows with cause and cure. It never sees a session or a
CSRF token, and an exception becomes H015 with the trace in the log.

In tests: `tests/api/conftest.py` has `api(provider)`, a client that holds a token.
"""
