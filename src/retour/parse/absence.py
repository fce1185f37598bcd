"""What programs that answer for people write in the languages of the world, where no header marks them."""

import re

from retour.parse.notice import Notice
from retour.parse.phrases import says

_BEGINNING = 400  # characters of the words: an absence is told at once, other mail may mention one later

# In the subject: the names of the answer in Outlook, Exchange, Lotus Notes, Gmail and their local rivals.
_SUBJECTS = (
    *("ooo:", "ooo -", "away from office", "away from the office", "i am on vacation", "i'm on vacation"),
    *("je suis absent", "estoy de vacaciones", "estou de férias", "ich bin nicht", "sono assente"),
    *("abwesend", "abwesenheit", "im urlaub", "nicht im büro", "nicht im haus", "automatische antwort"),
    *("absence du bureau", "absent du bureau", "message d'absence", "réponse automatique", "en congé"),
    *("fuera de la oficina", "fuera de oficina", "ausencia", "respuesta automática"),
    *("fuori ufficio", "fuori sede", "risposta automatica", "assente dall"),
    *("fora do escritório", "ausência", "resposta automática", "automatisch antwoord", "afwezig"),
    *("odpowiedź automatyczna", "automatyczna odpowiedź", "poza biurem", "nieobecno"),
    *("automatická odpověď", "automatická odpoveď", "mimo kancelář", "nepřítomn"),
    *("автоматический ответ", "автоответ", "автоматична відповідь", "вне офиса", "в отпуске"),
    *("otomatik yanıt", "otomatik cevap", "ofis dışında", "autosvar", "automatiskt svar", "automatisk svar"),
    *("frånvaro", "fravær", "automaattinen vastaus", "poissaolo", "automatikus válasz", "házon kívül"),
    *("răspuns automat", "αυτόματη απάντηση", "εκτός γραφείου", "automatski odgovor", "samodejni odgovor"),
    *(
        "自動応答",
        "自動返信",
        "不在通知",
        "不在のお知らせ",
        "自动答复",
        "自动回复",
        "自動回覆",
        "休假",
        "자동 회신",
    ),
    *("자동 응답", "자동응답", "부재중"),
)
# The whole subject, behind "Re:": what people call the answer who wrote it themselves.
_TITLES = frozenset(
    (
        *("ooo", "vacation", "on vacation", "holiday", "on holiday", "absence", "absent", "away", "abwesend"),
        *(
            "abwesenheit",
            "urlaub",
            "congés",
            "vacances",
            "ausente",
            "ausencia",
            "vacaciones",
            "assente",
            "in ferie",
        ),
        *(
            "ferie",
            "assenza",
            "férias",
            "ausência",
            "niet aanwezig",
            "afwezigheid",
            "vakantie",
            "urlop",
            "dovolená",
        ),
        *(
            "отпуск",
            "нет на месте",
            "відпустка",
            "tatil",
            "izin",
            "semester",
            "お休み",
            "休暇",
            "休暇のお知らせ",
            "不在",
        ),
        *("外出中", "不在办公室", "休假", "外出", "휴가", "부재중"),
    )
)
_PREFIX = re.compile(r"^(?:(?:re|aw|sv|antw|odp|rif)\s?:\s*)+")
# In the first words: somebody says that he is away now, or a program that nobody reads.
_WORDS = (
    *("out of the office", "out of office", "away from the office", "away from my", "not in the office"),
    *(
        "currently on vacation",
        "currently on leave",
        "currently on holiday",
        "currently out of",
        "away until",
    ),
    *("nicht im haus", "nicht erreichbar", "wieder im büro", "actuellement absent", "de retour le"),
    *(
        "fuori sede fino",
        "afwezig",
        "on annual leave",
        "on maternity leave",
        "on parental leave",
        "on sick leave",
        "on vacation until",
    ),
    *("on holiday until", "on leave until", "limited access to e-mail", "limited access to email"),
    *("this is an automatic reply", "this is an automated reply", "this is an automated response"),
    *("this is an automatic response", "nicht im büro", "außer haus", "im urlaub", "nicht im hause"),
    *("in elternzeit", "automatische antwort", "bin ich abwesend", "suis absent", "absent du bureau"),
    *("en congé", "réponse automatique", "fuera de la oficina", "estoy de vacaciones", "estoy ausente"),
    *("estaré ausente", "fuori ufficio", "sono in ferie", "sono assente", "fora do escritório"),
    *(
        "estou de férias",
        "estou ausente",
        "estarei ausente",
        "niet op kantoor",
        "op vakantie",
        "ik ben afwezig",
    ),
    *("poza biurem", "na urlopie", "mimo kancelář", "na dovolené", "в отпуске"),
    *(
        "вне офиса",
        "у відпустці",
        "ofis dışında",
        "izindeyim",
        "tatildeyim",
        "inte på kontoret",
        "på semester",
    ),
    *("ikke på kontoret", "på ferie", "olen lomalla", "olen poissa", "nem vagyok az irodában"),
    *("szabadságon vagyok", "nu sunt la birou", "sunt în concediu", "λείπω από το γραφείο", "είμαι σε άδεια"),
    *(
        "不在のため",
        "不在にし",
        "不在です",
        "休暇中",
        "休暇をいただ",
        "不在办公室",
        "正在休假",
        "부재중",
        "휴가 중",
    ),
)


def tells_absence(notice: Notice) -> bool:
    """Whether a mail says by its subject or its first words that a program answers for somebody."""
    subject = notice.subject()
    titled = _PREFIX.sub("", subject).strip(" .!") in _TITLES
    return titled or says(_SUBJECTS, subject) or says(_WORDS, notice.plain()[:_BEGINNING])
