"""Every route, in one table."""

from gateway import (
    briefs,
    joining,
    meetings,
    output_media,
    pages,
    questions,
    readiness,
    searches,
    sockets,
    sse,
    statuses,
    transcripts,
    vocabulary,
    webhook_deliveries,
    webhook_endpoints,
    webhooks,
)
from gateway import contract as c
from gateway import requests as r
from gateway.answers import EVENT_STREAM, JSON
from gateway.exports import MARKDOWN, PLAIN, SUBRIP, WEBVTT
from gateway.hooks import contract as h
from gateway.openapi import show_openapi
from gateway.routing import Route
from gateway.search.contract import SearchQuery, SearchResults

ONE = "/meetings/{meeting_id}"
HOOKS = "/webhooks/endpoints"
HTML = "text/html"
TRANSCRIPT_MEDIA = (JSON, PLAIN, MARKDOWN, SUBRIP, WEBVTT)

# fmt: off
ROUTES = (
    Route(method="POST", path="/meetings/join", handler=joining.join, summary="Send the bot into a meeting",
          body=r.JoinRequest, answer=c.MeetingCreated, status=201, also={200: c.MeetingCreated},
          errors=(409, 413, 415, 422, 502, 503, 504)),
    Route(method="GET", path="/meetings", handler=statuses.list_meetings, summary="Meetings, newest first",
          query=r.ListQuery, answer=c.MeetingList, errors=(422, 503)),
    Route(method="GET", path=f"{ONE}/status", handler=statuses.show_status, summary="How a meeting is",
          answer=c.MeetingStatus, errors=(404, 503)),
    Route(method="GET", path=f"{ONE}/brief", handler=briefs.show_brief, summary="What happened so far",
          query=r.BriefQuery, answer=c.Briefing, media=(JSON, MARKDOWN), errors=(402, 404, 406, 422, 502, 503, 504)),
    Route(method="POST", path=f"{ONE}/ask", handler=questions.ask, summary="Ask the meeting a question",
          body=r.AskRequest, answer=c.AnswerGiven, also={202: c.AnswerPending}, media=(JSON, EVENT_STREAM),
          errors=(402, 404, 406, 409, 413, 415, 422, 502, 503, 504)),
    Route(method="GET", path=f"{ONE}/requests/{{request_id}}", handler=questions.show_request,
          summary="The answer to a question asked before", answer=c.AnswerGiven, also={202: c.AnswerPending},
          errors=(402, 404, 422, 502, 503, 504)),
    Route(method="POST", path=f"{ONE}/say", handler=questions.say, summary="Say a text in the meeting",
          body=r.SayRequest, answer=c.SaidText, errors=(404, 409, 413, 415, 422, 503, 504)),
    Route(method="POST", path=f"{ONE}/hush", handler=questions.hush, summary="Stop talking",
          answer=c.SpeechHushed, errors=(404, 409, 503)),
    Route(method="PUT", path=f"{ONE}/vocabulary", handler=vocabulary.change_vocabulary,
          summary="Say which names and terms are likely to be said", body=r.VocabularyRequest, answer=c.VocabularyKept,
          errors=(404, 413, 415, 422, 503)),
    Route(method="POST", path=f"{ONE}/leave", handler=meetings.leave, summary="Leave the meeting",
          answer=c.MeetingLeft, errors=(404, 409, 422, 502, 503, 504)),
    Route(method="DELETE", path=ONE, handler=meetings.erase, summary="Erase everything kept of a meeting",
          answer=c.EraseReceipt, errors=(404, 503, 504)),
    Route(method="GET", path=f"{ONE}/transcript", handler=transcripts.show_transcript, summary="What was said",
          query=r.TranscriptQuery, answer=c.Transcript, media=TRANSCRIPT_MEDIA, errors=(404, 406, 422, 503)),
    Route(method="GET", path=f"{ONE}/transcript.{{format}}", handler=transcripts.show_transcript,
          summary="What was said, as json, txt, md, srt or vtt", query=r.TranscriptQuery, answer=c.Transcript,
          media=TRANSCRIPT_MEDIA, errors=(404, 422, 503)),
    Route(method="GET", path=f"{ONE}/events", handler=sse.watch_events, summary="What happens, as server-sent events",
          query=r.WatchQuery, media=(EVENT_STREAM,), errors=(404, 422, 503), is_stream=True),
    Route(method="GET", path=f"{ONE}/live", handler=sockets.watch_live, summary="What happens, over a WebSocket",
          query=r.WatchQuery, status=101, media=(), errors=(404, 422, 426, 503), is_stream=True),
    Route(method="GET", path="/search", handler=searches.search, summary="Find what was said",
          query=SearchQuery, answer=SearchResults, errors=(404, 422, 503)),
    Route(method="POST", path="/webhooks/recall", handler=webhooks.take_recall, summary="Recall's status webhooks",
          status=204, media=(), errors=(400, 401, 413, 503), is_open=True),
    Route(method="POST", path=HOOKS, handler=webhook_endpoints.add_endpoint, summary="Have webhooks sent to an address",
          body=h.EndpointRequest, answer=h.EndpointCreated, status=201, errors=(409, 413, 415, 422, 503)),
    Route(method="GET", path=HOOKS, handler=webhook_endpoints.list_endpoints, summary="Where webhooks go",
          answer=h.EndpointList, errors=(503,)),
    Route(method="GET", path=f"{HOOKS}/{{endpoint_id}}", handler=webhook_endpoints.show_endpoint,
          summary="One endpoint, and how it fares", answer=h.EndpointShown, errors=(404, 503)),
    Route(method="DELETE", path=f"{HOOKS}/{{endpoint_id}}", handler=webhook_endpoints.remove_endpoint,
          summary="Send nothing there any more", status=204, media=(), errors=(404, 503)),
    Route(method="POST", path=f"{HOOKS}/{{endpoint_id}}/rotate", handler=webhook_endpoints.rotate_secret,
          summary="A new secret; the old one signs too for a day", answer=h.EndpointCreated, errors=(404, 409, 503)),
    Route(method="POST", path=f"{HOOKS}/{{endpoint_id}}/enable", handler=webhook_endpoints.enable_endpoint,
          summary="Send there again after it was disabled", answer=h.EndpointShown, errors=(404, 409, 503)),
    Route(method="GET", path="/webhooks/deliveries", handler=webhook_deliveries.list_deliveries,
          summary="What became of webhooks, newest first", query=h.DeliveriesQuery, answer=h.DeliveryList,
          errors=(404, 422, 503)),
    Route(method="POST", path="/webhooks/deliveries/{delivery_id}/replay", handler=webhook_deliveries.replay_delivery,
          summary="Send a webhook once more", answer=h.DeliveryShown, status=202, errors=(404, 409, 503)),
    Route(method="GET", path="/health", handler=readiness.health, summary="Is this process alive?",
          answer=c.Liveness, also={503: c.Liveness}, is_open=True),
    Route(method="GET", path="/ready", handler=readiness.ready, summary="Can meetings be served?",
          answer=c.Readiness, also={503: c.Readiness}, is_open=True),
    Route(method="GET", path="/metrics", handler=readiness.metrics, summary="Metrics for Prometheus",
          media=(PLAIN,), is_open=True),
    Route(method="GET", path="/openapi.json", handler=show_openapi, summary="This description",
          media=(JSON,), is_open=True),
    Route(method="GET", path="/docs", handler=pages.docs, summary="This description, to be browsed",
          media=(HTML,), is_open=True),
    Route(method="GET", path="/docs/{name}", handler=pages.docs_file, summary="", is_open=True, is_hidden=True),
    Route(method="GET", path="/media/{meeting_id}/{token}/", handler=output_media.show_page, summary="",
          is_open=True, is_hidden=True),
    Route(method="GET", path="/media/{meeting_id}/{token}/socket", handler=output_media.connect_page, summary="",
          query=r.MediaQuery, is_open=True, is_hidden=True, is_stream=True),
    Route(method="GET", path="/media-page/{name}", handler=output_media.page_file, summary="",
          is_open=True, is_hidden=True),
    Route(method="GET", path="/", handler=pages.console, summary="The console page", media=(HTML,), is_open=True),
    Route(method="GET", path="/console/{name}", handler=pages.console_file, summary="", is_open=True, is_hidden=True),
)
# fmt: on
