"""The pictures there are: their addresses, their questions, and who answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from reports.pictures import accounting, administration, ages, holdings, movements
from reports.pictures.report import Asked, Report, Span

A = TypeVar("A", bound=Span)


@dataclass(frozen=True)
class Question(Generic[A]):
    """A picture's page. `days` is the range that it opens with, 0 where the answer is of today only."""

    slug: str
    title: str
    hint: str
    icon: str
    answer: Callable[[A], Report]
    days: int = 30
    by_brand: bool = True


QUESTIONS: Sequence[Question[Asked]] = (
    Question(
        "onay-ret",
        "Onay mı kazanıyoruz, Ret mi?",
        "Günlere ve kanallara göre onay ve ret hareketleri.",
        "chart-column",
        movements.flow,
    ),
    Question(
        "adres-sayisi",
        "Paketim ne zaman dolar?",
        "Adres sayısının seyri, paket sınırı ve tahmin.",
        "chart-line",
        holdings.addresses,
        days=90,
        by_brand=False,
    ),
    Question(
        "marka-kanal",
        "Hangi marka zayıf?",
        "Markalara ve kanallara göre onaylar, retlerin payı.",
        "table-2",
        movements.brands_by_channel,
        days=90,
        by_brand=False,
    ),
    Question(
        "kaynaklar",
        "İzinler nereden geliyor?",
        "Onayların alındığı kaynaklar, çoktan aza.",
        "chart-bar",
        movements.sources,
        days=90,
    ),
    Question(
        "izin-yasi",
        "Onaylarım ne kadar eski?",
        "Yürürlükteki onaylar, alındıkları çeyreğe göre.",
        "history",
        ages.ages,
        days=0,
    ),
    Question(
        "yuklemeler",
        "Yüklediğim satırlara ne oldu?",
        "Toplu yüklemelerin sonucu ve hata nedenleri.",
        "upload",
        holdings.uploads,
        days=90,
    ),
    Question(
        "ret-suresi",
        "Retleri süresinde işliyor muyuz?",
        "Kendi aldığınız retlerin kaydına kadar geçen iş günleri.",
        "timer",
        movements.refusals_in_time,
        days=90,
    ),
    Question(
        "yetkiler",
        "Verilerime kim erişiyor?",
        "Markalarınız için iş ortaklarına ve AHS'lere verilen yetkiler.",
        "key-round",
        holdings.rights,
        days=0,
    ),
)

ACCOUNTING: Sequence[Question[Span]] = (
    Question(
        "yaslandirma",
        "Hareketler ne zamandır bekliyor?",
        "İşlem bekleyen hareketler, işlem tarihinden bugüne geçen güne göre.",
        "hourglass",
        accounting.ageing,
        days=0,
        by_brand=False,
    ),
    Question(
        "eslesme",
        "Ödemelerin ne kadarı kendiliğinden eşleşiyor?",
        "Ekstrelerdeki ödemelerin kendiliğinden eşleşen kısmı, gün gün.",
        "chart-line",
        accounting.match_rate,
        by_brand=False,
    ),
)

ADMINISTRATION: Sequence[Question[Span]] = (
    Question(
        "yenilemeler",
        "Kim yenileyecek, kim bırakacak?",
        "Biten paketler ay ay: yenilenen, yenilenmesi beklenen, yenilenmeyen.",
        "chart-column",
        administration.renewals,
        days=0,
        by_brand=False,
    ),
    Question(
        "satin-alma",
        "Alıcılar nerede duruyor?",
        "Paket seçiminden paketin tanımlanmasına, siparişlerin ulaştığı adımlar.",
        "funnel",
        administration.checkout,
        days=90,
        by_brand=False,
    ),
)
