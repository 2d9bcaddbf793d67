"""Templates in the store, under `templates/ID/`: each version once, never changed, and `current`, the one in use.

A run says which versions it uses when it begins to process; all its workers read those, whatever is learned meanwhile.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter

from pipeline.page.template import NOTHING, Template
from pipeline.store import keys
from pipeline.store.s3 import Store

_TEMPLATE = TypeAdapter(Template)


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """Which version a source uses, and how it came to it."""

    version: str
    learned_at: datetime
    run_id: str
    files: int  # of its landing, by then


_IN_USE = TypeAdapter(InUse)


def put(store: Store, source_id: str, template: Template, learned_at: datetime, run_id: str, files: int) -> None:
    """Use a template from now on."""
    store.put(keys.template(source_id, template.version), json.dumps(asdict(template), ensure_ascii=False).encode())
    told = InUse(version=template.version, learned_at=learned_at, run_id=run_id, files=files)
    store.put(keys.template_in_use(source_id), _IN_USE.dump_json(told))


def in_use(store: Store, source_id: str) -> InUse | None:
    """What a source uses; None where nothing is learned, or it was thrown away."""
    found = store.find(keys.template_in_use(source_id))
    return _IN_USE.validate_json(found) if found else None


def version(store: Store, source_id: str) -> str:
    """The version that a source uses; empty for none."""
    told = in_use(store, source_id)
    return told.version if told else ""


def versions(store: Store) -> dict[str, str]:
    """The version that each source uses."""
    used = (key.split("/")[1] for key in store.list(keys.TEMPLATES) if key.endswith("/current"))
    return {source_id: version(store, source_id) for source_id in used}


def get(store: Store, source_id: str, version: str) -> Template:
    """A template by its version; NOTHING for none."""
    return _TEMPLATE.validate_json(store.get(keys.template(source_id, version))) if version else NOTHING


def current(store: Store, source_id: str) -> Template:
    """The template that a source uses; NOTHING where it uses none."""
    return get(store, source_id, version(store, source_id))


def throw_away(store: Store, source_id: str) -> bool:
    """Use nothing that was learned, until a run learns anew; False if nothing was in use.

    The versions stay: documents were made by them.
    """
    used = in_use(store, source_id) is not None
    store.delete(keys.template_in_use(source_id))
    store.delete(keys.template_tried(source_id))
    return used


def tried(store: Store, source_id: str) -> None:
    """Remember that all that a source has landed teaches nothing."""
    store.put(keys.template_tried(source_id), b"")


def owes(store: Store, source_id: str) -> bool:
    """Whether nobody has tried yet to learn from what a source has landed."""
    return not any(
        store.find(key) is not None for key in (keys.template_in_use(source_id), keys.template_tried(source_id))
    )


def came_late(store: Store, source_id: str, run_id: str, files: int) -> bool:
    """Whether a run learned what it uses from more than its own landing files: older pages were read without it."""
    used = in_use(store, source_id)
    return used is not None and used.run_id == run_id and used.files > files
