"""Sentences → sound in the meeting.

Reads SentenceComposed, Hushed, BotJoined. Writes SpeechStarted before the first sound, then SpeechFinished or
SpeechCut.
"""
