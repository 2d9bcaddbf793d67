"""YAML in, a checked pydantic model out; what is wrong is named by file, line and key."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import xxhash
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from pipeline.core.errors import ConfigError

log = logging.getLogger(__name__)


class Strict(BaseModel):
    """A model of configuration: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    retired: ClassVar[dict[str, str]] = {}  # keys that earlier releases read, and what to do about each


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"bad regular expression {pattern!r}: {error}") from error
    return pattern


# What a cron line says, in its order, and the numbers that it may.
_CRON = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7), ("second", 0, 59))
_CRON_NUMBER = re.compile(r"(?<![/\w#])\d+(?!\w)")  # not that of a step, of `5#2`, of a name


def _is_cron(line: str) -> str:
    """The fields are there and their numbers possible; Prefect judges the rest when it is served."""
    parts = line.split()
    if line.startswith("@"):
        return line
    if len(parts) not in (5, 6):
        raise ValueError(f"a cron line is minute hour day month weekday, and not {line!r}")
    for (name, first, last), part in zip(_CRON, parts, strict=False):
        if any(not first <= int(number) <= last for number in _CRON_NUMBER.findall(part)):
            raise ValueError(f"{part!r} is no {name} of a cron line, which is from {first} to {last}")
    return line


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, ten times faster, where it was built
# What is wrong because something else is: a misspelt key leaves one missing, and a list without its wrong items is short.
_FOLLOWS = {"missing": 1, "too_short": 2}
Model = TypeVar("Model", bound=BaseModel)
_PACKAGE = Path(__file__).resolve().parents[1]
# As we ship it: in a wheel inside this package, in the repository beside it. A project need not hold it all.
SHIPPED = next(folder for folder in (_PACKAGE / "config", _PACKAGE.parent / "config") if folder.is_dir())
Pattern = Annotated[str, AfterValidator(_compiles)]
Cron = Annotated[str, AfterValidator(_is_cron)]


def file(path: Path) -> Path:
    """A file of `config/`, or where a project has none of that name the one that we ship."""
    return path if path.exists() or not (SHIPPED / path.name).exists() else SHIPPED / path.name


def digest(*folders: Path) -> str:
    """Of all that folders say, subfolders apart: what was read of them holds for as long as this stays the same."""
    found = xxhash.xxh3_128()
    for path in sorted({each for folder in folders if folder.is_dir() for each in folder.iterdir() if each.is_file()}):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def read(path: Path, model: type[Model]) -> Model:
    """The YAML file at `path` as a `model`; raises ConfigError naming file, line and key."""
    path = file(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), path=path) from error
    try:
        loader = _LOADER(text)
        root = loader.get_single_node()
        _refuse_repeated_keys(root, path)
        data = loader.construct_document(root) if root else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(error.problem or "not YAML", path=path, line=line) from error
    # Control characters, no such day, nesting without end.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"not YAML: {' '.join(str(error).split())}", path=path) from error
    if not isinstance(data, dict):
        raise ConfigError("expected a mapping of keys to values", path=path, line=1)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        wrong = error
    for loc, advice in _retired(wrong, model):
        log.warning("%s:%s: `%s` does nothing any more: %s", path, _line_of(root, loc), _dotted(loc), advice)
        _at(data, loc[:-1]).pop(loc[-1])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _named(error, root, path) from error


def _named(error: ValidationError, root: yaml.Node | None, path: Path) -> ConfigError:
    """The first thing that is wrong, with all others that do not follow from it."""
    told = sorted(error.errors(), key=lambda each: (_FOLLOWS.get(each["type"], 0), _line_of(root, each["loc"]) or 0))
    first, *others = (each for each in told if _FOLLOWS.get(each["type"], 0) == _FOLLOWS.get(told[0]["type"], 0))
    lines = (f"\n{path}:{_line_of(root, each['loc'])}: {_dotted(each['loc'])}: {_message(each)}" for each in others)
    return ConfigError(
        _message(first) + "".join(lines), path=path, line=_line_of(root, first["loc"]), key=_dotted(first["loc"])
    )


def _message(error: Any) -> str:
    return "unknown key" if error["type"] == "extra_forbidden" else str(error["msg"]).removeprefix("Value error, ")


def _dotted(loc: tuple[int | str, ...]) -> str:
    return ".".join(map(str, loc))


def _retired(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Where a file still has a key that some release read, and what to do about it."""
    models = (model, *Strict.__subclasses__())
    advice = {name: words for each in models for name, words in getattr(each, "retired", {}).items()}
    for each in error.errors():
        if each["type"] == "extra_forbidden" and str(each["loc"][-1]) in advice:
            yield each["loc"], advice[str(each["loc"][-1])]


def _at(data: Any, loc: tuple[int | str, ...]) -> Any:
    for part in loc:
        data = data[part]
    return data


def _refuse_repeated_keys(node: yaml.Node | None, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            if key.value in seen:
                raise ConfigError("key given twice", path=path, line=key.start_mark.line + 1, key=str(key.value))
            seen.add(key.value)
            _refuse_repeated_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated_keys(value, path)


def _line_of(node: yaml.Node | None, loc: tuple[int | str, ...]) -> int | None:
    """The line of the deepest node on the way that `loc` names; union tags of pydantic in it are skipped."""
    line = node.start_mark.line + 1 if node else None
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, node = key.start_mark.line + 1, value
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
