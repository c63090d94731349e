"""The edge: HTTP, SSE and WebSocket for people, webhooks for the meeting platform, and the console page.

Writes commands to ingest and brain, and the facts MeetingRequested, VocabularyChanged, Asked and Hushed. Reads the
timelines that it has waiters or watchers for; a reply is the event whose `cause_id` is the command's id.
"""
