"""Finding models on the hub: search, details, whether a file would fit here, and the access token."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.core.errors import HubError
from app.models.hub.access import Access, endpoint_of, may_have_token
from app.models.hub.catalogue import Catalogue
from app.models.hub.client import Hub
from app.models.hub.values import CuratedModel, HubDetails, HubFile, HubModel, HubPage, Sort
from app.models.kv_type import KvType
from app.models.model import Verdict
from app.services.model_sizer import ModelSizer
from app.storage.secrets import Secrets
from app.storage.settings import SettingsFile

TOKEN = "hugging-face-token"


def access_of(settings: SettingsFile, secrets: Secrets) -> Access:
    """Which hub is asked now, and the token if that one may see it.

    Errors: :class:`HubError` when the mirror's address is none.
    """
    network = settings.current.network
    endpoint = endpoint_of(network.endpoint)
    approved = may_have_token(endpoint, network.token_endpoint_approved)
    return Access(endpoint, secrets.get(TOKEN) if approved else "")


class ModelHub:
    """What a person does with the hub. Every call but :meth:`curated` may make requests; safe from any thread.

    Errors of those: :class:`NetworkError`, :class:`OfflineError`, :class:`HubError`.
    """

    def __init__(
        self, hub: Hub, sizer: ModelSizer, secrets: Secrets, settings: SettingsFile, catalogue: Catalogue
    ) -> None:
        self._hub = hub
        self._sizer = sizer
        self._secrets = secrets
        self._settings = settings
        self._catalogue = catalogue

    def search(self, query: str, *, sort: Sort = "downloads", cursor: str = "", limit: int = 30) -> HubPage:
        """A page of GGUF models with these words in their name."""
        page = self._hub.search(query, sort=sort, cursor=cursor, limit=limit)
        return replace(page, models=tuple(self._with_purpose(model) for model in page.models))

    def details(self, repo_id: str, revision: str = "main") -> HubDetails:
        """A repository with its files and its card."""
        details = self._hub.details(repo_id, revision)
        return replace(details, model=self._with_purpose(details.model))

    def verdict(
        self, file: HubFile, n_ctx: int | None = None, kv_type: KvType | None = None, *, measure: bool | None = None
    ) -> Verdict:
        """Whether a file would fit here, from its header alone (a few MB at most, once).

        ``n_ctx`` (in tokens) and ``kv_type`` None: as the settings say. ``measure``: as :meth:`ModelSizer.verdict`
        takes it. Errors: also :class:`ModelError` when the file cannot be used.
        """
        usual = self._settings.current.model.load_settings()
        return self._sizer.verdict(
            self.header_path(file),
            usual.n_ctx if n_ctx is None else n_ctx,
            kv_type or usual.kv_type,
            measure=measure,
            n_gpu_layers=usual.n_gpu_layers,
        )

    def header_path(self, file: HubFile) -> Path:
        """Where the header of a file is kept, of all its parts; fetched unless it was before."""
        first, *_ = [self._hub.header(file, part).path for part in range(len(file.paths))]
        return first

    def curated(self) -> tuple[CuratedModel, ...]:
        """The curated list."""
        return self._catalogue.models

    @property
    def endpoint(self) -> str:
        """Which hub is asked. Errors: :class:`HubError` when the setting is no address."""
        return endpoint_of(self._settings.current.network.endpoint)

    # -- the access token ---------------------------------------------------------------------------------------------

    def has_token(self) -> bool:
        """Whether there is one."""
        return bool(self._secrets.get(TOKEN))

    def token_is_sent(self) -> bool:
        """Whether the hub that is asked may see the token: it is Hugging Face itself, or was approved."""
        return may_have_token(self.endpoint, self._settings.current.network.token_endpoint_approved)

    def approve_endpoint(self) -> None:
        """Let the mirror that is set now see the token. Errors: :class:`StorageError`."""
        current = self._settings.current
        network = replace(current.network, token_endpoint_approved=self.endpoint)
        self._settings.save(replace(current, network=network))

    def set_token(self, token: str) -> None:
        """Keep a token. Errors: :class:`HubError` when it cannot be one, :class:`StorageError`."""
        token = token.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise HubError(
                "This is not an access token.",
                "A token is one word, such as hf_ and then letters.",
                "Copy it again from huggingface.co/settings/tokens.",
                reason="token",
            )
        self._secrets.set(TOKEN, token)

    def forget_token(self) -> None:
        """Forget the token. Errors: :class:`StorageError`."""
        self._secrets.delete(TOKEN)

    def token_place(self) -> str:
        """Where it is kept, or would be, to follow "It is kept"."""
        return self._secrets.place(TOKEN)

    def check_token(self) -> str:
        """The name of the person whose token it is. Errors: also :class:`HubError` when it is not taken."""
        return self._hub.user_name()

    def _with_purpose(self, model: HubModel) -> HubModel:
        title = self._catalogue.title(model.repo_id)
        return replace(model, purpose=self._catalogue.purpose(model.repo_id) or "", curated_title=title)
