"""Forms of the accountants' card screens."""

from django import forms


class NoteForm(forms.Form):
    """Why a difference is settled: nobody closes one without saying what they found."""

    note = forms.CharField(
        label="Açıklama",
        help_text="Farkın nedenini ve ne yaptığınızı yazın; kayıtta kalır.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": "4"}),
        error_messages={
            "required": "Farkın nedenini yazın.",
            "max_length": "En çok 1.000 karakter yazın.",
        },
    )


class AgainForm(forms.Form):
    """A day of a gateway that is to be compared again."""

    gateway = forms.SlugField(max_length=30)
    day = forms.DateField(input_formats=["%Y-%m-%d"])
