"""The window. Qt lives here and in ``app.main`` only."""

from app.ui.none_guard import keep_none_alive

keep_none_alive()
