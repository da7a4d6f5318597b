"""The hub: search, a repository's details, where a file's bytes are, and the header of a file that is not here.

Metadata, addresses and the token go through the hub's own library; bytes do not
(``docs/decisions/0009-transfer.md``). Nothing here keeps anything except headers.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from app.core.errors import HubError, NetworkError
from app.core.network import Network
from app.models.gguf_reader import parse_header
from app.models.header_cursor import HeaderCursor
from app.models.hub import convert
from app.models.hub.access import Access, origin
from app.models.hub.card import MAX_CARD_BYTES, card_text
from app.models.hub.files import group
from app.models.hub.header_cache import HeaderCache, RemoteHeader
from app.models.hub.ranges import RangeReader, just_enough
from app.models.hub.refusals import not_a_hub, refusal
from app.models.hub.values import HubDetails, HubFile, HubPage, ResolvedUrl, Sort

if TYPE_CHECKING:
    from huggingface_hub import HfApi

    from app.models.hub.session import Call

log = logging.getLogger(__name__)

_SORTS = {"downloads": "downloads", "likes": "likes", "updated": "lastModified", "trending": "trendingScore"}
_IN_LISTS = ["author", "downloads", "likes", "lastModified", "gated", "private", "tags", "gguf"]
_MOST_DIGITS = 20
"""Python refuses to read whole answers for a number of thousands."""
_ODD = (ValueError, TypeError, KeyError, AttributeError)
"""What the hub's library raises for an answer of another shape than it expects."""


class Hub:
    """Asks the hub. Safe from any thread; each call takes as long as its answers.

    ``access`` says which endpoint is asked now and with what token. Errors of all calls: :class:`NetworkError` (the
    hub is not reached; :class:`OfflineError` while the switch is off), :class:`HubError` (it refuses).
    """

    def __init__(self, network: Network, access: Callable[[], Access], headers: HeaderCache) -> None:
        self._network = network
        self._access = access
        self._headers = headers

    def search(self, query: str, *, sort: Sort = "downloads", cursor: str = "", limit: int = 30) -> HubPage:
        """GGUF models with these words in their name. ``cursor``: :attr:`HubPage.next` of the page before."""
        access = self._access()
        with self._calling(access, "Search for models") as (_, current):
            asked = cursor or urlencode(_question(query, sort, limit), doseq=True)
            # Only the query is taken from the hub's link to a later page, so it cannot lead elsewhere.
            models = convert.models_of(_json(access, f"/api/models?{asked}"))
            return HubPage(models, urlsplit(current.links.get("next", "")).query)

    def details(self, repo_id: str, revision: str = "main") -> HubDetails:
        """A repository with its files and its card, as it is at a revision (branch, tag or commit)."""
        access = self._access()
        with self._calling(access, f"Look at {repo_id}", repo_id):
            info: Any = _json(access, f"/api/models/{repo_id}/revision/{quote(revision, safe='')}?blobs=True")
            if not convert.is_named(info):
                raise ValueError("no model")
            model, files, commit = convert.model_of(info), convert.files_of(info), convert.commit_of(info)
        has_card = any(file.path == "README.md" for file in files)
        return HubDetails(
            model=model,
            files=group(model.repo_id, commit, files),
            card_markdown=self._card(access, model.repo_id, commit) if has_card else "",
            revision=commit,
        )

    def user_name(self) -> str:
        """Whose access token it is. Errors: also :class:`HubError` when there is none, or it is not taken."""
        access = self._access()
        if not access.token:
            raise HubError(
                "No access token is sent.",
                f"There is none, or {access.endpoint} has not been approved to see it.",
                "Enter one in Settings, under Network.",
                reason="token",
            )
        with self._calling(access, "Check the access token") as (api, _):
            name = api.whoami().get("name")
        if not isinstance(name, str) or not name:
            raise not_a_hub(access.endpoint)
        return name

    def url(self, file: HubFile, part: int = 0) -> str:
        """The address of a file's part on the hub, for people: it leads to the bytes by redirects."""
        from huggingface_hub import hf_hub_url

        return hf_hub_url(file.repo_id, file.paths[part], revision=file.revision, endpoint=self._access().endpoint)

    def resolve(self, repo_id: str, revision: str, path: str) -> ResolvedUrl:
        """Where a file's bytes can be had now. Makes one request per hop on the hub, none elsewhere."""
        access = self._access()
        with self._calling(access, f"Locate {path}", repo_id) as (api, _):
            from huggingface_hub import hf_hub_url

            address = hf_hub_url(repo_id, path, revision=revision, endpoint=access.endpoint)
            facts = api.get_hf_file_metadata(url=address)
        etag = facts.etag or ""
        at_home = origin(facts.location) == origin(access.endpoint)
        return ResolvedUrl(
            url=facts.location,
            headers=(("authorization", f"Bearer {access.token}"),) if access.token and at_home else (),
            etag=etag,
            size=max(0, facts.size or 0),
            sha256=etag if re.fullmatch("[0-9a-f]{64}", etag) else "",
            revision=facts.commit_hash or revision,
        )

    def header(self, file: HubFile, part: int = 0) -> RemoteHeader:
        """The header of a file's part, fetched by ranges unless it was before.

        Errors: also :class:`ModelError` when it is no usable GGUF file.
        """
        path, size = file.paths[part], file.sizes[part]
        place = self._headers.place(file.repo_id, file.revision, path)
        kept = self._headers.get(place, size)
        if kept is not None:
            return kept
        with RangeReader(self._network, self.resolve, file, part) as reader:
            cursor = HeaderCursor(reader, path.rpartition("/")[2], reader.size, just_enough)
            header = parse_header(cursor)
        return self._headers.keep(place, header, cursor.data[: header.data_start], reader.received_bytes)

    def _card(self, access: Access, repo_id: str, commit: str) -> str:
        """The README; empty when it cannot be had, for which nobody should miss the files."""
        import httpx2

        address = f"{access.endpoint}/{repo_id}/resolve/{commit}/README.md"
        headers = {"authorization": f"Bearer {access.token}"} if access.token else {}
        data = bytearray()
        with (
            self._network.client(f"Read the card of {repo_id}", follow_redirects=True) as client,
            contextlib.suppress(NetworkError, httpx2.HTTPError, httpx2.InvalidURL),
            client.stream("GET", address, headers=headers) as response,
        ):
            if response.status_code != 200:
                return ""
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_CARD_BYTES:
                    break
        return card_text(bytes(data))

    @contextlib.contextmanager
    def _calling(self, access: Access, purpose: str, subject: str = "") -> Iterator[tuple[HfApi, Call]]:
        """The hub's library within one call, its errors in words."""
        import httpx2
        from huggingface_hub import HfApi, utils
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError

        from app.models.hub.session import call

        tools: Any = utils  # it does not declare what it exports
        try:
            tools.validate_repo_id(subject or None)
            with call(self._network, access, purpose) as current:
                yield HfApi(endpoint=access.endpoint, token=access.token or False, library_name="satchel"), current
        except HfHubHTTPError as error:
            raise refusal(error, subject, access) from error
        except HFValidationError as error:
            raise HubError(
                f"“{subject}” is not the name of a repository.",
                "It has to be like author/name.",
                "Copy it from the model's page.",
                reason="not_found",
            ) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, RecursionError, *_ODD) as error:
            log.warning("an answer of %s", access.endpoint, exc_info=error)
            raise not_a_hub(access.endpoint) from error


def _question(query: str, sort: Sort, limit: int) -> dict[str, Any]:
    """As ``HfApi.list_models`` asks, whose answers cannot have one odd field."""
    asked: dict[str, Any] = {"filter": "gguf", "sort": _SORTS[sort], "limit": limit, "expand": _IN_LISTS}
    return {"search": query} | asked if query else asked


def _json(access: Access, path: str) -> object:
    """What the hub answers, with the library's headers and refusals. Numbers that no field has are 0."""
    from huggingface_hub import get_session, utils

    tools: Any = utils  # it does not declare what it exports
    headers = tools.build_hf_headers(token=access.token or False, library_name="satchel")
    answer = get_session().get(f"{access.endpoint}{path}", headers=headers)
    tools.hf_raise_for_status(answer)
    return answer.json(parse_int=lambda digits: int(digits) if len(digits) <= _MOST_DIGITS else 0)
