"""Where the pages on an account itself stand: people, keys, webhooks, sources."""

from django.urls import URLPattern, path

from retour.console.methods import asks, reads
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
    review,
    rulebook,
    sources,
    team,
)

PATTERNS: list[URLPattern] = [
    asks("invited/<str:secret>/", invited.accept, name="invited"),
    asks("a/<str:account>/team/", team.show, name="team"),
    asks("a/<str:account>/team/<int:id>/", team.member, name="member"),
    path("a/<str:account>/invitations/<int:id>/withdraw/", team.withdraw, name="withdraw_invitation"),
    asks("a/<str:account>/keys/", keys.show, name="keys"),
    asks("a/<str:account>/keys/<str:id>/revoke/", keys.revoke, name="revoke"),
    asks("a/<str:account>/webhooks/", hooks.show, name="hooks"),
    asks("a/<str:account>/webhooks/<str:id>/", hooks.one, name="hook"),
    asks("a/<str:account>/webhooks/<str:id>/<str:message>/", hooks.message, name="hook_message"),
    asks("a/<str:account>/account/", account.show, name="account"),
    reads("a/<str:account>/charts/reasons/", figures.reasons, name="reasons"),
    reads("a/<str:account>/charts/reasons.csv", figures.reasons_csv, name="reasons_csv"),
    reads("a/<str:account>/charts/given-back/", figures.given_back, name="given_back"),
    reads("a/<str:account>/charts/given-back.csv", figures.given_back_csv, name="given_back_csv"),
    reads("a/<str:account>/charts/recoveries/", recoveries.show, name="recoveries"),
    reads("a/<str:account>/charts/recoveries.csv", recoveries.export, name="recoveries_csv"),
    path("a/<str:account>/review/look/", review.look, name="review_look"),
    reads("a/<str:account>/review/<str:id>/", review.of_job, name="review_of"),
    reads("a/<str:account>/email/", rates_one.email, name="email"),
    reads("a/<str:account>/provider/", rates_one.provider, name="provider"),
    reads("a/<str:account>/charts/lag/", lag.show, name="lag"),
    reads("a/<str:account>/charts/lag.csv", lag.export, name="lag_csv"),
    reads("a/<str:account>/charts/rates/<str:by>.csv", rates.export, name="rates_csv"),
    reads("a/<str:account>/rules/", rulebook.listed, name="rulebook"),
    reads("a/<str:account>/rules/<str:id>/", rulebook.one, name="rule"),
    reads("a/<str:account>/sources/", sources.show, name="sources"),
    reads("a/<str:account>/sources/connect/<str:what>/", sources.connect, name="connect"),
    path("a/<str:account>/sources/topics/<str:id>/<str:how>/", sources.answer, name="topic"),
]
