"""What is said after an answer: thanks, the same again, the rest of it, a further question to whom one just asked."""

import re

from brain.addressed.requests import WH, is_direct, without_openers

MARKS = " .,:;!?…–—-"
SAYS_LITTLE = frozenset(
    "hey hi ok okay so and now then well um uh oh ah right all alright great good perfect nice yes yeah yep no but "
    "sorry please cool fine just also mhm hm hmm mm aha wow sure exactly interesting really thanks thank you very "
    "much a lot got it i see that's that’s that is makes sense wonderful lovely brilliant excellent awesome "
    "super neat for now will do noted cheers good to know fair enough".split()
)
CLOSING = re.compile(
    r"\b(?:thanks|thank you|that['’]?s (?:all|it|everything|enough)|that is all|never ?mind|no more questions|cheers|"
    r"(?:we['’]re|we are|i['’]m|i am) (?:done|good)|stop|be quiet|shut up)\b",
    re.I,
)
ACKNOWLEDGES = re.compile(
    r"^(?:(?:okay|ok|great|good|perfect|cool|nice|fine|right|oh|ah|thanks(?: a lot| so much| for that)?|"
    r"thank you(?: very much| so much)?|got it|i see|makes sense|that makes sense|interesting|wow)[,.!]*\s+)+",
    re.I,
)
SAID = "mention|say|said|talk|ask|object|decide"
CAN_DO = "know|remember|tell|repeat|say|give|list|remind|sum|recap|explain|please|also|show|find|check"
TO_THE_ROOM = re.compile(
    rf"\b(?:(?:any|every|some) ?(?:one|body)(?! (?:{SAID}))|you (?:all|guys|two|both)|folks|guys|"
    r"(?<=, )team|team(?=,)|your|yours|"
    r"(?:you|we) (?:all )?(?:think|feel|agree|mind|reckon|prefer|suggest|want)|(?:okay|happy|fine|good) with|"
    r"(?:should|shall|can|could|must|may) (?:we|i)|(?:what|how|why) (?:do|are|will|would) (?:we|i)|"
    rf"(?:do|did|are|were|have|will|would|can|could) you (?!{CAN_DO})|how are you|are you|(?:and|about) you|"
    r"^do we (?!have\b|know\b)|are we (?:all|done|good|okay|ok|ready|sure|going)|is it (?:just|only) me|"
    r"who (?:else )?(?:wants|can|could|would|needs|has time|has something|volunteers)|(?:who|what)(?:['’]s| is) next|"
    r"any (?:other )?(?:questions|thoughts|objections|comments|ideas|volunteers))\b|^\w+n['’]t\b|"
    r"^(?:what|who knew|who cares|who knows|what now|why me|how nice|what if)\b[^\w]*$",
    re.I,
)
"""Asks the others: their will, their opinion, their deeds."""
FURTHER = re.compile(r"^(?:and|also|what about|how about|what else|who else|anything else|one more)\b", re.I)
ORDERS_IT = re.compile(
    r"(?:summari[sz]e|recap|repeat|list|sum (?:it|that) up|remind (?:me|us)|"
    r"tell us (?:what|who|when|where|why|how|which|if|whether))\b",
    re.I,
)
"""Orders that nobody gives to a colleague."""
ELLIPTIC = re.compile(r"^(?:and|what about|how about)\s+\S.*\?$", re.I)
CALLS_LAST = re.compile(r",\s*(?P<name>[A-Z]\w+)\s*\?$")
CONTINUES = re.compile(
    r"^(?:about|for|on|in|with|of|to|at|from|by|since|before|after|during|until|between|regarding|because|if)\b", re.I
)
EMPTY = (
    "a an the what when where why how who whom whose which is are was were do does did can could will would should has "
    "have had we you i they he she it us me our your for on in with of to at from by about and or so that this there "
    "please tell again"
)
EMPTY_WORDS = frozenset(EMPTY.split())


def says_little(text: str) -> bool:
    """`Mhm.`, `Okay, good to know.`: nobody's turn."""
    words = (word.strip(MARKS).lower() for word in text.split())
    return all(word in SAYS_LITTLE for word in words if word)


def is_closing(text: str) -> bool:
    """Ends an exchange: `Thanks, that's all.`, `Okay.`; `text` is without the assistant's name."""
    if not text.strip(MARKS):
        return False
    rest = CLOSING.sub("", text)
    return says_little(rest) and "?" not in rest


def ends_exchange(text: str) -> bool:
    """More than `Okay`, after which a question may come."""
    return bool(CLOSING.search(text)) and is_closing(text)


def is_follow_up(text: str, *, has_moved_on: bool = False) -> bool:
    """A request that needs no name just after an answer; when the person talked on since, only if it says so."""
    said = ACKNOWLEDGES.sub("", text).strip()
    if is_for_the_room(said):
        return False
    if FURTHER.match(said) and (ELLIPTIC.match(said) or is_question(said)):
        return True
    if has_moved_on and not FURTHER.match(said):
        return False
    return is_question(said) or bool(ORDERS_IT.match(without_openers(said)))


def is_question(text: str) -> bool:
    return is_direct(text) and text.endswith("?")


def is_for_the_room(text: str) -> bool:
    return bool(CALLS_LAST.search(text) or TO_THE_ROOM.search(without_openers(text)))


def repeats(question: str, earlier: str) -> bool:
    """The same question in other words, or a part of it."""
    words, before = content(question), content(earlier)
    if not words or not before:
        return question.strip(MARKS).lower() == earlier.strip(MARKS).lower()
    kinds = kind_of(question), kind_of(earlier)
    return (words <= before or before <= words) and (kinds[0] == kinds[1] or "" in kinds)


def adds_to(question: str, earlier: str) -> bool:
    return content(question) > content(earlier)


def continues(text: str, earlier: str) -> bool:
    """The rest of a question that the engine had cut: `about the launch?` after `What did we decide`."""
    if CONTINUES.match(text):
        return not WH.match(text)
    return earlier[-1:].isalnum() and text[:1].islower() and not FURTHER.match(text)


def content(text: str) -> set[str]:
    words = (word.strip(MARKS + "\"'“”").lower() for word in text.split())
    return {word for word in words if word and word not in EMPTY_WORDS}


def kind_of(question: str) -> str:
    found = re.search(r"\b(?:what|when|where|why|how|who|which)\b", question, re.I)
    return found.group().lower() if found else ""
