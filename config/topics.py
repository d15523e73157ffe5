"""`[[blogs.topics]]`: a topic as the file writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, with_config

from bot.core.model import Topic
from config import shapes
from config.tables import ReadAs


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTable:
    """Without a title a topic is called by its id; without words it looks for its title."""

    id: Annotated[str, shapes.ID]
    title: Annotated[str, shapes.text_up_to(200)] = ""
    words: Annotated[tuple[str, ...], shapes.WORDS] = ()

    def topic(self) -> Topic:
        title = self.title or self.id
        return Topic(id=self.id, title=title, words=self.words or (title,))


ReadTopic = ReadAs(TopicTable, TopicTable.topic)
