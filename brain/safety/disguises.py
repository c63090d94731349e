"""The ways in which words are hidden from the eye and not from a model: each text as it reads once they are undone."""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from brain.citations import visible

LOOK_ALIKES = str.maketrans("авеёкмнорстухьіјѕԁӏαβεικνορτυχ", "abeekmhopctyxbijsdlabeiknoptux")
LEET = str.maketrans("013457@$!|", "oieastasil")
TAGS = range(0xE0020, 0xE007F)
SPACED = re.compile(r"(?:\b\w[\s.\-_*·|/]+){5,}\w\b")
ENCODED = re.compile(r"[A-Za-z0-9+/_\-]{16,}={0,2}")
HEX = re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s:]?){10,}")
BINARY = re.compile(r"(?:[01]{8}\s?){6,}")
MOSTLY = 0.85
MIXED = re.compile(r"(?=.*[a-z])(?=.*[Ѐ-ӿͰ-Ͽ])", re.IGNORECASE | re.DOTALL)


def readings(text: str) -> Iterator[str]:
    """The text itself first, then what it says in disguise; all in lower case."""
    plain = unicodedata.normalize("NFKC", visible(text)).lower()
    yield plain
    if tags := "".join(chr(ord(char) - 0xE0000) for char in text if ord(char) in TAGS):
        yield tags.lower()
    if MIXED.search(plain):
        yield plain.translate(LOOK_ALIKES)
    if "%" in plain:
        yield unquote(plain)
    if any(char in plain for char in "013457@$!|"):
        yield plain.translate(LEET)
    if SPACED.search(plain):
        yield SPACED.sub(unspaced, plain)
    if plain.isascii():
        yield codecs.decode(plain, "rot13")
        yield plain[::-1]
    yield from decoded(unicodedata.normalize("NFKC", visible(text)))


def unspaced(match: re.Match[str]) -> str:
    """`i g n o r e  a l l` with two spaces between words, or none to tell them apart."""
    return " ".join(re.sub(r"[\W_]", "", word) for word in re.split(r"\s{2,}|\s*[|/]\s*", match.group()))


def decoded(text: str) -> Iterator[str]:
    """What is printable after base64, hex or binary."""
    for match in ENCODED.finditer(text):
        yield from printable(from_base64(match.group()))
    for match in HEX.finditer(text):
        digits = re.sub(r"0x|\\x|[\s:]", "", match.group())
        yield from printable(bytes.fromhex(digits[: len(digits) // 2 * 2]))
    for match in BINARY.finditer(text):
        yield from printable(bytes(int(byte, 2) for byte in re.findall(r"[01]{8}", match.group())))


def from_base64(token: str) -> bytes:
    token = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def printable(content: bytes) -> Iterator[str]:
    text = content.decode("utf-8", "replace").lower()
    if text and sum(char.isalpha() or char == " " for char in text) >= MOSTLY * len(text):
        yield text
