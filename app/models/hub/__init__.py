"""Models on the hub: finding them, what they are, and where their bytes are."""

import os

# The library reads these once, with its first import, wherever that happens: so they are set before all modules here.
os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
