"""The chat page: conversations, the answer with its evidence, and the sources it stands on."""
