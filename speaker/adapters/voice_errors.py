"""What a voice's refusals mean here. Never with a key, and never with what was to be said."""

from http import HTTPStatus

from shared.errors import Category, SpeechError

CATEGORIES = {
    400: Category.INVALID,
    401: Category.AUTHENTICATION,
    402: Category.AUTHENTICATION,
    403: Category.AUTHENTICATION,
    404: Category.NOT_FOUND,
    408: Category.TIMEOUT,
    413: Category.INVALID,
    422: Category.INVALID,
    429: Category.RATE_LIMIT,
}
"""Other refusals of 400 and more are INVALID, of 500 and more UNAVAILABLE."""
SENTENCES = {
    401: "{vendor} does not know the key: check {setting}",
    402: "the account at {vendor} has no credit left: top it up, or set {setting} to the key of another one",
    403: "the key may not be used to speak: check {setting}",
    404: "{vendor} does not know this voice or model: check the setting of the voice",
    413: "the sentence is too long for the voice of {vendor}",
    429: "{vendor} has too many requests at this moment",
}


def of_status(vendor: str, setting: str, status: int, retry_after: str) -> SpeechError:
    usual = Category.UNAVAILABLE if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not status else Category.INVALID
    sentence = SENTENCES.get(status, "the voice of {vendor} is not available")
    return SpeechError(
        f"{sentence.format(vendor=vendor, setting=setting)} (HTTP {status})",
        category=CATEGORIES.get(status, usual),
        retry_after_s=float(retry_after) if retry_after.replace(".", "", 1).isdigit() else None,
    )


def of_connection(whose: str, setting: str) -> SpeechError:
    reason = f"the connection to {whose} failed: check the network and {setting}"
    return SpeechError(reason, category=Category.CONNECTIVITY)
