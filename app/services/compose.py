"""All services of one home, put together: the one way for the window and for the command line."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from app.core.child import Exit
from app.core.connections import NetworkPolicy
from app.core.database import Database
from app.core.network import Network
from app.core.paths import Home
from app.hardware.read import machine_key
from app.inference.client import InferenceClient
from app.inference.protocol import PROTOCOL as MODEL
from app.knowledge.client import KnowledgeClient
from app.knowledge.protocol import PROTOCOL as DOCUMENTS
from app.models.download.manager import DownloadManager
from app.models.download.part import Means
from app.models.download.patience import Timing
from app.models.download.room import Room
from app.models.hub.catalogue import SHIPPED, read_catalogue
from app.models.hub.client import Hub
from app.models.hub.header_cache import HeaderCache
from app.services.chat_session import ChatSession
from app.services.connections import Connections
from app.services.documents import DocumentLibrary, relay
from app.services.downloads import Downloads, shelve
from app.services.events import DownloadsChanged, EventHub, NoticeRaised
from app.services.hub import ModelHub, access_of
from app.services.measured_loads import MeasuredLoads
from app.services.memory_speed import MemorySpeed
from app.services.memory_watch import MemoryWatch
from app.services.model_library import ModelLibrary
from app.services.model_sizer import ModelSizer
from app.services.planning import ModelPlanner
from app.services.restart import Restarter
from app.storage.conversations import Conversations
from app.storage.facts import Facts
from app.storage.library import LibraryRecords
from app.storage.measurements import LayoutRecords, MeasurementRecords
from app.storage.schema import open_database
from app.storage.secrets import Secrets
from app.storage.settings import SettingsFile

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """What front ends call. The workers start with the first call that needs them."""

    home: Home
    events: EventHub
    settings: SettingsFile
    facts: Facts
    chat: ChatSession
    models: ModelLibrary
    documents: DocumentLibrary
    hub: ModelHub
    downloads: Downloads
    connections: Connections
    planner: ModelPlanner
    notices: tuple[str, ...]
    """What the person should know from the start: a database was restored, a setting was not understood."""
    _database: Database
    _inference: InferenceClient
    _knowledge: KnowledgeClient
    _restarter: Restarter
    _watch: MemoryWatch

    @classmethod
    def open(cls, home: Home) -> Services:
        """Open the database, mend what a kill left behind, and put all together. The home's folders must exist.

        Errors: StorageError (a newer schema, an unreadable disk), BusyError.
        """
        events = EventHub()
        settings = SettingsFile(home.settings_file)
        database = open_database(home)
        conversations = Conversations(database)
        interrupted, purged = conversations.close_interrupted(), conversations.purge_deleted()
        log.info("%d replies had been interrupted; %d deleted conversations purged", interrupted, purged)
        facts = Facts(database)

        def model_worker_ended(exit_: Exit) -> None:
            models.loaded.worker_ended(exit_)
            _tell(events, MODEL.process_words, exit_)

        def documents_worker_ended(exit_: Exit) -> None:
            # Indexing goes on although nobody asks anything.
            again = not exit_.expected and restarter.ended()
            _tell(events, DOCUMENTS.process_words, exit_, again)

        def policy() -> NetworkPolicy:
            return NetworkPolicy(settings.current.network.offline, settings.current.network.proxy)

        network = Network(policy, lambda: connections.changed())
        connections = Connections(network, settings, events.publish)
        inference = InferenceClient(home, model_worker_ended)
        measured = MeasuredLoads(MeasurementRecords(database), machine_key())
        sizer = ModelSizer(
            inference, layouts=LayoutRecords(database), measured=measured, room=lambda: planner.gpu_room()
        )
        models = ModelLibrary(
            LibraryRecords(database),
            inference,
            facts,
            settings,
            home,
            events.publish,
            sizer=sizer,
            details=lambda repo_id: hub.details(repo_id),
        )
        models.register_starters()
        events.subscribe(models.loaded.listen)
        knowledge = KnowledgeClient(home, models.embedding_model(), relay(events.publish), documents_worker_ended)
        restarter = Restarter(knowledge.list_collections)
        documents = DocumentLibrary(knowledge, events.publish, conversations)
        chat = ChatSession(conversations, inference, documents, models.loaded, settings, events.publish)
        secrets, catalogue = Secrets(home), read_catalogue(SHIPPED, home.catalogue)
        client = Hub(network, lambda: access_of(settings, secrets), HeaderCache(home.cache / "headers"))
        hub = ModelHub(client, sizer, secrets, settings, catalogue)
        downloads = Downloads(
            DownloadManager(
                home.downloads,
                home.models,
                Means(network, client, Room(), Timing()),
                parallel=lambda: settings.current.network.downloads_parallel,
                on_change=lambda downloads: events.publish(DownloadsChanged(downloads)),
                on_finished=shelve(models, lambda: settings.current.network.endpoint),
            )
        )
        speed = MemorySpeed(facts, models.machine.read, lambda path: sizer.read(path)[0])
        planner = ModelPlanner(models, sizer, speed, lambda: inference.loaded, hub.header_path)
        watch = MemoryWatch(events.publish, lambda: inference.pid)
        events.subscribe(speed.listen)
        events.subscribe(watch.listen)
        restored = [database.restored] if database.restored else []
        return cls(
            home=home,
            events=events,
            settings=settings,
            facts=facts,
            chat=chat,
            models=models,
            documents=documents,
            hub=hub,
            downloads=downloads,
            connections=connections,
            planner=planner,
            notices=(*restored, *settings.problems, *catalogue.problems),
            _database=database,
            _inference=inference,
            _knowledge=knowledge,
            _restarter=restarter,
            _watch=watch,
        )

    @property
    def inference_pid(self) -> int | None:
        """The inference worker's process id while it runs."""
        return self._inference.pid

    @property
    def knowledge_pid(self) -> int | None:
        """The knowledge worker's process id while it runs."""
        return self._knowledge.pid

    def close(self) -> None:
        """Stop and save replies, end the workers, close the database."""
        self.chat.close()
        self.downloads.close()
        self._watch.close()
        self.models.close()
        self.connections.close()
        self._restarter.close()
        self._knowledge.close()
        self._database.close()


def _tell(events: EventHub, process: str, exit_: Exit, again: bool = False) -> None:
    if exit_.expected:
        return
    log.warning("the %s ended: %s", process, exit_.reason)  # a reply that it was needed for tells the reason
    what = f"The {process} ended unexpectedly."
    next_step = "It is started again" if again else "It starts again when it is needed"
    events.publish(NoticeRaised(what, "", f"{next_step}; nothing is lost.", "warning"))
