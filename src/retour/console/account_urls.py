"""Where the pages on an account itself stand: people, keys, webhooks, sources."""

from django.urls import URLPattern, path

from retour.console.pages import (
    account,
    figures,
    hooks,
    invited,
    keys,
    lag,
    rates,
    rates_one,
    recoveries,
    rulebook,
    sources,
    team,
)

PATTERNS: list[URLPattern] = [
    path("invited/<str:secret>/", invited.accept, name="invited"),
    path("a/<str:account>/team/", team.show, name="team"),
    path("a/<str:account>/team/<int:id>/", team.member, name="member"),
    path("a/<str:account>/invitations/<int:id>/withdraw/", team.withdraw, name="withdraw_invitation"),
    path("a/<str:account>/keys/", keys.show, name="keys"),
    path("a/<str:account>/keys/<str:id>/revoke/", keys.revoke, name="revoke"),
    path("a/<str:account>/webhooks/", hooks.show, name="hooks"),
    path("a/<str:account>/webhooks/<str:id>/", hooks.one, name="hook"),
    path("a/<str:account>/webhooks/<str:id>/<str:message>/", hooks.message, name="hook_message"),
    path("a/<str:account>/account/", account.show, name="account"),
    path("a/<str:account>/charts/reasons/", figures.reasons, name="reasons"),
    path("a/<str:account>/charts/reasons.csv", figures.reasons_csv, name="reasons_csv"),
    path("a/<str:account>/charts/given-back/", figures.given_back, name="given_back"),
    path("a/<str:account>/charts/given-back.csv", figures.given_back_csv, name="given_back_csv"),
    path("a/<str:account>/charts/recoveries/", recoveries.show, name="recoveries"),
    path("a/<str:account>/charts/recoveries.csv", recoveries.export, name="recoveries_csv"),
    path("a/<str:account>/email/", rates_one.email, name="email"),
    path("a/<str:account>/provider/", rates_one.provider, name="provider"),
    path("a/<str:account>/charts/lag/", lag.show, name="lag"),
    path("a/<str:account>/charts/lag.csv", lag.export, name="lag_csv"),
    path("a/<str:account>/charts/rates/<str:by>.csv", rates.export, name="rates_csv"),
    path("a/<str:account>/rules/", rulebook.listed, name="rulebook"),
    path("a/<str:account>/rules/<str:id>/", rulebook.one, name="rule"),
    path("a/<str:account>/sources/", sources.show, name="sources"),
    path("a/<str:account>/sources/connect/<str:what>/", sources.connect, name="connect"),
    path("a/<str:account>/sources/topics/<str:id>/<str:how>/", sources.answer, name="topic"),
]
