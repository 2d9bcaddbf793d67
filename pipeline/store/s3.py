"""Keys in, bytes out: S3-compatible storage behind one door. Endpoint and credentials come from boto3's own chain."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.core.errors import ConfigError, StoreError

# Legacy retries of boto3 give up after 4 tries; adaptive ones also slow down when the store throttles.
_CONFIG = Config(
    retries={"mode": "adaptive", "max_attempts": 8}, connect_timeout=10, read_timeout=120, max_pool_connections=32
)


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

    def url_of(self, key: str) -> str:
        """The absolute URL of a key, for readers that speak S3 themselves."""
        return f"s3://{self.bucket}/{self.prefix}{key}"

    def holds(self, other: "Store") -> bool:
        """Whether another store is this one, or lies in it."""
        where, there = ((each._client.meta.endpoint_url, each.bucket) for each in (self, other))
        return where == there and other.prefix.startswith(self.prefix)

    def storage_options(self) -> dict[str, str]:
        """What Delta Lake, Polars and other object stores of the Rust world want to know to reach this one."""
        found = self._session.get_credentials()
        if found is None:
            raise ConfigError(
                "no credentials for the store in the environment, a profile or a role", key="GONGBAO_STORE"
            )
        credentials = found.get_frozen_credentials()
        endpoint = self._client.meta.endpoint_url
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

    def make_bucket(self) -> None:
        """Create the bucket unless it is there."""
        try:
            self._client.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise StoreError(f"{self.url}: {error}") from error
            self._call("create_bucket", Bucket=self.bucket)
        except BotoCoreError as error:
            raise StoreError(f"{self.url}: {error}") from error

    def put(self, key: str, body: bytes, *, only_new: bool = False) -> bool:
        """Write an object; with `only_new` leave one that is there alone and answer False."""
        condition = {"IfNoneMatch": "*"} if only_new else {}
        try:
            self._client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=body, **condition)
        except ClientError as error:
            if only_new and error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412):
                return False
            raise StoreError(f"{self.url_of(key)}: {error}") from error
        except BotoCoreError as error:
            raise StoreError(f"{self.url_of(key)}: {error}") from error
        return True

    def put_file(self, key: str, path: Path) -> None:
        """Upload a file, in parts where it is large."""
        try:
            self._client.upload_file(str(path), self.bucket, self.prefix + key)
        except Exception as error:  # boto3's transfer manager wraps errors in classes of its own
            raise StoreError(f"{self.url_of(key)}: {error}") from error

    def get(self, key: str) -> bytes:
        """The whole object; StoreError if there is none."""
        body: bytes = self._call("get_object", Bucket=self.bucket, Key=self.prefix + key)["Body"].read()
        return body

    def get_range(self, key: str, start: int, end: int | None = None) -> bytes:
        """Bytes from `start` to `end` (not included) of an object."""
        span = f"bytes={start}-" + (str(end - 1) if end else "")
        body: bytes = self._call("get_object", Bucket=self.bucket, Key=self.prefix + key, Range=span)["Body"].read()
        return body

    @contextmanager
    def stream(self, key: str, start: int = 0) -> Iterator[IO[bytes]]:
        """An object from a byte on; what nobody reads of it is not sent."""
        body = self._call("get_object", Bucket=self.bucket, Key=self.prefix + key, Range=f"bytes={start}-")["Body"]
        with closing(body):
            yield body

    def find(self, key: str) -> bytes | None:
        """The whole object, or None if there is none."""
        try:
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        except (ClientError, BotoCoreError) as error:
            raise StoreError(f"{self.url_of(key)}: {error}") from error
        return body

    def list(self, prefix: str = "", *, deep: bool = True) -> Iterator[str]:
        """Keys that begin with `prefix`, in order; without `deep` those without a further slash."""
        yield from (entry.key for entry in self.entries(prefix, deep=deep))

    def dated(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Keys that begin with `prefix`, each with the time when it was last written."""
        yield from ((entry.key, entry.modified) for entry in self.entries(prefix))

    def entries(self, prefix: str = "", *, deep: bool = True) -> Iterator[Entry]:
        """Objects whose keys begin with `prefix`, in order; `deep` as with `list`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix + prefix, **({} if deep else {"Delimiter": "/"})
        )
        try:
            for page in pages:
                for told in page.get("Contents", ()):
                    key = told["Key"].removeprefix(self.prefix)
                    yield Entry(key=key, size=told["Size"], etag=told["ETag"], modified=told["LastModified"])
        except (ClientError, BotoCoreError) as error:
            raise StoreError(f"{self.url_of(prefix)}: {error}") from error

    def copy_from(self, other: "Store", key: str) -> bool:
        """Write what another store has under a key under the same key here; False if it has nothing there any more."""
        try:
            body = other._client.get_object(Bucket=other.bucket, Key=other.prefix + key)["Body"]
            self._client.upload_fileobj(body, self.bucket, self.prefix + key)
        except other._client.exceptions.NoSuchKey:
            return False
        except Exception as error:  # boto3's transfer manager wraps errors in classes of its own
            raise StoreError(f"{other.url_of(key)} to {self.url_of(key)}: {error}") from error
        return True

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

    def _call(self, method: str, **arguments: object) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, method)(**arguments)
        except (ClientError, BotoCoreError) as error:
            raise StoreError(f"{self.bucket}/{arguments.get('Key', '')}: {error}") from error
        return answer


def _of_profile(name: str) -> tuple[boto3.Session, str | None]:
    """What a profile of `~/.aws/config` says of credentials, region and endpoint."""
    try:
        known = botocore.session.Session(profile=name)
        own = known.get_scoped_config()
    except BotoCoreError as error:
        raise ConfigError(str(error), key="--profile") from error
    services = known.full_config.get("services", {}).get(own.get("services", ""), {})
    return boto3.Session(profile_name=name), services.get("s3", {}).get("endpoint_url") or own.get("endpoint_url")
