"""Hours of talk among colleagues that is not for the assistant, with now and then a question that is: seeded."""

import random
from collections.abc import Iterator

PEOPLE = ("Maya", "Tom", "Elena", "Daniel", "Priya")
THINGS = (
    "the launch|the budget|the new index|the payment page|the permit|the draft|the offer|the test plan|the backup|"
    "the contract|the landing page|the second release|the printer|the survey|the migration|the video|the heating"
).split("|")
DAYS = "Monday|Tuesday|Thursday|the end of the week|the ninth|next month|tomorrow|March".split("|")
STATEMENTS = (
    "I finished {thing} yesterday.|{person} and I looked at {thing}.|We are waiting for {person}.|It should be done by "
    "{day}.|I don't think that {thing} is the problem.|The numbers for {thing} look fine to me.|I would rather wait "
    "until {day}.|Last time it took us three weeks.|We had the same trouble with {thing} in spring.|It was {person} "
    "who wrote most of it.|There's still a bug in {thing}, but it is small.|That costs us about two thousand a month.|"
    "I can send you {thing} after lunch.|Let me share my screen.|I heard that {person} is back on {day}.|We agreed "
    "that {thing} comes first.|My point is that nobody reads it.|What we need is more time.|Which is exactly what I "
    "said about {thing}.|How they did it I don't know.|When {thing} is ready, I'll tell you.|Is what it is.|Time is "
    "short, as always.|The time of the call moves to ten.|I'm going to chime in on {thing} later.|What a week.|Can't "
    "hear you, {person}.|Tell me about it.|Say we start on {day}, then {thing} is late.|Read that somewhere."
).split("|")
QUESTIONS = (
    "Who owns {thing}?|When is {thing} due?|{person}, what do you think about {thing}?|Can you take that, {person}?|"
    "Did you talk to {person} about {thing}?|And what about {thing}?|How long will {thing} take?|Do we need {thing} at "
    "all?|Is {thing} ready?|Could somebody look at {thing} before {day}?|What did {person} say?|Why is {thing} so "
    "late?|Where is {thing} now?|Should we move {thing} to {day}?|{person}, can you hear us?|Who else uses {thing}?|"
    "Right?|Really?|What was that?|And who does it?|Is it because of {thing}?|Are you done with {thing}?|What time is "
    "it?|Okay, time, shall we move on?|Does anybody know why?|How many are left?|Would {day} be better?|Who cares, "
    "honestly?|Can we go back to {thing}?|Have you seen {thing}, {person}?"
).split("|")
LITTLE = "Yes.|Mhm.|Okay.|Right.|No.|Sure.|I see.|Exactly.|Yeah, true.|Not yet.|Fine with me.|Maybe.".split("|")
ABOUT_IT = (
    "I think {name} wrote that down.|{name} said something else earlier.|Did {name} get that?|Let's ask {name} later.|"
    "{name} is quick today.|Is {name} still recording?|{person}, what did {name} say about {thing}?|{name} has it in "
    "the notes.|Do you use {name} in other meetings?|I like {name}.|Let me chime in on {thing}."
).split("|")
ASKED = (
    "{name}, when is {thing} due?|Hey {name}, who owns {thing}?|What did we decide about {thing}, {name}?|{name}, can "
    "you sum up what {person} said?|Okay {name}, why is {thing} late?"
).split("|")
ANSWERS = "That was not said so far.|It is due on {day}.|{person} does that.|You agreed on {day}.".split("|")
ASKS_ONE_IN, ABOUT_ONE_IN = 60, 40


def ordinary_talk(hours: float, seed: int, name: str = "Chime") -> Iterator[tuple[str, int, int, str, bool]]:
    """Speaker, start, end, text, and whether the line is a question to the assistant, which answers it."""
    chance = random.Random(seed)
    at_ms, speaker = 0, ""
    while at_ms < hours * 3_600_000:
        speaker = chance.choice([person for person in PEOPLE if person != speaker])
        is_asked = chance.random() < 1 / ASKS_ONE_IN
        texts = [said(chance, ASKED, name, speaker)] if is_asked else turn(chance, name, speaker)
        for text in texts:
            start_ms, at_ms = spoken(chance, at_ms, text)
            yield speaker, start_ms, at_ms, text, is_asked
        if is_asked:
            answer = said(chance, ANSWERS, name, speaker)
            start_ms, at_ms = spoken(chance, at_ms + 1_000, answer)
            yield name, start_ms, at_ms, answer, False
            speaker = chance.choice(PEOPLE) if chance.random() < 0.5 else ""


def turn(chance: random.Random, name: str, speaker: str) -> list[str]:
    """One to three lines of one person."""
    if chance.random() < 1 / ABOUT_ONE_IN:
        return [said(chance, ABOUT_IT, name, speaker)]
    kinds = chance.choices((STATEMENTS, QUESTIONS, LITTLE), weights=(5, 3, 3), k=chance.choice((1, 1, 1, 2, 3)))
    return [said(chance, kind, name, speaker) for kind in kinds]


def said(chance: random.Random, templates: list[str], name: str, speaker: str) -> str:
    other = chance.choice([person for person in PEOPLE if person != speaker])
    text = chance.choice(templates).format(
        thing=chance.choice(THINGS), person=other, day=chance.choice(DAYS), name=name
    )
    return text[0].upper() + text[1:]


def spoken(chance: random.Random, at_ms: int, text: str) -> tuple[int, int]:
    start_ms = at_ms + chance.randint(100, 2_500)
    return start_ms, start_ms + sum(chance.randint(220, 450) for _ in text.split()) + 300
