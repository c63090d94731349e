"""A meeting's audio and people → chunks on audio streams and facts on the timeline.

Reads JoinMeeting, LeaveMeeting, EraseMeeting, ReportBotStatus. Writes BotJoined, JoinRefused, BotLeft, LeaveRefused,
MeetingErased, MeetingStateChanged, Participant*, Speaking*, ChatReceived, AudioEnded, and audio.
"""
