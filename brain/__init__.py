"""Questions and lines → answers sentence by sentence, and briefings.

Reads AskQuestion, SayText, WriteBrief; LineHeard, to notice that somebody asks by name. Writes Asked,
SentenceComposed, QuestionAnswered, QuestionFailed, BriefWritten, BriefFailed.
"""
