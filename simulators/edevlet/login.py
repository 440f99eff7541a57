"""The login form: T.C. Kimlik No and e-Devlet password, five tries, then a wait."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from stdnum.tr import tckimlik

from simulators.edevlet.config import MAX_TRIES, WAIT_SECONDS

INVALID_TCKN = "T.C. Kimlik Numarası geçersiz."
WRONG = "T.C. Kimlik Numarası veya e-Devlet şifresi hatalı."
SUMMARY_ID = "giris-hatasi"
WAIT = "Çok sayıda hatalı deneme yapıldı. Lütfen 15 dakika sonra yeniden deneyiniz."


class LoginForm(forms.Form):
    """Checks the number, counts the try, then compares the password. Ignores spaces in the number."""

    tckn = forms.CharField(
        label="T.C. Kimlik No",
        max_length=20,
        error_messages={
            "required": "T.C. Kimlik Numaranızı yazınız.",
            "max_length": INVALID_TCKN,
            "null_characters_not_allowed": INVALID_TCKN,
        },
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "username"}),
    )
    password = forms.CharField(
        label="e-Devlet Şifresi",
        max_length=128,
        strip=False,
        error_messages={"required": "e-Devlet şifrenizi yazınız.", "max_length": WRONG},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request
        self._person: AbstractBaseUser | None = None

    def get_user(self) -> AbstractBaseUser | None:
        """Return the person who logged in, once the form is valid."""
        return self._person

    def clean_tckn(self) -> str:
        """Return the eleven digits; refuse any other length and a wrong checksum."""
        number = "".join(self.cleaned_data["tckn"].split())
        if not (number.isascii() and number.isdigit() and tckimlik.is_valid(number)):
            raise forms.ValidationError(INVALID_TCKN)
        return number

    def clean(self) -> dict[str, Any]:
        """Log in, or refuse with one message for number and password together."""
        if self.errors:
            return self.cleaned_data
        number = self.cleaned_data["tckn"]
        tries = _count_try(number)
        if tries > MAX_TRIES:
            raise self._refusal(WAIT)
        self._person = authenticate(self._request, username=number, password=self.cleaned_data["password"])
        if self._person is None:
            raise self._refusal(WAIT if tries == MAX_TRIES else WRONG)
        cache.delete(_key(number))
        return self.cleaned_data

    def _refusal(self, text: str) -> forms.ValidationError:
        for field in self.fields.values():
            field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": SUMMARY_ID}
        return forms.ValidationError(text)


def _count_try(number: str) -> int:
    """Count this try and return how many there were; counted before the password is compared, so that
    parallel tries cannot share one place."""
    key = _key(number)
    cache.add(key, 0, WAIT_SECONDS)
    tries = cache.incr(key)
    if tries == MAX_TRIES:
        cache.touch(key, WAIT_SECONDS)
    return tries


def _key(number: str) -> str:
    # People type their own number into any form that asks for it: it is not kept.
    return "tries:" + salted_hmac("simulators.edevlet.tries", number).hexdigest()
