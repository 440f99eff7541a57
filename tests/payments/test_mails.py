"""The e-mails of a purchase: their whole text, when they are queued, and that no name does harm in them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import fill

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from accounts.models import Person, Provider
from contracts.attachments import contract
from contracts.issuing import issue_document
from contracts.models import SignedDocument
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.attachments import AttachmentMissing
from iys_portal.mail.models import Mail
from packages.models import Subscription
from payments.enums import OrderState
from payments.models import BankAccount, Order, Statement
from payments.services import mails, orders
from payments.services.orders import OrderRefused
from tests import factories
from tests.payments.mt940 import Transfer

Make = Callable[..., Order]
Import = Callable[..., Statement]

FOOT = """
-- 
İleti Yönetim Sistemi
Bu ileti, İleti Yönetim Sistemi'nde kayıtlı e-posta adresinize
kendiliğinden gönderilmiştir.

Sorularınız için: 0850 333 3338 · bilgi@iys.org.tr

İleti Yönetim Sistemi A.Ş. · Mustafa Kemal Mah. Dumlupınar Blv. Türkiye
Odalar ve Borsalar Birliği No: 252 Çankaya, Ankara · MERSİS No:
0845052547000001
"""  # noqa: W291  (a signature begins with two dashes and a space)


@pytest.fixture(autouse=True)
def production(settings: Settings) -> None:
    """As on a real installation: no marks of the demo, the portal's real address."""
    settings.DEMO_MODE = False
    settings.PUBLIC_URL = "https://portal.example"


@pytest.fixture
def provider(db: None) -> Provider:
    return factories.ProviderFactory.create(title="Çağrı İletişim A.Ş.", email="bilgi@cagri.example")


def only(kind: str) -> Mail:
    return Mail.objects.get(kind=kind)


def shown(html: str) -> str:
    """Return the words of an HTML e-mail, in the order in which they are read."""
    body = re.sub(r"<(style|title)>.*?</\1>|<!.*?>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&#x27;", "'").split())


def test_order_received(awaiting: Make, account: BankAccount) -> None:
    order = awaiting("ileti-150")
    mail = only("order-received")
    code = order.code_display
    assert (mail.to, mail.provider_id) == ("bilgi@cagri.example", order.provider_id)
    assert mail.subject == f"Siparişiniz alındı: {code}"
    assert mail.text == (
        f"""\
Sayın Çağrı İletişim A.Ş. yetkilisi,

İLETİ-150 (Seviye 1) siparişiniz alındı. Paketinizin tanımlanması için
tutarı, 07.12.2026 gününün sonuna kadar aşağıdaki hesaplardan birine
havale/EFT ile gönderiniz.

Sipariş kodu: {code}
Tutar (KDV dahil): 5.097,60 ₺
Son ödeme günü: 07.12.2026
Açıklamaya yazılacak metin: {code} ÇAĞRI İLETİŞİM A.Ş.

Açıklamaya mutlaka sipariş kodunuzu ve firma unvanınızı yazınız:
ödemeniz bu kodla tanınır ve paketiniz kendiliğinden tanımlanır. Tutarı
tek seferde ve tam olarak gönderiniz.

Ziraat Bankası: TR82 0001 0007 6012 3456 7850 01

Siparişi görüntüle:
https://portal.example/siparis/{code}/

Bir hatayla karşılaşırsanız muhasebe@iys.org.tr adresine yazabilirsiniz.
"""
        + FOOT
    )


def test_the_html_says_the_same_in_the_same_order(awaiting: Make, account: BankAccount) -> None:
    order = awaiting("ileti-150")
    mail = only("order-received")
    text = mail.text.replace(f"\nhttps://portal.example/siparis/{order.code_display}/", "")
    foot = FOOT.split("Sistemi\n", 1)[1]
    body = text.removesuffix(FOOT).replace("görüntüle:", "görüntüle")
    labels = ("Sipariş kodu", "Tutar (KDV dahil)", "Son ödeme günü", "Açıklamaya yazılacak metin", "Ziraat Bankası")
    for label in labels:
        body = body.replace(f"{label}:", label)
    assert shown(mail.html) == " ".join(f"İleti Yönetim Sistemi {mail.subject} {body} {foot}".split())
    assert re.findall(r'href="([^"]*)"', mail.html) == [f"https://portal.example/siparis/{order.code_display}/"]
    assert re.findall(r"<(?:img|script|link|iframe|form|object)\b|url\(|src=", mail.html) == []


def test_choosing_a_transfer_twice_writes_once(awaiting: Make, alice: Person, now: datetime) -> None:
    order = awaiting("ileti-150")
    orders.choose_transfer(order=order, person=alice, now=now)
    assert Mail.objects.count() == 1


def test_a_refused_choice_writes_nothing(draft: Make, alice: Person, now: datetime) -> None:
    with pytest.raises(OrderRefused):
        orders.choose_transfer(order=draft("ileti-150"), person=alice, now=now)
    assert Mail.objects.count() == 0


def test_accounts_of_a_demo_are_marked(awaiting: Make, account: BankAccount, settings: Settings) -> None:
    settings.DEMO_MODE = True
    awaiting("ileti-150")
    mail = only("order-received")
    assert mail.text.startswith("[Deneme ortamı]\n\nSayın")
    assert "Ziraat Bankası (ÖRNEK HESAP): TR82 0001" in mail.text
    assert "Deneme ortamı" in shown(mail.html)


def test_paid(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(order.code_display))
    mail = only("order-paid")
    code = order.code_display
    assert mail.subject == f"Ödemeniz alındı: {code}"
    assert mail.text == (
        f"""\
Sayın Çağrı İletişim A.Ş. yetkilisi,

Ödemeniz alındı, İLETİ-150 paketiniz tanımlandı. Mühürlü sözleşmeniz
hazır olduğunda ayrı bir iletiyle gönderilecek.

Makbuzunuz bu iletinin ekindedir; siparişinizin sayfasından da
açabilirsiniz. Makbuz, fatura yerine geçmez.

Sipariş kodu: {code}
Ürün: İLETİ-150 (Seviye 1)
Alınan tutar (KDV dahil): 5.097,60 ₺
İşlem günü: 23.11.2026
Makbuz no: MKB-2026-{order.code}
Paketin süresi: 23.11.2026 – 22.11.2027

Siparişi görüntüle:
https://portal.example/siparis/{code}/
"""
        + FOOT
    )


def test_paid_but_not_yet_active(awaiting: Make, imported: Import, provider: Provider) -> None:
    order = awaiting("ileti-150")
    Provider.objects.filter(pk=provider.pk).update(state="closed")
    imported(Transfer(order.code_display))
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert "ancak paketiniz şu anda tanımlanamıyor" in " ".join(only("order-paid").text.split())
    assert "Paketin süresi" not in only("order-paid").text


def test_paid_for_a_term_that_begins_later(awaiting: Make, imported: Import, now: datetime) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(order.code_display))
    Mail.objects.filter(kind="order-paid").delete()
    order.refresh_from_db()
    mails.order_paid(order, now=now - timedelta(days=1))  # as if the term began tomorrow
    words = " ".join(only("order-paid").text.split())
    assert "İLETİ-150 paketiniz, süren paketiniz bittiğinde, 23.11.2026 günü başlayacak." in words


def test_money_that_settles_nothing_writes_nothing(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    imported(Transfer("KIRA"), Transfer(order.code_display[:-1]))
    assert set(Mail.objects.values_list("kind", flat=True)) == {"order-received"}


@pytest.mark.parametrize("slug", ["ileti-75", "ileti-150"])
def test_the_contract_is_sent_once_it_is_sealed(
    accepted: Make,
    awaiting: Make,
    imported: Import,
    slug: str,
    now: datetime,
    settings: Settings,
    tmp_path: Path,
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    settings.DATA_DIR, settings.DEMO_MODE = tmp_path, True  # example keys
    order = accepted(slug) if slug == "ileti-75" else awaiting(slug)
    if slug == "ileti-150":
        imported(Transfer(order.code_display))
    document = SignedDocument.objects.get()
    issue_document(document_id=document.pk, now=now)
    settings.DEMO_MODE = False
    assert OutboxMessage.objects.get(topic="contract.issued").payload == {"document_id": document.pk}
    with time_machine.travel(now, tick=False):
        _work_off("contract.issued")
    mail = only("package-activated")
    name = order.package.name
    assert mail.subject == f"{name} paketiniz tanımlandı"
    opening = fill(
        f"{name} paketiniz tanımlandı ve kullanıma hazır. Mühürlü sözleşmeniz bu iletinin ekindedir; siparişinizin"
        " sayfasından da indirebilirsiniz.",
        72,
    )
    assert mail.text == (
        f"""\
Sayın Çağrı İletişim A.Ş. yetkilisi,

{opening}

Ürün: {name} (Seviye 1)
İlk gün: 23.11.2026
Son gün: 22.11.2027
Sipariş kodu: {order.code_display}
Belge no: {document.number}

Siparişi görüntüle:
https://portal.example/siparis/{order.code_display}/
"""
        + FOOT
    )
    _work_off("mail.send")
    document.refresh_from_db()
    (sent,) = (each for each in mailoutbox if each.subject == mail.subject)
    assert sent.to == ["bilgi@cagri.example"]
    assert sent.attachments == [(f"{document.number}.pdf", bytes(document.content or b""), "application/pdf")]
    mails.contract_issued(document_id=document.pk, now=now)
    assert Mail.objects.filter(kind="package-activated").count() == 1


def test_a_contract_of_a_term_that_begins_later_says_so(accepted: Make, now: datetime) -> None:
    accepted("ileti-75")
    document = SignedDocument.objects.get()
    mails.contract_issued(document_id=document.pk, now=now - timedelta(days=1))
    assert only("package-activated").subject == "İLETİ-75 paketiniz 23.11.2026 günü başlıyor"


def test_the_attachment_of_a_contract_is_its_providers_alone(accepted: Make) -> None:
    order = accepted("ileti-75")
    document = SignedDocument.objects.get()
    for provider_id in (order.provider_id, factories.ProviderFactory.create().pk):
        with pytest.raises(AttachmentMissing):  # not issued; not hers
            contract(document.pk, provider_id=provider_id)


def _work_off(topic: str) -> None:
    for message in list(OutboxMessage.objects.filter(topic=topic, done_at=None)):
        assert outbox.run(message.pk) is True, OutboxMessage.objects.get(pk=message.pk).last_error


HOSTILE = [
    "<script>alert(1)</script> & Ortakları A.Ş.",
    "A\r\nBcc: x@y.example\n\n> Tıkla | https://evil.example",
    "Ş" * 255,
]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_does_no_harm(
    awaiting: Make, account: BankAccount, provider: Provider, mailoutbox: list[EmailMultiAlternatives], title: str
) -> None:
    provider.title = title
    provider.save()
    awaiting("ileti-150")
    mail = only("order-received")
    plain = " ".join(title.split())
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f"Sayın {plain} yetkilisi," in mail.text.replace("\n", " ")
    assert f"Sayın {escaped} yetkilisi," in mail.html
    assert "<script" not in mail.html
    assert [link for link in re.findall(r'href="([^"]*)"', mail.html) if "evil" in link] == []
    _work_off("mail.send")
    assert mailoutbox[0].message()["Bcc"] is None


def test_no_email_names_a_person_or_a_phone(
    accepted: Make, awaiting: Make, imported: Import, alice: Person, provider: Provider, now: datetime
) -> None:
    accepted("ileti-75")
    imported(Transfer(awaiting("ileti-150").code_display))
    for document in SignedDocument.objects.all():
        mails.contract_issued(document_id=document.pk, now=now)
    texts = [f"{mail.subject}\n{mail.text}\n{mail.html}" for mail in Mail.objects.all()]
    assert len(texts) == 4
    secret = [alice.get_full_name(), alice.masked_tckn, provider.phone, provider.tax_number]
    assert [word for word in secret for text in texts if word in text] == []


def test_a_subscription_that_is_paused_meanwhile_still_gets_its_contract(accepted: Make, now: datetime) -> None:
    accepted("ileti-75")
    Subscription.objects.update(state="paused", paused_at=now)
    mails.contract_issued(document_id=SignedDocument.objects.get().pk, now=now)
    assert only("package-activated").subject == "İLETİ-75 paketiniz tanımlandı"
