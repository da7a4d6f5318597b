"""Greetings and thanks, which no document is searched for.

A closed list, and all of the message must be on it: one word more, and it is a question.
"""

from __future__ import annotations

import re

_PHRASES = (
    *(
        "hello",
        "hi",
        "hey",
        "hiya",
        "howdy",
        "greetings",
        "good (?:morning|afternoon|evening|day|night)",
        "welcome back",
    ),
    *("how are you(?: doing)?(?: today)?", "how do you do", "nice to meet you", "pleased to meet you"),
    *(
        "thanks",
        "thank you",
        "thankyou",
        "thx",
        "ty",
        "cheers",
        "many thanks",
        "thanks? (?:you )?(?:so much|very much)",
    ),
    *("thanks a (?:lot|bunch|million)", "much appreciated", "you(?:'re| are) welcome", "no problem"),
    *("bye", "bye bye", "goodbye", "see you(?: later| soon| tomorrow)?", "take care", "have a (?:nice|good|great) day"),
    *("hallo", "servus", "moin", "guten (?:morgen|tag|abend)", "gute nacht", "wie geht(?:'s| es dir| es ihnen)?"),
    *("danke", "danke (?:schön|dir|ihnen|sehr)", "vielen dank", "herzlichen dank", "tschüss", "auf wiedersehen"),
    *("bonjour", "bonsoir", "salut", "ça va", "merci", "merci beaucoup", "au revoir", "bonne (?:journée|soirée|nuit)"),
    *(
        "hola",
        "buenos días",
        "buenas (?:tardes|noches)",
        "qué tal",
        "gracias",
        "muchas gracias",
        "adiós",
        "hasta luego",
    ),
    *("ciao", "buongiorno", "buonasera", "grazie", "grazie mille", "arrivederci", "olá", "obrigad[oa]", "tack", "hej"),
)
_ASIDE = ("there", "again", "all", "everyone", "satchel", "and", "then", "for (?:that|this|your help|the help)")
_ALL = re.compile(rf"(?:{'|'.join(_PHRASES)})(?: (?:{'|'.join((*_PHRASES, *_ASIDE))}))*")
_LONGEST = 80


def is_small_talk(text: str) -> bool:
    """Whether a message only greets, thanks or says goodbye."""
    if len(text) > _LONGEST:
        return False
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+", text.casefold().replace("’", "'"))
    return _ALL.fullmatch(" ".join(words)) is not None
