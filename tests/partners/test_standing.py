"""Why a call of a company is refused: one judge, whose pages agree with it; a change counts at the next request."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, Provider
from brands.models import Brand
from iys_portal.shared.crypto import decrypt
from packages.models import Subscription
from partners.enums import Channel, RefusalCode, Right
from partners.models import Intermediary, IntermediaryMembership, Partner, PartnerMembership
from partners.rules import SUSPENDED, GrantRefused
from partners.selectors.standing import why_refused
from partners.services import revoke
from partners.services.directory import restore, suspend
from tests import factories
from tests.accounts.company import invite
from tests.partners import scene

HOME, CHECK = "/is-ortagi/", "/is-ortagi/calisiyor-mu/"
READ, WRITE = Right.READ, Right.WRITE
Asked = tuple[Channel | None, Right]
CALLS: list[Asked] = [(None, READ), *((channel, right) for channel in Channel for right in (READ, WRITE))]


def codes(party: Partner | Intermediary, brand: Brand, now: datetime) -> list[str]:
    """Return the answer to each call of CALLS: a code, or nothing where it is let through."""
    found = [why_refused(party=party, brand=brand, channel=c, right=r, now=now) for c, r in CALLS]
    return [refusal.code.value if refusal else "" for refusal in found]


@pytest.fixture
def employee(partner: Partner) -> Person:
    """Somebody of the partner, known by e-Devlet."""
    person = factories.PersonFactory.create()
    PartnerMembership.objects.create(partner=partner, person=person)
    return person


@pytest.fixture
def theirs(employee: Person, client_of: Callable[[Person], Client]) -> Client:
    """The browser of the partner's employee."""
    return client_of(employee)


def states(client: Client, query: str = "") -> list[tuple[str, str]]:
    rows = client.get(HOME + query).context["rows"]
    return [(row.brand.name, row.refusal.code.value if row.refusal else "") for row in rows]


def test_each_right_opens_its_own_calls(
    brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    scene.authorise(brand, partner, person=alice, now=now, mesaj=WRITE, arama=READ)
    no = RefusalCode.NO_RIGHT.value
    assert codes(partner, brand, now) == [no, "", "", "", no, no, no]
    scene.authorise(brand, partner, person=alice, now=now, agreement=True)
    assert codes(partner, brand, now) == ["", *[no] * 6]


def test_an_intermediary_only_reads(brand: Brand, intermediary: Intermediary, alice: Person, now: datetime) -> None:
    scene.let_read(brand, intermediary, Channel.MESAJ, person=alice, now=now)
    no = RefusalCode.NO_RIGHT.value
    assert codes(intermediary, brand, now) == [no, "", no, no, no, no, no]
    refusal = why_refused(party=intermediary, brand=brand, channel=Channel.MESAJ, right=WRITE, now=now)
    assert refusal is not None
    assert refusal.words == "Aracı hizmet sağlayıcılar yalnızca okuyabilir."


def test_what_stands_above_a_right_refuses_every_call(
    brand: Brand, provider: Provider, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    def code(at: datetime) -> str:
        (only,) = set(codes(partner, brand, at))
        return only

    every = {"agreement": True, "mesaj": WRITE, "arama": WRITE, "eposta": WRITE}
    assert code(now) == "not_authorised"
    grant = scene.authorise(brand, partner, person=alice, now=now, ends_on=date(2026, 11, 30), **every)
    assert code(now) == ""
    midnight = datetime.fromisoformat("2026-12-01T00:00:00+03:00")
    assert (code(midnight - timedelta(seconds=1)), code(midnight)) == ("", "ended")
    Subscription.objects.filter(pk=package.pk).update(state="paused", paused_at=now)
    assert code(now) == "package"
    Subscription.objects.filter(pk=package.pk).update(state="active", paused_at=None)
    Provider.objects.filter(pk=provider.pk).update(state="closed")
    assert code(now) == "provider_closed"
    Provider.objects.filter(pk=provider.pk).update(state="active")
    Brand.objects.filter(pk=brand.pk).update(state="passive")
    assert code(now) == "brand_passive"
    Brand.objects.filter(pk=brand.pk).update(state="active")
    suspend(party=partner, actor=alice, reason="Şikâyet", now=now)
    assert code(now) == "suspended"
    restore(party=partner, actor=alice, reason="Giderildi")
    assert code(now) == ""
    revoke(grant=grant, person=alice, now=now)
    assert code(now) == "not_authorised"


def test_the_pages_say_what_the_judge_says(
    theirs: Client,
    employee: Person,
    brand: Brand,
    provider: Provider,
    partner: Partner,
    package: Subscription,
    alice: Person,
    now: datetime,
) -> None:
    scene.authorise(brand, partner, person=alice, now=now, mesaj=READ)
    over = factories.BrandFactory.create(provider=provider, name="Eski Marka")
    scene.authorise(over, partner, person=alice, now=now, ends_on=date(2026, 11, 23))
    with time_machine.travel(now + timedelta(hours=13), tick=False):
        theirs.force_login(employee)
        both = [("Deneme Marka 1", ""), ("Eski Marka", "ended")]
        assert states(theirs) == both
        assert (states(theirs, "?durum=calisan"), states(theirs, "?durum=duran")) == (both[:1], both[1:])
        assert states(theirs, f"?ara={over.code}") == both[1:]
        assert states(theirs, "?ara=CAGRI iletisim marka") == both
    theirs.force_login(employee)
    verdicts = theirs.get(CHECK, {"marka": brand.code}).context["verdicts"]
    told = [why_refused(party=partner, brand=brand, channel=c, right=r, now=now) for c, r in CALLS]
    assert [verdict.refusal for verdict in verdicts] == told
    Subscription.objects.filter(pk=package.pk).update(state="paused", paused_at=now)
    assert (states(theirs, "?durum=calisan"), len(states(theirs, "?durum=duran"))) == ([], 2)


def test_a_revocation_and_a_suspension_count_at_the_next_request(
    theirs: Client, brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    assert states(theirs) == [("Deneme Marka 1", "")]
    suspend(party=partner, actor=alice, reason="Şikâyet", now=now)
    assert (states(theirs), states(theirs, "?durum=calisan")) == ([("Deneme Marka 1", "suspended")], [])
    assert "Gerekçe: Şikâyet" in theirs.get(HOME).content.decode()
    restore(party=partner, actor=alice, reason="Giderildi")
    assert states(theirs, "?durum=calisan") == [("Deneme Marka 1", "")]
    revoke(grant=grant, person=alice, now=now)
    assert states(theirs) == []
    answer = theirs.get(CHECK, {"marka": brand.code})
    assert (answer.context["brand"], answer.context["unknown"].code) == (None, RefusalCode.NOT_AUTHORISED)


def test_a_brand_that_never_authorised_and_one_that_does_not_exist_look_the_same(theirs: Client, brand: Brand) -> None:
    pages = [scene.text_of(theirs.get(CHECK, {"marka": code}), "verdict") for code in (brand.code, 1)]
    assert pages == ["Bu marka kuruluşunuza yetki vermemiş, verdiği yetkiyi kaldırmış ya da böyle bir marka yok."] * 2
    assert brand.name not in theirs.get(CHECK, {"marka": brand.code}).content.decode()
    assert theirs.get(CHECK, {"marka": "12a"}).context["malformed"] is True
    assert theirs.get(CHECK, {"marka": "9" * 400}).context["malformed"] is True


def test_the_csv_holds_what_the_filter_lets_through(
    theirs: Client, brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    scene.authorise(brand, partner, person=alice, now=now, mesaj=WRITE, ends_on=date(2026, 12, 31))

    def lines(query: str) -> list[str]:
        answer = theirs.get(f"{HOME}markalar.csv{query}")
        return b"".join(answer).decode("utf-8-sig").splitlines()  # type: ignore[arg-type]  # streamed

    head = "Marka kodu;Marka;Hizmet sağlayıcı;Yetkiler;Veriliş;Bitiş;Durum"
    title = brand.provider.title
    row = f"{brand.code};Deneme Marka 1;{title};Mesaj: okuma ve yazma;23.11.2026;31.12.2026;Çalışıyor"
    assert lines("") == [head, row]
    assert lines("?durum=duran") == [head]


def test_three_brands_cost_as_many_queries_as_one(theirs: Client, partner: Partner, now: datetime) -> None:
    costs = []
    for more in (1, 2):
        for brand in factories.BrandFactory.create_batch(more):
            factories.subscription(brand.provider, now=now)
            scene.authorise(brand, partner, person=factories.PersonFactory.create(), now=now)
        with CaptureQueriesContext(connection) as queries:
            costs.append((len(states(theirs)), len(queries)))
    assert [count for count, _ in costs] == [1, 3]
    assert costs[0][1] == costs[1][1]


def test_who_works_for_a_company_and_a_provider_chooses_and_switches(
    alice: Person, intermediary: Intermediary, client_of: Callable[[Person], Client]
) -> None:
    membership = IntermediaryMembership.objects.create(intermediary=intermediary, person=alice)
    hers, choose = client_of(alice), reverse("accounts:choose")
    asked = {page: f"{choose}?{urlencode({'next': page})}" for page in ("/markalar/", HOME)}
    assert {page: hers.get(page).url for page in asked} == asked
    key = f"intermediary-{intermediary.pk}"
    assert hers.post(choose, {"party": key}).url == HOME
    assert (hers.get(HOME).context["party"], hers.get("/markalar/").url) == (
        intermediary,
        asked["/markalar/"],
    )
    provider = alice.membership_set.get().provider
    assert hers.post(choose, {"provider": provider.pk}).url == "/markalar/"
    assert (hers.get("/markalar/").status_code, hers.get(HOME).url) == (200, asked[HOME])
    hers.post(choose, {"party": key})
    IntermediaryMembership.objects.filter(pk=membership.pk).update(ended_at=membership.started_at)
    # a membership that ended counts no more: the provider is the only one left
    assert (hers.get(HOME).url, hers.get("/markalar/").status_code) == (asked[HOME], 200)


def test_the_chooser_leads_back_to_the_page_that_was_asked_for(
    alice: Person, intermediary: Intermediary, client_of: Callable[[Person], Client]
) -> None:
    IntermediaryMembership.objects.create(intermediary=intermediary, person=alice)
    hers, chosen = client_of(alice), {"provider": alice.membership_set.get().provider_id}
    page = hers.get(hers.get("/paket/?sayfa=2").url)
    assert page.context["next"] == "/paket/?sayfa=2"
    assert 'name="next" value="/paket/?sayfa=2"' in page.content.decode()
    choose = reverse("accounts:choose")
    for target, leads in (
        ("/paket/?sayfa=2", "/paket/?sayfa=2"),
        ("//boese.example/paket/", "/markalar/"),
        ("https://boese.example/", "/markalar/"),
        (HOME, "/markalar/"),
        ("/yok/", "/markalar/"),
    ):
        assert (target, hers.post(choose, {**chosen, "next": target}).url) == (target, leads)
    hers.post(choose, {"party": f"intermediary-{intermediary.pk}"})
    assert hers.post("/isyerim/bildirimler/", {}).url == choose  # a form that was sent is not sent again by GET


def test_who_accepts_an_invitation_acts_for_the_provider_at_once(
    alice: Person, bob: Person, intermediary: Intermediary, client_of: Callable[[Person], Client], now: datetime
) -> None:
    IntermediaryMembership.objects.create(intermediary=intermediary, person=bob)
    his, provider = client_of(bob), alice.membership_set.get().provider
    his.post(reverse("accounts:choose"), {"party": f"intermediary-{intermediary.pk}"})
    with time_machine.travel(now, tick=False):
        _, code = invite(provider, alice, now=now, tckn=decrypt(bob.tckn_encrypted).decode())
        his.post(f"/davet/?kod={code}")
        assert his.get("/markalar/").context["frame"].provider == provider


def test_who_works_for_one_company_only_needs_no_choice(theirs: Client, partner: Partner) -> None:
    assert theirs.get(reverse("accounts:choose")).url == HOME
    page = theirs.get(HOME)
    assert (page.status_code, scene.text_of(page, "party-code")) == (200, str(partner.code))
    other = factories.PartnerFactory.create()
    assert theirs.post(reverse("accounts:choose"), {"party": f"partner-{other.pk}"}).url == HOME
    assert theirs.get(HOME).context["party"] == partner


def test_a_company_suspended_between_page_and_submission_gets_nothing(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    suspend(party=partner, actor=alice, reason="Şikâyet", now=now)
    reason = SUSPENDED.format(reason="Şikâyet")
    edited = client.post(scene.url("partner_grant_edit", brand, grant.pk), {"agreement": "on"})
    assert scene.errors(edited) == [reason]
    added = client.post(scene.url("partner_add", brand, party=partner), {"agreement": "on"})
    assert scene.errors(added) == [reason]
    grant.refresh_from_db()
    assert (grant.agreement, grant.mesaj) == (False, "read")
    page = client.get(reverse("brands:detail", args=[brand.code])).content.decode()
    assert "23.11.2026 günü İYS tarafından askıya alındı" in page
    assert "Gerekçe: Şikâyet" in page
    assert client.get("/markalar/").context["rows"][0].partner_count == 0
    with pytest.raises(GrantRefused, match="askıya alındığı"):
        scene.authorise(brand, Partner.objects.get(), person=alice, now=now, agreement=True)


def test_channels_without_a_reader_are_named(
    client: Client, alice: Person, brand: Brand, intermediary: Intermediary, now: datetime
) -> None:
    scene.let_read(brand, intermediary, Channel.ARAMA, person=alice, now=now)
    page = reverse("brands:detail", args=[brand.code])
    assert client.get(page).context["unread"] == ["Mesaj", "E-posta"]
    assert "Okuyan AHS yok: Mesaj, E-posta" in client.get("/markalar/").content.decode()
    suspend(party=intermediary, actor=alice, reason="Şikâyet", now=now)
    assert client.get(page).context["unread"] == ["Mesaj", "Arama", "E-posta"]
