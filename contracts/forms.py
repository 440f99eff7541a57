"""Forms of Belge Doğrulama: a code, or a file."""

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings

from iys_portal.shared.codes import ALPHABET
from iys_portal.shared.turkish import squeeze

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

LENGTH = 16
_PATH = "/dogrula/"


class CodeForm(forms.Form):
    """The 16 glyphs of a verification code, in any spelling; the whole address of the QR code is understood too."""

    kod = forms.CharField(
        label="Doğrulama kodu",
        help_text="Belgenin son sayfasında, karekodun yanında yazar: 16 harf ve rakam. Küçük harf, boşluk ve çizgi "
        "fark etmez.",
        max_length=200,
        error_messages={
            "required": "Doğrulama kodunu yazın.",
            "max_length": "Kod 16 harf ve rakamdan oluşur.",
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "size": 24}
        ),
    )

    def clean_kod(self) -> str:
        """Return the canonical code: capitals without dashes."""
        text: str = self.cleaned_data["kod"].strip()
        code = squeeze(text.rpartition(_PATH)[2])
        strange = "".join(dict.fromkeys(glyph for glyph in code if glyph not in ALPHABET))
        if strange:
            shown = ", ".join(f"“{glyph}”" for glyph in strange[:5])
            raise forms.ValidationError(
                f"Kodlarda {shown} bulunmaz; benzeyen bir harf ya da rakamla karışmış olabilir. "
                f"Kodlarda geçenler: {' '.join(ALPHABET)}"
            )
        if len(code) != LENGTH:
            raise forms.ValidationError(f"Kod {LENGTH} harf ve rakamdan oluşur; {len(code)} tane yazdınız.")
        return code


class FileForm(forms.Form):
    """One PDF."""

    belge = forms.FileField(
        label="PDF dosyası",
        help_text=f"En çok {settings.VERIFICATION_MAX_BYTES // 1024**2} MB. Dosyanız saklanmaz; yalnızca incelenir.",
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        error_messages={
            "required": "Bir PDF dosyası seçin.",
            "missing": "Bir PDF dosyası seçin.",
            "invalid": "Dosya alınamadı. Lütfen yeniden seçin.",
            "empty": "Seçtiğiniz dosya boş. Belgeyi yeniden indirin.",
        },
    )

    def clean_belge(self) -> "UploadedFile[bytes]":
        if len(self.files.getlist(self.add_prefix("belge"))) > 1:
            raise forms.ValidationError("Bir seferde bir dosya seçin.")
        file: UploadedFile[bytes] = self.cleaned_data["belge"]
        return file
