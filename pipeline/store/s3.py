"""Keys in, bytes out: S3-compatible storage behind one door. Endpoint and credentials come from boto3's own chain."""

import io
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

import boto3
import botocore.session
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.source import is_loopback

# Legacy retries of boto3 give up after 4 tries; adaptive ones also slow down when the store throttles.
_CONFIG = Config(
    retries={"mode": "adaptive", "max_attempts": 8}, connect_timeout=10, read_timeout=120, max_pool_connections=32
)
_R = TypeVar("_R")
_READS = 5  # tries of a body that was cut while it was read: boto3 retries only what ends before the body begins
_CUT = (BotoCoreError, HTTPError, OSError)
_PASSING = (403, 507)  # what stores also answer for a moment, and boto3 takes for the last word
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_NONCE = "gongbao-nonce"
_TRUSTED_SECONDS = 60  # a role's credentials are asked for anew that often; boto3 holds them until they run out


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object as a listing tells it."""

    key: str
    size: int
    etag: str
    modified: datetime


class Store:
    """One bucket and prefix. Keys are relative to the prefix and never begin with a slash.

    Every method raises StoreError when the store refuses or cannot be reached.
    """

    def __init__(
        self, bucket: str, prefix: str, session: boto3.Session, endpoint: str | None = None, config: Config = _CONFIG
    ) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self._session = session
        self._client: Any = session.client("s3", config=config, endpoint_url=endpoint)
        if is_loopback(urlsplit(self._client.meta.endpoint_url).netloc) and keep_loopback_direct():
            self._client = session.client("s3", config=config, endpoint_url=endpoint)

    @classmethod
    def open(cls, url: str, environment: Mapping[str, str] | None = None, *, profile: str = "") -> "Store":
        """The store at `s3://bucket/prefix`; ConfigError if the URL is none.

        With an `environment` its AWS_* variables are taken instead of what boto3's chain finds; with a `profile` that
        and nothing else, so that a store at another provider can be reached beside the one of the environment.
        """
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise ConfigError(f"not of the form s3://bucket/prefix: {url!r}", key="GONGBAO_STORE")
        prefix = parts.path.strip("/")
        session, endpoint, config = boto3.Session(), None, _CONFIG
        if environment:
            endpoint = environment["AWS_ENDPOINT_URL_S3"]
            session = boto3.Session(
                environment["AWS_ACCESS_KEY_ID"],
                environment["AWS_SECRET_ACCESS_KEY"],
                region_name=environment["AWS_REGION"],
            )
        elif profile:
            session, endpoint = _of_profile(profile)
            ours = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg]  # the stubs do not know it
            config = _CONFIG.merge(ours)
        return cls(parts.netloc, prefix + "/" if prefix else "", session, endpoint, config)

    @property
    def url(self) -> str:
        """`s3://bucket/prefix`, without a slash at the end."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def endpoint(self) -> str:
        """The address of its server."""
        return str(self._client.meta.endpoint_url)

    def url_of(self, key: str) -> str:
        """The absolute URL of a key, for readers that speak S3 themselves."""
        return f"s3://{self.bucket}/{self.prefix}{key}"

    def holds(self, other: "Store") -> bool:
        """Whether another store is this one, or lies in it."""
        where, there = ((each.endpoint, each.bucket) for each in (self, other))
        return where == there and other.prefix.startswith(self.prefix)

    def storage_options(self) -> dict[str, str]:
        """What Delta Lake, Polars and other object stores of the Rust world want to know to reach this one."""
        found = self._session.get_credentials()
        if found is None:
            raise ConfigError(
                "no credentials for the store in the environment, a profile or a role", key="GONGBAO_STORE"
            )
        credentials = found.get_frozen_credentials()
        endpoint = self.endpoint
        options = {
            "aws_access_key_id": credentials.access_key or "",
            "aws_secret_access_key": credentials.secret_key or "",
            "aws_region": self._client.meta.region_name or "us-east-1",
            "aws_conditional_put": "etag",
        }
        if credentials.token:
            options["aws_session_token"] = credentials.token
        # Said always, and under both names: what is not said is taken from the environment, which may name another store.
        options |= dict.fromkeys(("aws_endpoint_url", "aws_endpoint_url_s3"), endpoint)
        options["aws_allow_http"] = str(endpoint.startswith("http:")).lower()
        return options

    def credentials(self) -> Callable[[], tuple[dict[str, str], int | None]] | None:
        """What a long read asks when the credentials of a role, read at its beginning, run out; None if these never do."""
        if not hasattr(self._session.get_credentials(), "refresh_needed"):
            return None

        def now() -> tuple[dict[str, str], int | None]:
            told = self.storage_options()
            known = {name: told[name] for name in told if name.startswith(("aws_access", "aws_secret", "aws_session"))}
            return known, int(time.time()) + _TRUSTED_SECONDS

        return now

    def has_bucket(self) -> bool:
        """Whether the bucket is there."""

        def once() -> bool:
            try:
                self._client.head_bucket(Bucket=self.bucket)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                    raise
                return False
            return True

        return self._retried("", once)

    def make_bucket(self) -> bool:
        """Create the bucket unless it is there; whether it was created."""
        if there := self.has_bucket():
            return not there
        self._call("create_bucket", Bucket=self.bucket)
        return True

    def put(self, key: str, body: bytes, *, only_new: bool = False) -> bool:
        """Write an object; with `only_new` leave one that is there alone and answer False."""
        if only_new:
            return self._put_new(key, body)
        self._call("put_object", Bucket=self.bucket, Key=self.prefix + key, Body=body)
        return True

    def _put_new(self, key: str, body: bytes) -> bool:
        """Write an object where none is. A refusal may be the answer to our own second try, after that to the first
        was lost: so each carries a nonce, and what is there is asked for it.
        """
        where, nonce = {"Bucket": self.bucket, "Key": self.prefix + key}, secrets.token_hex(16)

        def once() -> bool:
            try:
                self._client.put_object(**where, Body=body, IfNoneMatch="*", Metadata={_NONCE: nonce})
                return True
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
                    raise
            return bool(self._client.head_object(**where)["Metadata"].get(_NONCE) == nonce)

        return self._retried(key, once)

    def put_file(self, key: str, path: Path) -> None:
        """Upload a file, in parts where it is large."""
        try:
            self._client.upload_file(str(path), self.bucket, self.prefix + key)
        except Exception as error:  # boto3's transfer manager wraps errors in classes of its own
            raise StoreError(f"{self.url_of(key)}: {error}") from error

    def get(self, key: str) -> bytes:
        """The whole object; StoreError if there is none."""
        return self._body(key)

    def get_range(self, key: str, start: int, end: int | None = None) -> bytes:
        """Bytes from `start` to `end` (not included) of an object."""
        return self._body(key, Range=f"bytes={start}-" + (str(end - 1) if end else ""))

    @contextmanager
    def stream(self, key: str, start: int = 0) -> Iterator[IO[bytes]]:
        """An object from a byte on; what nobody reads of it is not sent. Cut off, it goes on where it was."""
        body = _Stream(self, key, start)
        try:
            yield io.BufferedReader(body)
        finally:
            body.close()

    def find(self, key: str) -> bytes | None:
        """The whole object, or None if there is none."""
        found = self.find_aged(key)
        return found[0] if found else None

    def find_aged(self, key: str) -> tuple[bytes, timedelta] | None:
        """The whole object, and how long ago it was written, both by the store's own clock; None if there is none."""

        def once() -> tuple[bytes, timedelta] | None:
            try:
                answer = self._client.get_object(Bucket=self.bucket, Key=self.prefix + key)
            except self._client.exceptions.NoSuchKey:
                return None
            told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
            now = parsedate_to_datetime(told) if told else datetime.now(UTC)
            return answer["Body"].read(), now - answer["LastModified"]

        return self._retried(key, once)

    def _body(self, key: str, **more: str) -> bytes:
        def once() -> bytes:
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=self.prefix + key, **more)["Body"].read()
            return body

        return self._retried(key, once)

    def _retried(self, key: str, once: Callable[[], _R]) -> _R:
        """What `once` reads, tried again where it is cut off; StoreError if the store refuses, or cuts it off each time."""
        for left in reversed(range(_READS)):
            try:
                return once()
            except ClientError as error:
                if not left or error.response["ResponseMetadata"]["HTTPStatusCode"] not in _PASSING:
                    raise StoreError(f"{self.url_of(key)}: {error}") from error
            except _CUT as error:
                if not left:
                    raise StoreError(f"{self.url_of(key)}: {error}") from error
            time.sleep(0.1 * 2 ** (_READS - left))
        raise AssertionError

    def list(self, prefix: str = "", *, deep: bool = True) -> Iterator[str]:
        """Keys that begin with `prefix`, in order; without `deep` those without a further slash."""
        yield from (entry.key for entry in self.entries(prefix, deep=deep))

    def dated(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Keys that begin with `prefix`, each with the time when it was last written."""
        yield from ((entry.key, entry.modified) for entry in self.entries(prefix))

    def entries(self, prefix: str = "", *, deep: bool = True) -> Iterator[Entry]:
        """Objects whose keys begin with `prefix`, in order; `deep` as with `list`."""
        how: dict[str, str] = {"Bucket": self.bucket, "Prefix": self.prefix + prefix} | (
            {} if deep else {"Delimiter": "/"}
        )
        while True:
            page = self._call("list_objects_v2", **how)
            for told in page.get("Contents", ()):
                key = told["Key"].removeprefix(self.prefix)
                yield Entry(key=key, size=told["Size"], etag=told["ETag"], modified=told["LastModified"])
            if not page.get("IsTruncated"):
                return
            how["ContinuationToken"] = page["NextContinuationToken"]

    def copy_from(self, other: "Store", key: str) -> bool:
        """Write what another store has under a key under the same key here; False if it has nothing there any more."""

        def once() -> bool:
            try:
                body = other._client.get_object(Bucket=other.bucket, Key=other.prefix + key)["Body"]
                self._client.upload_fileobj(body, self.bucket, self.prefix + key)
            except other._client.exceptions.NoSuchKey:
                return False
            except S3UploadFailedError as error:  # what the transfer manager makes of what the store answered
                raise StoreError(f"{other.url_of(key)} to {self.url_of(key)}: {error}") from error
            return True

        return self._retried(key, once)

    def delete(self, key: str) -> None:
        """Remove an object; none there is no error."""
        self._call("delete_object", Bucket=self.bucket, Key=self.prefix + key)

    def delete_all(self, prefix: str) -> int:
        """Remove every object under a prefix; the count of them."""
        keys = list(self.list(prefix))
        for key in keys:
            self.delete(key)
        return len(keys)

    def drop_old_versions(self, key: str) -> int:
        """Remove what a bucket with versioning keeps of an object's past; the count. Others keep nothing."""
        try:
            answer = self._client.list_object_versions(Bucket=self.bucket, Prefix=self.prefix + key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404, 405, 501):
                return 0  # a server that knows no versions
            raise StoreError(f"{self.url_of(key)}: {error}") from error
        old = [each for each in answer.get("Versions", ()) if not each["IsLatest"] and each["Key"] == self.prefix + key]
        for each in old:
            self._call("delete_object", Bucket=self.bucket, Key=each["Key"], VersionId=each["VersionId"])
        return len(old)

    def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        key = arguments.get("Key", "").removeprefix(self.prefix)
        answer: dict[str, Any] = self._retried(key, lambda: getattr(self._client, method)(**arguments))
        return answer


class _Stream(io.RawIOBase):
    """An object as a file that is read once; where the body is cut off, the rest is asked for anew."""

    def __init__(self, store: Store, key: str, start: int) -> None:
        self._store, self._key, self._at = store, key, start
        self._body, self._etag = self._open()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        def once() -> bytes:
            if self._body is None:
                self._body, _ = self._open(IfMatch=self._etag)
            try:
                told: bytes = self._body.read(len(buffer))
                return told
            except _CUT:
                self._body.close()
                self._body = None
                raise

        told = self._store._retried(self._key, once)
        buffer[: len(told)] = told
        self._at += len(told)
        return len(told)

    def close(self) -> None:
        if not self.closed and self._body is not None:
            self._body.close()
        super().close()

    def _open(self, **more: str) -> tuple[Any, str]:
        where = {"Bucket": self._store.bucket, "Key": self._store.prefix + self._key}
        answer = self._store._call("get_object", **where, Range=f"bytes={self._at}-", **more)
        return answer["Body"], answer["ETag"]


def keep_loopback_direct() -> bool:
    """Have no library ask servers on this machine, the store and Prefect's, through a proxy that the environment names.

    Whether that had to be said.
    """
    if not any(name.lower() in _PROXIES for name in os.environ):
        return False
    before = [os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")]
    known = [each for each in ",".join(before).split(",") if each]
    told = ",".join(dict.fromkeys([*known, "127.0.0.1", "localhost", "::1"]))
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = told
    return before != [told, told]


def _of_profile(name: str) -> tuple[boto3.Session, str | None]:
    """What a profile of `~/.aws/config` says of credentials, region and endpoint."""
    try:
        known = botocore.session.Session(profile=name)
        own = known.get_scoped_config()
    except BotoCoreError as error:
        raise ConfigError(str(error), key="--profile") from error
    services = known.full_config.get("services", {}).get(own.get("services", ""), {})
    return boto3.Session(profile_name=name), services.get("s3", {}).get("endpoint_url") or own.get("endpoint_url")
