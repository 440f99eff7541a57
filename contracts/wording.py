"""The sentences of Belge Doğrulama, one set for each way in which a verification can end."""

from dataclasses import dataclass

_ASK = "Belgeyi size verenden mühürlü PDF dosyasının aslını isteyin."
_TELL = "Belgenin aslından kuşkulanıyorsanız bilgi@iys.org.tr adresine yazın ya da 0850 333 3338 numarasını arayın."
_UPLOAD = "Elinizdeki dosyayı bu sayfadan yükleyerek de doğrulayabilirsiniz."


@dataclass(frozen=True, slots=True)
class Saying:
    """A heading, its tone (of components/notice.html), what it means, and what to do next."""

    tone: str
    heading: str
    sentence: str
    steps: tuple[str, ...]


SAYINGS = {
    # By code.
    "registered": Saying(
        "ok",
        "Belge kayıtlarımızda var ve mührü geçerli",
        "Bu kod aşağıdaki belgeye aittir. Belgenin kayıtlarımızdaki dosyası az önce incelendi: mühürlendiğinden beri "
        "değişmemiş.",
        (
            (
                "Elinizdeki çıktıda belge numarası, tarih, şirket unvanı ve ürün yukarıdakilerle aynı olmalıdır. "
                "Farklıysa elinizdeki çıktı bu belge değildir."
            ),
            (
                "Çıktının geri kalanını ancak PDF dosyasıyla karşılaştırabilirsiniz: dosyanın SHA-256 özeti "
                "yukarıdakiyle aynıysa dosya bu belgenin güncel hâlidir."
            ),
            _UPLOAD,
        ),
    ),
    "in_preparation": Saying(
        "info",
        "Belge hazırlanıyor",
        "Bu kod kayıtlarımızda var, ancak belge henüz mühürlenmedi. Mühürlenmemiş bir belge geçerli değildir.",
        ("Birkaç dakika sonra bu sayfayı yenileyin.", "Bu kodu taşıyan bir çıktınız varsa henüz güvenmeyin."),
    ),
    "unknown_code": Saying(
        "warn",
        "Bu kodla kayıtlı bir belge bulunamadı",
        "Kod yanlış okunmuş ya da eksik yazılmış olabilir; belge bizim düzenlediğimiz bir belge olmayabilir.",
        (
            (
                "Kodu belgenin son sayfasından yeniden okuyun; 16 karakterdir. Kodlarda 0, O, 1, I, L, 2, Z, 5, S, 8, "
                "B, G, Q harf ve rakamları bulunmaz."
            ),
            _UPLOAD,
            _TELL,
        ),
    ),
    "register_damaged": Saying(
        "bad",
        "Kayıtlarımızdaki belgenin mührü doğrulanamadı",
        "Bu kod kayıtlarımızda var, ancak belgenin bizdeki dosyası şu anda doğrulanamıyor. Bu, sizin belgenizin "
        "geçersiz olduğu anlamına gelmez.",
        (_UPLOAD, "Lütfen belge numarasıyla birlikte bilgi@iys.org.tr adresine bildirin."),
    ),
    # By file.
    "genuine": Saying(
        "ok",
        "Belge gerçek ve değişmemiş",
        "Dosya, kayıtlarımızdaki belgeyle birebir aynı ve belgenin en güncel hâli.",
        ("Yapmanız gereken bir şey yok. Dosyayı olduğu gibi saklayın; yazdırılan çıktı mührü taşımaz.",),
    ),
    "genuine_earlier": Saying(
        "ok",
        "Belge gerçek ve değişmemiş",
        "Dosya, kayıtlarımızdaki belgenin daha önce verilmiş hâli. İçeriği aynıdır; güncel hâline yalnızca uzun süreli "
        "doğrulama için bilgiler ve zaman damgası eklendi.",
        ("Belgeyi uzun yıllar saklayacaksanız güncel hâlini portaldan indirin; iki dosya da geçerlidir.",),
    ),
    "other_file": Saying(
        "warn",
        "Mühür geçerli, ancak dosya kayıtlarımızdakiyle aynı değil",
        "Dosya bizim mührümüzü taşıyor ve mühürden beri değişmemiş. Kayıtlarımızda aynı numarayla bulunan dosya ise "
        "bundan farklı.",
        ("Belgenin güncel hâlini portaldan indirin ya da size verenden isteyin.", _TELL),
    ),
    "unregistered": Saying(
        "warn",
        "Mühür geçerli, ancak belge kayıtlarımızda yok",
        "Dosya bizim mührümüzü taşıyor ve mühürden beri değişmemiş, ancak bu kurulumun kayıtlarında bulunamadı.",
        (_TELL,),
    ),
    "unstamped": Saying(
        "warn",
        "Mühür geçerli, zaman damgası güvenilir değil",
        "Dosya bizim mührümüzü taşıyor, ancak üzerindeki zaman damgası tanıdığımız bir kuruluşun değil. Ne zaman "
        "mühürlendiği kanıtlanamıyor.",
        (_ASK, _TELL),
    ),
    "revoked": Saying(
        "bad",
        "Mühür sertifikası iptal edilmiş",
        "Dosya mühürden beri değişmemiş, ancak mühür sertifikası bu dosya mühürlendiğinde iptal edilmişti. Mühür "
        "geçerli değil.",
        ("Bu dosyaya güvenmeyin.", _ASK, _TELL),
    ),
    "stranger": Saying(
        "bad",
        "Belge bizim mührümüzü taşımıyor",
        "Dosyada bir elektronik imza ya da mühür var ve dosya ondan sonra değişmemiş; ancak imza İleti Yönetim Sistemi "
        "A.Ş.'nin değil. İmzanın kime ait olduğunu burada doğrulayamayız.",
        ("Belgenin bizim tarafımızdan düzenlendiği söylendiyse bu belgeye güvenmeyin.", _ASK, _TELL),
    ),
    "changed": Saying(
        "bad",
        "Belge değiştirilmiş",
        "Dosya mühürlendikten sonra değiştirilmiş: içine bir şey eklenmiş, bir bölümü çıkarılmış ya da düzeltilmiş. "
        "Mühür bu dosya için geçerli değil.",
        ("Bu dosyaya güvenmeyin.", "Dosyayı bir PDF programında kaydettiyseniz özgün dosyayla yeniden deneyin.", _ASK),
    ),
    "no_seal": Saying(
        "bad",
        "Belgede elektronik mühür yok",
        "Dosya bir PDF, ancak mühür taşımıyor. Taslaklar, taranmış belgeler ve yeniden yazdırılmış PDF'ler mühür "
        "taşımaz.",
        (_ASK, "Belgenin üzerinde doğrulama kodu varsa kodu yazarak da sorgulayabilirsiniz."),
    ),
    "encrypted": Saying(
        "warn",
        "Dosya parola ile korunuyor",
        "Parola ile korunan bir PDF incelenemiyor. Bizim düzenlediğimiz belgelerde parola bulunmaz; belge sonradan "
        "yeniden kaydedilmiş olmalı.",
        (_ASK,),
    ),
    "incomplete": Saying(
        "warn",
        "Dosya eksik",
        "Dosya PDF olarak başlıyor, ancak sonu yok. Aktarılırken yarım kalmış olabilir.",
        ("Dosyayı yeniden indirip yeniden deneyin.", _ASK),
    ),
    "not_pdf": Saying(
        "warn",
        "Dosya bir PDF değil",
        "Bizim belgelerimiz PDF dosyasıdır. Fotoğraf, tarama, Word ya da sıkıştırılmış dosya doğrulanamaz.",
        ("Mühürlü PDF dosyasını seçin. Elinizde yalnızca çıktı varsa doğrulama kodunu yazın.",),
    ),
    "unreadable": Saying(
        "bad",
        "Dosya okunamadı ya da değiştirilmiş",
        "Dosyanın içi bir PDF belgesine uymuyor: zarar görmüş ya da değiştirilmiş. Bu hâliyle geçerli değil.",
        ("Dosyayı yeniden indirip yeniden deneyin.", _ASK),
    ),
    "unbounded": Saying(
        "warn",
        "Dosya incelenemedi",
        "İnceleme izin verilen süreyi ya da belleği aştı ve durduruldu. Bizim belgelerimiz bir iki saniyede incelenir; "
        "bu dosya onlardan biri değil ya da zarar görmüş.",
        (_ASK, _TELL),
    ),
}
