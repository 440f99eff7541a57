from django.urls import path

from applications.views import news

app_name = "news"

urlpatterns = [
    path("", news.ask, name="ask"),
    path("<str:token>/onay/", news.confirm, name="confirm"),
    path("<str:token>/ayril/", news.leave, name="leave"),
]
