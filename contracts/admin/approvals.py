"""Administrators' screen of approvals: the evidence, whether its chain holds, and the text that was shown."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contracts import markup
from contracts.models import Approval
from contracts.selectors import approved_contract, broken_link_of
from iys_portal.admin_base import ReadOnlyAdmin


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = ("order_code", "provider", "person", "text", "approved_at")
    list_select_related = ("provider", "person", "text")
    search_fields = ("=order_code", "=provider__iys_code")
    folded_search = ("provider__title",)
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("provider", "person", "order_code", "approved_at", "checkbox_label", "ip", "user_agent")}),
        ("Onaylanan metin", {"fields": ("text", "text_sha256", "information", "information_sha256", "shown_sha256")}),
        ("Zincir", {"fields": ("chain", "previous_hash", "hash")}),
        ("Gösterilen", {"fields": ("text_check", "contract", "annex", "terms")}),
    )
    readonly_fields = ("chain", "text_check", "contract", "annex")

    class Media:
        css = {"all": ["css/admin_contracts.css"]}

    @admin.display(description="zincirin durumu")
    def chain(self, approval: Approval) -> str:
        broken = broken_link_of(approval)
        if broken is None:
            return "Sağlam: bu hizmet sağlayıcının bütün onayları yazıldıkları gibi duruyor."
        return f"BOZUK: {broken} numaralı onay yazıldığı gibi değil veya önündeki onay eksik."

    @admin.display(description="metnin denetimi")
    def text_check(self, approval: Approval) -> str:
        try:
            shown = markup.shown_sha256(approved_contract(approval))
        except (ValueError, KeyError):
            return "BOZUK: gösterilen metin kayıttan yeniden kurulamıyor."
        if shown != approval.shown_sha256:
            return "BOZUK: aşağıdaki metin, onaylanan metin değil."
        return "Doğru: aşağıdaki metnin özeti, onayla saklanan özetle aynı."

    @admin.display(description="sözleşme")
    def contract(self, approval: Approval) -> SafeString | str:
        try:
            data = approved_contract(approval)
            return _framed(markup.contract_html(data.text.source, data, level=3), str(approval.text))
        except (ValueError, KeyError):
            return "–"

    @admin.display(description="ön bilgilendirme formu")
    def annex(self, approval: Approval) -> SafeString | str:
        try:
            text = markup.information_html(approved_contract(approval), level=3)
        except (ValueError, KeyError):
            return "–"
        return _framed(text, str(approval.information)) if text else "–"


def _framed(text: SafeString, name: str) -> SafeString:
    return format_html('<div class="contract-text" tabindex="0" role="region" aria-label="{}">{}</div>', name, text)
