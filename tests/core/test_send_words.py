"""The words of `retour send` and `retour address` are the same in every language."""

from retour.model import Answer, Cause, Standing, StateName
from retour.texts import LANGUAGES, catalogue


def test_every_language_has_the_same_keys() -> None:
    english, *others = (catalogue(f"send.{language}").keys for language in LANGUAGES)
    assert english
    assert all(other == english for other in others)


def test_everything_the_api_may_answer_has_words() -> None:
    words = catalogue("send.en")
    wanted = [f"state.{state}" for state in StateName]
    wanted += [f"why.{cause}" for cause in Cause]
    wanted += [f"decision.{answer}" for answer in Answer]
    wanted += [f"standing.{standing}" for standing in Standing if standing is not Standing.PROVEN]
    assert [key for key in wanted if key not in words] == []
