"""The check of addresses before they are mailed: values and rules alone, told all facts and asking nobody."""

from retour.vet.check import vet as vet
from retour.vet.facts import DEFAULT as DEFAULT
from retour.vet.facts import UNTOLD as UNTOLD
from retour.vet.facts import Dns as Dns
from retour.vet.facts import Facts as Facts
from retour.vet.facts import Policy as Policy
from retour.vet.findings import FAMILY as FAMILY
from retour.vet.findings import Answer as Answer
from retour.vet.findings import Checked as Checked
from retour.vet.findings import Code as Code
from retour.vet.findings import Evidence as Evidence
from retour.vet.findings import Family as Family
from retour.vet.findings import Finding as Finding
from retour.vet.findings import Practical as Practical
from retour.vet.findings import Rfc as Rfc
from retour.vet.findings import Suggestion as Suggestion
from retour.vet.names import suggest_local as suggest_local
from retour.vet.typos import Speller as Speller
from retour.vet.typos import suggest_domain as suggest_domain
