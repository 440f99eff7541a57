"""Administrators' screen: every e-mail as it was written, and what became of it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Provider
from iys_portal.admin_base import ReadOnlyAdmin, acting_person
from iys_portal.mail.attachments import AttachmentMissing
from iys_portal.mail.models import Mail
from iys_portal.mail.sending import message_of
from iys_portal.mail.services import send_again


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """Searched by company, never by address: what is searched for stands in the browser's address line."""

    actions = ("try_again",)
    list_display = ("subject", "kind", "provider_title", "state", "created_at", "sent_at", "problem")
    list_filter = ("state", "kind", "created_at")
    search_fields = ("=provider_iys_code",)
    folded_search = ("provider_name",)
    ordering = ("-pk",)
    fields = (
        "provider_title",
        "to",
        "kind",
        "subject",
        "state",
        "attempts",
        "problem",
        "created_at",
        "sent_at",
        "attachment",
        "text",
        "file",
    )
    readonly_fields = ("provider_title", "attachment", "file")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mail]:
        provider = Provider.objects.filter(pk=OuterRef("provider_id"))
        mails: QuerySet[Mail] = super().get_queryset(request)
        return mails.annotate(
            provider_name=Subquery(provider.values("title")), provider_iys_code=Subquery(provider.values("iys_code"))
        )

    def get_urls(self) -> list[Any]:
        address = path("<int:pk>/ileti.eml", self.admin_site.admin_view(self.eml), name="mail_mail_eml")
        return [address, *super().get_urls()]

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mail.change_mail")

    @admin.display(description="hizmet sağlayıcı", ordering="provider_name")
    def provider_title(self, mail: Any) -> str:
        return "–" if mail.provider_id is None else f"{mail.provider_name} ({mail.provider_iys_code})"

    @admin.display(description="ek")
    def attachment(self, mail: Mail) -> str:
        return "–" if mail.attachment_id is None else "Var; .eml dosyasının içinde"

    @admin.display(description="dosya")
    def file(self, mail: Mail) -> SafeString:
        """The e-mail with its HTML is opened by a mail program: the portal's pages carry no foreign markup."""
        return format_html('<a href="{}">.eml indir</a>', reverse("admin:mail_mail_eml", args=[mail.pk]))

    def eml(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The whole e-mail as a file, as it goes out; 404 while its attachment is not there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mail = self.get_object(request, str(pk))
        if mail is None:
            raise Http404
        try:
            content = message_of(mail).message().as_bytes()
        except AttachmentMissing:
            raise Http404 from None
        headers = {"Content-Disposition": f'attachment; filename="ileti-{pk}.eml"'}
        return HttpResponse(content, content_type="message/rfc822", headers=headers)

    @admin.action(description="Yeniden gönder (gönderilemeyenleri)", permissions=["again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Queue the chosen ones that failed: a provider's to its address of today, a person's to the person's own."""
        chosen = {mail.pk: mail for mail in queryset}
        providers = {mail.provider_id for mail in chosen.values()}
        addresses = dict(Provider.objects.filter(pk__in=providers).values_list("pk", "email"))
        actor = acting_person(request)
        count = sum(
            send_again(
                mail_id=pk,
                to=mail.to if mail.is_personal else addresses.get(mail.provider_id, mail.to),
                actor=actor,
            )
            for pk, mail in sorted(chosen.items())
        )
        if count:
            self.message_user(request, f"{count} e-posta yeniden gönderilecek.", messages.SUCCESS)
        else:
            self.message_user(request, "Seçilenler arasında gönderilemeyen e-posta yok.", messages.WARNING)
