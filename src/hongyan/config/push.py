"""``[push]`` and the tables of its providers."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hongyan.config.base import LOOPBACK, Hosts, Port, Seconds, Section

Url = Annotated[str, Field(pattern=r"^(https?://[^/\s]+.*)?$")]
Platform = Literal["ios", "android"]


class ApnsConfig(Section):
    """Apple's push service; used when there is a ``key_file`` or a ``cert_file``."""

    topic: str = ""
    """The bundle id of the app."""
    key_file: str = ""
    """The signing key from Apple's developer pages, a .p8 file."""
    key_id: str = ""
    team_id: str = ""
    cert_file: str = ""
    """Instead of a signing key: a certificate in PEM, as the original has it (``CertPath``)."""
    cert_key_file: str = ""
    """The key of the certificate (``KeyPath``)."""
    cert_key_password: str = ""
    sandbox: bool = False
    """Apple's service for apps in development."""
    sound: str = "bingbong.aiff"
    """The sound of a push, which the app must bring; the default is the stock iOS client's."""
    url: Url = ""
    """Another address than Apple's, such as a proxy's."""
    ca_file: str = ""
    """Who vouches for ``url``: certificates in PEM, instead of the usual authorities."""

    @property
    def is_set(self) -> bool:
        """Whether there is something to prove ourselves with."""
        return bool(self.key_file or self.cert_file)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.key_file and not (self.key_id and self.team_id and self.topic):
            raise ValueError("key_file needs key_id, team_id and topic")
        if self.cert_file and not self.cert_key_file:
            raise ValueError("cert_file and cert_key_file belong together")
        if self.key_file and self.cert_file:
            raise ValueError("either key_file or cert_file, not both")
        return self


class FcmConfig(Section):
    """Google's push service, Firebase Cloud Messaging; used when there is a ``service_account_file``."""

    service_account_file: str = ""
    """The service account's key, a .json file from the Firebase console."""
    platforms: tuple[Platform, ...] = ("android",)
    """Whose tokens are FCM's; with ``ios`` too it takes iPhones that APNs is not set up for."""
    url: Url = "https://fcm.googleapis.com"
    ca_file: str = ""
    """Who vouches for ``url`` and for the token endpoint, instead of the usual authorities."""


class WebhookConfig(Section):
    """A service of your own that is handed the pushes; used when there is a ``url``."""

    url: Url = ""
    secret: str = ""
    """Signs what is sent, so that the service knows who speaks."""
    platforms: tuple[Platform, ...] = ("ios", "android")
    """Whose pushes it takes, unless APNs or FCM does."""
    max_batch: Annotated[int, Field(ge=1, le=1000)] = 100
    """Pushes in one request."""
    ca_file: str = ""
    """Who vouches for ``url``, instead of the usual authorities."""


class PushConfig(Section):
    """push_server: wakes phones."""

    host: Hosts = LOOPBACK
    port: Port = 8500
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 32
    """Requests to each provider at the same time."""
    max_pending: Annotated[int, Field(ge=1)] = 20_000
    """Pushes that may wait for each provider, those that will be tried again included; more are refused."""
    timeout_s: Seconds = 10.0
    """How long a provider may take to answer."""
    lifetime_s: Seconds = 3600.0
    """How long a push is worth trying, and how long a provider keeps it for a phone that is off."""
    apns: ApnsConfig = ApnsConfig()
    fcm: FcmConfig = FcmConfig()
    webhook: WebhookConfig = WebhookConfig()

    @property
    def reaches_phones(self) -> bool:
        """Whether there is a provider at all."""
        return bool(self.apns.is_set or self.fcm.service_account_file or self.webhook.url)
