"""Which page stands where. Every view of the data has an address of its own, filters and all."""

from django.urls import URLPattern, URLResolver, include, path

from retour.console import assets
from retour.console.pages import (
    address,
    components,
    desk,
    details,
    entry,
    jobs,
    overview,
    preferences,
    rates,
    requests,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", entry.home, name="home"),
    path("first/<str:secret>/", entry.first, name="first"),
    path("static/<str:name>", assets.serve, name="static"),
    path("preferences/", preferences.show, name="preferences"),
    path("components/", components.show, name="components"),
    path("sign/password/reset/", entry.forgotten, name="forgotten"),
    path("sign/email/", entry.nothing, name="account_email"),
    path("sign/", include("allauth.account.urls")),
    path("sign/mfa/", include("allauth.mfa.urls")),
    path("sign/social/", include("allauth.socialaccount.urls")),
    path("sign/oidc/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("desk/", desk.queue, name="desk"),
    path("desk/<str:account>/<str:id>/", desk.decide, name="decide"),
    path("a/<str:account>/requests/", requests.listed, name="requests"),
    path("a/<str:account>/requests/ask/", requests.ask, name="ask"),
    path("a/<str:account>/requests/<str:id>/", requests.show, name="request"),
    path("a/<str:account>/requests/<str:id>/withdraw/", requests.withdraw, name="withdraw"),
    path("a/<str:account>/jobs/", jobs.listed, name="jobs"),
    path("a/<str:account>/jobs/<str:id>/", jobs.show, name="job"),
    path("a/<str:account>/jobs/<str:id>/cancel/", jobs.cancel, name="job_cancel"),
    path("a/<str:account>/rates/<str:by>/", rates.show, name="rates"),
    path("a/<str:account>/", overview.show, name="overview"),
    path("a/<str:account>/bounces.<str:form>", overview.export, name="export"),
    path("a/<str:account>/address/<path:address>/event/<str:event>/", details.show, name="details"),
    path("a/<str:account>/address/<path:address>/", address.show, name="address"),
]
