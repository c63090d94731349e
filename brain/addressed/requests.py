"""Whether a text asks for something, told by how it begins; the text after the assistant's name is judged by this."""

import re

SAY_NOTHING = (
    "hey hi hello ok okay so and now then well um uh oh ah right all alright great good perfect nice yes yeah but "
    "sorry please cool fine just also actually wait hmm mhm"
)
OPENERS = frozenset(SAY_NOTHING.split())
"""May stand before a call or a question and say nothing."""

PRONOUN = "i|we|you|they|he|she|anyone|anybody|someone|somebody|everyone|everybody"
SUBJECT = rf"{PRONOUN}|it|there|this|that|these|those|the|an?|our|your|my|his|her|their|any|all|one|[A-Z][a-z]+"
AUXILIARY = (
    "is|are|was|were|do|does|did|can|could|will|would|should|shall|has|have|had|may|am|"
    "(?:is|are|was|were|do|does|did|ca|could|wo|would|should|has|have|had)n['’]t"
)
IMPERATIVE = (
    "tell|remind|give|list|summari[sz]e|recap|repeat|read|show|explain|describe|name|say|check|find|look up|"
    "brief|catch (?:me|us) up|sum up|go over|walk (?:me|us) through|quote|count|let (?:me|us) know|help (?:me|us)|"
    "do (?:me|us) a favou?r|note|answer|compare|calculate|confirm|outline|recall|look|search|remember|write down"
)

WH = re.compile(
    r"(?:(?:in|at|by|for|on|from|with|to|of|about|until|till|since|after|before) )?"
    r"(?:what|when|where|why|how|who|whom|whose|which)\b(?! an? )",
    re.I,
)
RELATIVE = re.compile(r"(?:which|who|whom|whose)\b", re.I)
ASKS_ANYBODY = re.compile(rf"(?:(?i:{AUXILIARY}))\s+(?:(?i:{PRONOUN})|{SUBJECT})\b")
ASKS_PRONOUN = re.compile(rf"(?:{AUXILIARY})\s+(?:{PRONOUN})\b", re.I)
ORDERS = re.compile(
    rf"(?:{IMPERATIVE})\b|(?:i|we)(?:['’]d| would)? (?:like|want|need) to (?:know|hear)\b|"
    r"(?:i|we)(?:['’]m|['’]re| am| are| was| were) (?:just )?wondering\b|(?:i|we) need (?:a|the|your)\b|"
    r"(?:the|an?|summary|recap|action items|status|next steps|notes)\b.*\bplease[.!]?$|"
    r"(?:the |an? )?(?:quick |short )?"
    r"(?:summary|recap|action items|next steps|decisions|open questions)(?: so far)?[.!]?$",
    re.I,
)
TAG = re.compile(r",\s*(?:right|no|(?:is|was|does|did|has|can|wo)n['’]t (?:it|he|she))\s*\?$", re.I)
NAME_FIRST = re.compile(r"^[^\W\d_]+,")
NO_SUBJECT = re.compile(r"^(?:so|please|now|um|uh|just|one more question|quick question)\b[,:]?\s+", re.I)
PREFACE = re.compile(
    r"^(?:(?:(?:i|we) (?:have|got)|i['’]ve got|got|just|another|one|an?|quick|short|more) ?)*question(?: for you)?\W*$|"
    r"^(?:are )?you (?:there|listening|with us)\W*$|^can you hear (?:me|us)\W*$|"
    r"^can i ask you (?:something|a question)\W*$",
    re.I,
)
"""Announces a question and is none."""


CUT_OFF = re.compile(
    r"\b(?:the|an?|our|your|my|his|their|its|and|or|but|because|if|that['’]s|what['’]s|who['’]s|you please)$|"
    r"\b(?:do|does|did|can|could|will|would|should|shall|have|had)(?:n['’]t)? (?:i|we|you|they|he|she|it)$|"
    r"\b(?:tell|remind|give|show) (?:me|us)$|"
    r"^(?:what|when|where|why|how|who|which|can|could|would|do|did|does|is|are|was|tell|give|how many|how much)$",
    re.I,
)
"""No question ends so."""
MAYBE_CUT_OFF = re.compile(
    r"\b(?:about|for|on|in|with|of|to|at|from|by|until|since|before|after|is|are|was|were)$", re.I
)
"""A question that ends so has a question mark."""
TRAILING = re.compile(r"(?:…|\.\.\.|[,:;–—-])$")


def without_openers(text: str) -> str:
    """From the first word that says something."""
    words = text.split()
    while words and words[0].strip(",.!").lower() in OPENERS:
        words.pop(0)
    return " ".join(words)


def is_cut_off(text: str) -> bool:
    """The engine made a line of half a question: `what did we`, `tell us the`, `what is the plan for`."""
    said = without_openers(text).strip()
    bare = said.rstrip(" .,:;!?…–—-")
    begins = WH.match(bare) or ASKS_ANYBODY.match(bare) or ORDERS.match(bare) or CUT_OFF.fullmatch(bare)
    if not begins:
        return False
    return bool(CUT_OFF.search(bare) or TRAILING.search(said) or (bare == said and MAYBE_CUT_OFF.search(bare)))


def is_preface(text: str) -> bool:
    said = without_openers(text)
    return not said.strip(" .,!?…–—-") or bool(PREFACE.match(said))


def is_request(text: str) -> bool:
    """What was certainly said to the assistant asks for something."""
    said = without_openers(text)
    if said.rstrip().endswith("?"):
        return bool(WH.match(said)) or (len(said.split()) > 1 and not NAME_FIRST.match(said))
    if WH.match(said):
        return len(said.split()) > 2 and not RELATIVE.match(said)
    return bool(ASKS_ANYBODY.match(said) or ORDERS.match(said))


def is_direct(text: str) -> bool:
    """Not only by its question mark."""
    said = without_openers(text)
    if WH.match(said):
        return len(said.split()) > 2 or said.endswith("?")
    return bool(ASKS_ANYBODY.match(said) or ORDERS.match(said))


def is_request_after_bare_name(text: str) -> bool:
    """Without a comma the name may be the subject: `Chime is great`, `Chime did a good job, didn't it?`"""
    text = NO_SUBJECT.sub("", text)
    is_question = text.rstrip().endswith("?") and not TAG.search(text)
    if WH.match(text):
        return is_question or ((len(text.split()) > 2 or is_cut_off(text)) and not RELATIVE.match(text))
    return bool(ASKS_PRONOUN.match(text) or ORDERS.match(text) or (is_question and ASKS_ANYBODY.match(text)))
