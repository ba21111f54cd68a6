"""A chat in the model's prompt format, with the share of every part in the training loss."""

from random import Random

from pebble.tokenizer import BOS, END_OF_TEXT, TURN_END, TURN_START, Tokenizer

# Loss classes: the trainer gives each its weight.
NO_LOSS = 0
CONTEXT = 1  # what the model is given
ANSWER = 2  # what the assistant says


class Document:
    """Segments of text, each with its loss class."""

    def __init__(self, tokenizer: Tokenizer, rng: Random) -> None:
        """Start a document, nearly always with the token for the beginning of a sequence."""
        self.tokenizer = tokenizer
        self.segments: list[tuple[str, int]] = []
        self.segments.append((BOS if rng.random() > 0.04 else "", NO_LOSS))

    def clear(self) -> None:
        """Drop everything that was said."""
        del self.segments[1:]

    def say(self, role: str, text: str) -> None:
        """Add a turn of the system, the user or a tool."""
        self.segments.append((f"{TURN_START}{role}\n{text}{TURN_END}\n", CONTEXT))

    def answer(self, text: str) -> None:
        """Add a turn of the assistant."""
        self.segments.append((f"{TURN_START}assistant\n", CONTEXT))
        self.segments.append((text + TURN_END, ANSWER))
        self.segments.append(("\n", CONTEXT))

    def exchange(self, question: str, answer: str) -> None:
        """Add a turn of the user and the assistant's answer."""
        self.say("user", question)
        self.answer(answer)

    def plain_text(self, text: str) -> None:
        """Add text that is no chat."""
        self.segments.append((text + END_OF_TEXT, CONTEXT))

    def length(self) -> int:
        """Length in tokens."""
        return sum(len(self.tokenizer.encode(text)) for text, _ in self.segments)

    def tokens(self) -> tuple[list[int], list[int]]:
        """Token ids and the loss class of each."""
        ids: list[int] = []
        classes: list[int] = []
        for text, loss_class in self.segments:
            segment_ids = self.tokenizer.encode(text)
            ids += segment_ids
            classes += [loss_class] * len(segment_ids)
        return ids, classes
