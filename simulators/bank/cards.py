"""The cards that the simulator knows: BIN table, documented test cards, and what each of them is made to answer."""

from dataclasses import dataclass

CREDIT, DEBIT = "CREDIT_CARD", "DEBIT_CARD"
VISA, MASTER, TROY, AMEX = "VISA", "MASTER_CARD", "TROY", "AMERICAN_EXPRESS"


@dataclass(frozen=True)
class Decline:
    """Why a bank refuses: iyzico's code and group, and words."""

    code: str
    group: str
    message: str


DECLINES = {
    decline.code: decline
    for decline in (
        Decline("10051", "NOT_SUFFICIENT_FUNDS", "Kart limiti yetersiz, yetersiz bakiye"),
        Decline("10005", "DO_NOT_HONOUR", "İşlem onaylanmadı"),
        Decline("10012", "INVALID_TRANSACTION", "Geçersiz işlem"),
        Decline("10041", "LOST_CARD", "Kayıp kart, karta el koyunuz"),
        Decline("10043", "STOLEN_CARD", "Çalıntı kart, karta el koyunuz"),
        Decline("10054", "EXPIRED_CARD", "Vadesi dolmuş kart"),
        Decline("10084", "INVALID_CVC2", "CVC2 bilgisi hatalı"),
        Decline("10057", "NOT_PERMITTED_TO_CARDHOLDER", "Kart sahibi bu işlemi yapamaz"),
        Decline("10058", "NOT_PERMITTED_TO_TERMINAL", "Terminalin bu işlemi yapmaya yetkisi yok"),
        Decline("10034", "FRAUD_SUSPECT", "Dolandırıcılık şüphesi"),
        Decline("10004", "PICKUP_CARD", "Karta el koyunuz"),
        Decline("10093", "RESTRICTED_BY_LAW", "Kartınız e-ticaret işlemlerine kapalıdır, bankanızı arayınız"),
        Decline("10204", "UNKNOWN", "Ödeme işlemi sırasında genel bir hata oluştu"),
        Decline("10215", "INVALID_CARD_NUMBER", "Geçersiz kart numarası"),
        # Of the simulator, where iyzico publishes no code: the payer did not finish.
        Decline("5152", "THREEDS_FAILED", "3-D Secure doğrulaması başarısız"),
        Decline("5153", "CANCELLED_BY_USER", "Ödeme, kart sahibi tarafından iptal edildi"),
        Decline("5154", "FORM_EXPIRED", "Ödeme formunun süresi doldu"),
    )
}
NOT_AUTHENTICATED, CANCELLED, EXPIRED = "5152", "5153", "5154"


@dataclass(frozen=True)
class Bin:
    """What a card's first six digits say."""

    number: str
    bank: str
    bank_code: int
    association: str
    card_type: str = CREDIT
    family: str = ""
    commercial: bool = False


@dataclass(frozen=True)
class TestCard:
    """A documented test card. `decline` is the code it is refused with, `md_status` what 3-D Secure says of it."""

    number: str
    words: str
    decline: str = ""
    md_status: int = 1
    initialises: bool = True
    refundable: bool = True


_BINS = (
    Bin("589004", "Akbank", 46, MASTER, DEBIT),
    Bin("552608", "Akbank", 46, MASTER, family="Axess", commercial=True),
    Bin("979207", "Akbank", 46, TROY, family="Axess"),
    Bin("476662", "Denizbank", 134, VISA, DEBIT),
    Bin("460345", "Denizbank", 134, VISA, family="Bonus"),
    Bin("472915", "Denizbank", 134, VISA, family="Bonus"),
    Bin("979202", "QNB", 111, TROY, DEBIT),
    Bin("498749", "QNB", 111, VISA, DEBIT),
    Bin("531157", "QNB", 111, MASTER, family="CardFinans"),
    Bin("979203", "QNB", 111, TROY, family="CardFinans"),
    Bin("517041", "Garanti Bankası", 62, MASTER, DEBIT),
    Bin("540036", "Garanti Bankası", 62, MASTER, family="Bonus"),
    Bin("374427", "Garanti Bankası", 62, AMEX, family="Bonus"),
    Bin("447505", "Halkbank", 12, VISA, DEBIT),
    Bin("552879", "Halkbank", 12, MASTER, family="Paraf"),
    Bin("405903", "HSBC Bank", 123, VISA, DEBIT),
    Bin("550472", "HSBC Bank", 123, MASTER, family="Advantage"),
    Bin("589283", "Türkiye İş Bankası", 64, MASTER, DEBIT),
    Bin("454359", "Türkiye İş Bankası", 64, VISA, family="Maximum"),
    Bin("450803", "Türkiye İş Bankası", 64, VISA, family="Maximum", commercial=True),
    Bin("540667", "Türkiye İş Bankası", 64, MASTER, family="Maximum"),
    Bin("491005", "Vakıfbank", 15, VISA, DEBIT),
    Bin("415792", "Vakıfbank", 15, VISA, family="World"),
    Bin("650052", "Vakıfbank", 15, TROY, DEBIT),
    Bin("650170", "Vakıfbank", 15, TROY, family="World"),
    Bin("516888", "Yapı ve Kredi Bankası", 67, MASTER, DEBIT),
    Bin("545103", "Yapı ve Kredi Bankası", 67, MASTER, family="World"),
    Bin("454671", "Ziraat Bankası", 10, VISA, family="Bankkart Combo"),
    # The cards that are refused: all of one family, so that they can be refused in instalments, too.
    *(
        Bin(number, "Yapı ve Kredi Bankası", 67, VISA, family="World")
        for number in (
            *("411111", "412911", "412811", "412711", "412611", "412511", "412411", "412311"),
            *("412211", "412111", "412011", "413011", "413111", "414111", "415111"),
        )
    ),
)
BINS = {entry.number: entry for entry in _BINS}

TEST_CARDS = (
    TestCard("5528790000000008", "Halkbank, MasterCard kredi kartı (Paraf)"),
    TestCard("4543590000000006", "Türkiye İş Bankası, Visa kredi kartı (Maximum)"),
    TestCard("5400360000000003", "Garanti Bankası, MasterCard kredi kartı (Bonus)"),
    TestCard("374427000000003", "Garanti Bankası, American Express kredi kartı, 15 hane (Bonus)"),
    TestCard("5526080000000006", "Akbank, MasterCard ticari kredi kartı (Axess)"),
    TestCard("9792072000017956", "Akbank, Troy kredi kartı (Axess)"),
    TestCard("4603450000000000", "Denizbank, Visa kredi kartı (Bonus)"),
    TestCard("4729150000000005", "Denizbank, Visa kredi kartı (Bonus)"),
    TestCard("5311570000000005", "QNB, MasterCard kredi kartı (CardFinans)"),
    TestCard("9792030000000000", "QNB, Troy kredi kartı (CardFinans)"),
    TestCard("5504720000000003", "HSBC Bank, MasterCard kredi kartı (Advantage)"),
    TestCard("4157920000000002", "Vakıfbank, Visa kredi kartı (World)"),
    TestCard("6501700194147183", "Vakıfbank, Troy kredi kartı (World)"),
    TestCard("5451030000000000", "Yapı ve Kredi Bankası, MasterCard kredi kartı (World)"),
    TestCard("4546711234567894", "Ziraat Bankası, Visa kredi kartı (Bankkart Combo)"),
    TestCard("4508034508034509", "Türkiye İş Bankası, Visa ticari kredi kartı (Maximum)"),
    TestCard("5890040000000016", "Akbank, MasterCard banka kartı"),
    TestCard("4766620000000001", "Denizbank, Visa banka kartı"),
    TestCard("9792023757123604", "QNB, Troy banka kartı"),
    TestCard("4987490000000002", "QNB, Visa banka kartı"),
    TestCard("9792020000000001", "QNB, Troy banka kartı"),
    TestCard("5170410000000004", "Garanti Bankası, MasterCard banka kartı"),
    TestCard("4475050000000003", "Halkbank, Visa banka kartı"),
    TestCard("4059030000000009", "HSBC Bank, Visa banka kartı"),
    TestCard("5892830000000000", "Türkiye İş Bankası, MasterCard banka kartı"),
    TestCard("4910050000000006", "Vakıfbank, Visa banka kartı"),
    TestCard("6500528865390837", "Vakıfbank, Troy banka kartı"),
    TestCard("5168880000000002", "Yapı ve Kredi Bankası, MasterCard banka kartı"),
    TestCard("4054180000000007", "Yurt dışı banka kartı"),
    TestCard("5400010000000004", "Yurt dışı kredi kartı"),
    TestCard("5406670000000009", "Ödenir; iptal ve iade edilemez", refundable=False),
    TestCard("4111111111111129", "Yetersiz bakiye", decline="10051"),
    TestCard("4129111111111111", "İşlem onaylanmadı", decline="10005"),
    TestCard("4128111111111112", "Geçersiz işlem", decline="10012"),
    TestCard("4127111111111113", "Kayıp kart", decline="10041"),
    TestCard("4126111111111114", "Çalıntı kart", decline="10043"),
    TestCard("4125111111111115", "Vadesi dolmuş kart", decline="10054"),
    TestCard("4124111111111116", "CVC2 bilgisi hatalı", decline="10084"),
    TestCard("4123111111111117", "Kart sahibi bu işlemi yapamaz", decline="10057"),
    TestCard("4122111111111118", "Terminalin yetkisi yok", decline="10058"),
    TestCard("4121111111111119", "Dolandırıcılık şüphesi", decline="10034"),
    TestCard("4120111111111110", "Karta el koyunuz", decline="10004"),
    TestCard("4151111111111393", "E-ticarete kapalı kart", decline="10093"),
    TestCard("4130111111111118", "Genel hata", decline="10204"),
    TestCard("4131111111111117", "3-D Secure: mdStatus 0", md_status=0),
    TestCard("4141111111111115", "3-D Secure: mdStatus 4", md_status=4),
    TestCard("4151111111111112", "3-D Secure başlatılamaz", decline="10204", initialises=False),
)
_BY_NUMBER = {card.number: card for card in TEST_CARDS}


def bin_of(digits: str) -> Bin | None:
    """Return what is known of a card by its first digits, None for a bank that is not ours."""
    return BINS.get(digits[:6])


def association_of(digits: str) -> str:
    """Return the association that a number belongs to by its first digits."""
    if digits.startswith(("34", "37")):
        return AMEX
    if digits.startswith(("9792", "65")):
        return TROY
    return VISA if digits.startswith("4") else MASTER


def behaviour_of(number: str) -> TestCard:
    """Return what this card is made to answer; a card that nobody documented is simply paid."""
    return _BY_NUMBER.get(number) or TestCard("", "")


def luhn(number: str) -> bool:
    """Whether the last digit of a card number is right."""
    digits = [int(digit) for digit in reversed(number)]
    return sum(digit if not place % 2 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)) % 10 == 0
