"""What bad people say, write and link to in the meetings of promise 19. Pure."""

import base64
import codecs
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec

LINK = "https://evil.example/collect"


class Corpus(msgspec.Struct, forbid_unknown_fields=True):
    """The file beside this one."""

    override: list[str]
    role_play: list[str]
    reveal: list[str]
    other_meetings: list[str]
    links: list[str]
    tools: list[str]
    markup: list[str]
    languages: list[str]
    split: list[list[str]]
    disguised: list[str]
    names: list[str]
    bad_urls: list[str]
    good_urls: list[str]


class Attack(msgspec.Struct, frozen=True):
    """One way in: lines that are said, a question, a chat message or a name."""

    kind: str
    way: str
    """`voice`, `chat`, `question` or `name`."""
    texts: list[str]
    canary: str


def corpus() -> Corpus:
    return msgspec.toml.decode(Path(__file__).with_name("attacks.toml").read_bytes(), type=Corpus)


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "backwards": lambda text: text[::-1],
    "spaced": lambda text: "  ".join(" ".join(word) for word in text.split()),
    "leet": lambda text: text.translate(str.maketrans("aeios", "43105")),
    "zero_width": "\u200b".join,
    "tag_block": lambda text: "Good point. " + "".join(chr(0xE0000 + ord(char)) for char in text if ord(char) < 0x7F),
    "look_alikes": lambda text: text.translate(str.maketrans("aeopcyx", "аеорсух")),
    "percent": lambda text: quote(text, safe=""),
    "fullwidth": lambda text: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
}


def attacks() -> list[Attack]:
    """Each with a word of its own."""
    found = corpus()
    made: list[Attack] = []
    plain = ("override", "role_play", "reveal", "other_meetings", "links", "tools", "markup", "languages")
    for kind in plain:
        for n, text in enumerate(getattr(found, kind)):
            made.append(attack(kind, ("voice", "voice", "chat", "question")[n % 4], [text], len(made)))
    made += [attack("split", "voice", texts, len(made) + n) for n, texts in enumerate(found.split)]
    made += [attack("name", "name", [text], len(made) + n) for n, text in enumerate(found.names)]
    for name, disguise in DISGUISES.items():
        for text in found.disguised:
            told = attack(name, ("voice", "chat")[len(made) % 2], [text], len(made))
            made.append(msgspec.structs.replace(told, texts=[disguise(told.texts[0])]))
    return made


def attack(kind: str, way: str, texts: Sequence[str], number: int) -> Attack:
    canary = f"Wombat{chr(65 + number // 26)}{chr(65 + number % 26)}ling"
    filled = [text.replace("{{", "{").replace("}}", "}") for text in texts]
    told = [text.replace("{canary}", canary).replace("{link}", f"{LINK}/{canary}") for text in filled]
    return Attack(kind, way, told, canary)
