"""Invented Turkish companies: thousands of titles with shared words, near-duplicates and every legal form."""

import random

_PLACES = """
    ANADOLU TRAKYA EGE MARMARA KARADENİZ AKDENİZ BOĞAZİÇİ KAPADOKYA TOROS ILGAZ ULUDAĞ ERCİYES SAKARYA MERİÇ FIRAT
    DİCLE GÖKSU ÇORUH BEYKOZ ÜSKÜDAR GALATA BERGAMA EFES TRUVA HİTİT SELÇUK OSMANLI AVRASYA BALKAN İPEKYOLU
"""
_NAMES = """
    YILMAZ KAYA DEMİR ŞAHİN ÇELİK YILDIZ YILDIRIM ÖZTÜRK AYDIN ÖZDEMİR ARSLAN DOĞAN KILIÇ ASLAN ÇETİN KARA KOÇ KURT
    ÖZKAN ŞİMŞEK POLAT KORKMAZ ÖZCAN ÇAKIR ERDOĞAN YAVUZ CAN ACAR GÜLER TEKİN BOZKURT AVCI IŞIK TURAN KAPLAN SARI GÜNEŞ
    KESKİN ÜNAL TAŞ GÜRBÜZ BULUT KESKİNER AKSOY ATEŞ UYSAL ERTÜRK SOYLU BAYRAK ÇINAR ÇİFTÇİ DURMAZ EKİNCİ GENÇ HANCI
"""
_THINGS = """
    ZİRVE UFUK MAVİ YEŞİL ALTIN GÜMÜŞ İNCİ LALE KARTAL ŞAFAK RÜZGAR DENİZ PINAR KÖPRÜ KALE YELKEN PUSULA DORUK VADİ
    ORMAN ÇAĞ ÖNCÜ BİRLİK GÜVEN EMEK DOST VİZYON ODAK HEDEF NOKTA DAMLA BEYAZ TURKUAZ ÜÇLER YEDİLER KARDEŞLER KUZEY
"""
_SYLLABLES = """
    VE TRA NOR DİM LO ZA Kİ MER TEK SO BİL NET AL FA RO MA PEN DO ER İN OP TİM AR GE PRO LİN ECO MEG ULT VİT NOVA SEN
    TÜR KOM DATA İST PLA TAN GÜR ÇÖZ ÜM DEV SİS
"""
_TRADES = """
    YAZILIM|BİLİŞİM|TEKNOLOJİ|TEKNOLOJİLERİ|DANIŞMANLIK|REKLAM|MEDYA|İLETİŞİM|LOJİSTİK|TURİZM|GIDA|TEKSTİL|İNŞAAT|
    OTOMOTİV|ELEKTRONİK|ENERJİ|SAĞLIK|EĞİTİM|SİGORTA|MÜHENDİSLİK|TARIM|PLASTİK|MOBİLYA|KOZMETİK|AMBALAJ|NAKLİYAT|
    BİLGİ TEKNOLOJİLERİ|BİLGİSAYAR SİSTEMLERİ|TIBBİ CİHAZLAR|ORGANİZASYON|MATBAACILIK|PERAKENDE|EV GEREÇLERİ|
    GÜVENLİK SİSTEMLERİ|ARAÇ KİRALAMA|DIŞ TİCARET|HAZIR GİYİM|İNSAN KAYNAKLARI|ÇAĞRI MERKEZİ|SPOR MALZEMELERİ
"""
_LEGAL = (
    "ANONİM ŞİRKETİ",
    "A.Ş.",
    "LİMİTED ŞİRKETİ",
    "LTD. ŞTİ.",
    "SAN. VE TİC. LTD. ŞTİ.",
    "SANAYİ VE TİCARET A.Ş.",
    "TİCARET LİMİTED ŞİRKETİ",
    "SAN.TİC.LTD.ŞTİ.",
)

_OWN = [*_PLACES.split(), *_NAMES.split(), *_THINGS.split()]
_PARTS = _SYLLABLES.split()
_TRADE_LIST = [trade.strip() for trade in _TRADES.split("|")]


def title(chosen: random.Random) -> str:
    """Return a plausible title in capitals, with its legal form."""
    kind = chosen.random()
    if kind < 0.35:
        head = "".join(chosen.sample(_PARTS, chosen.choice((2, 3))))
    elif kind < 0.75:
        head = " ".join(chosen.sample(_OWN, 2))
    else:
        head = chosen.choice(_OWN)
    trades = " ".join(chosen.sample(_TRADE_LIST, chosen.choice((1, 1, 2))))
    return f"{head} {trades} {chosen.choice(_LEGAL)}"


def sibling(chosen: random.Random, original: str) -> str:
    """Return the title of another company that is easily taken for `original`: another word, or another form."""
    head = original
    for legal in sorted(_LEGAL, key=len, reverse=True):
        head = head.removesuffix(f" {legal}")
    words = head.split()
    kind = chosen.random()
    if kind < 0.3:
        words.append(chosen.choice(_TRADE_LIST))
    elif kind < 0.6:
        words[-1] = chosen.choice(_TRADE_LIST)
    elif kind < 0.8:
        words[0] = chosen.choice(_OWN)
    return f"{' '.join(words)} {chosen.choice(_LEGAL)}"
