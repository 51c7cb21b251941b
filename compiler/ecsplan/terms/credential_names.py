"""Decide by its words whether a name is that of a credential: `DB_PASSWORD`, `apiKey`, `splunk-token`."""

import re
from functools import lru_cache

# The lookahead leaves the last capital letter to the next word: `APIKey` is API and Key.
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ENDINGS = ("PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "SECRET", "APIKEY", "CREDENTIAL", "CREDENTIALS")
_LAST_WORDS = frozenset({"PASS", "PWD", "SECRETS", "PASSWORDS", "APIKEYS", "AUTHORIZATION", "COOKIE"})
_KEY_KINDS = frozenset(
    {
        "ACCESS", "ACCOUNT", "AES", "API", "APP", "APPLICATION", "AUTH", "CLIENT", "DECRYPTION", "DEPLOY",
        "ENCRYPTION", "FERNET", "HMAC", "INTEGRATION", "JWT", "LICENSE", "MASTER", "PRIVATE", "SECRET",
        "SERVICE", "SESSION", "SHARED", "SIGNING", "SSH", "STORAGE", "SUBSCRIPTION", "WEBHOOK",
    }
)  # fmt: skip
"""Words after which `KEY` is a credential; after others (`PUBLIC`, `PRIMARY`, `SORT`) it is not."""
_ABOUT = frozenset(
    {
        "AGE", "ALGORITHM", "ARN", "ARNS", "AUDIENCE", "BACKEND", "BUCKET", "BUDGET", "CAPACITY", "CLASS",
        "COUNT", "DAYS", "DIR", "DIRECTORY", "DURATION", "ENABLED", "ENDPOINT", "ERROR", "EXCEPTION",
        "EXPIRATION", "EXPIRES", "EXPIRY", "FIELD", "FILE", "FILES", "FORMAT", "HEADER", "HOST", "HOSTS",
        "HOURS", "ID", "IDS", "INTERVAL", "ISSUER", "LEN", "LENGTH", "LIFETIME", "LIMIT", "MANAGER",
        "MAX", "MIN", "MINUTES", "MODE", "NAME", "NAMES", "PARAM", "PARAMETER", "PATH", "PATHS", "POLICY",
        "PREFIX", "PROVIDER", "RATE", "REF", "REGION", "REQUIRED", "RETRIES", "ROTATION", "SECONDS",
        "SERVICE", "SIZE", "STDIN", "STORE", "STRATEGY", "SUFFIX", "TIMEOUT", "TTL", "TYPE", "URI",
        "URIS", "URL", "URLS", "VERSION", "WINDOW",
    }
)  # fmt: skip
"""Last words of a name that describes a credential instead of containing it: `SECRET_NAME`, `TOKEN_TTL`."""
# `MAX_TOKEN` is a number of tokens.
_COUNTS = frozenset({"MAX", "MIN", "NUM", "COUNT", "TOTAL"})
NOT_CREDENTIALS = frozenset(
    {"clientToken", "nextToken", "valueFrom", "credentialsParameter", "credentialSpecs"}
)
"""Members of AWS requests that sound like credentials but contain none."""


@lru_cache(maxsize=4096)
def names_credential(name: str) -> bool:
    """Return whether a name is that of a credential; `dbPassword` and `DB_PASSWORD` are the same words."""
    # The last word decides, since English puts the head of a compound last: a TOKEN_URL is a URL, and an
    # AUTH_TOKEN is a token. `PASSWORD_1` and `PASSWORD_2` are passwords.
    words = [word.upper() for word in _WORDS.findall(name)]
    while words and words[-1].isdigit():
        words.pop()
    if not words or _COUNTS & set(words) or name in NOT_CREDENTIALS:
        return False
    # Not a secret by itself, but masked with the key that it belongs to, as AWS's own tools do.
    if words[-3:] == ["ACCESS", "KEY", "ID"]:
        return True
    if words[-1] in _ABOUT:
        return False
    # `AUTH` alone is mostly a mode (`AUTH=none`); after these words it is a user with a password.
    if words[-1] == "AUTH":
        return words[-2:-1] in (["BASIC"], ["HTTP"], ["NPM"], ["PROXY"], ["REDIS"], ["REDISCLI"])
    if words[-1] in {"KEY", "KEYS"}:
        return len(words) > 1 and (words[-2] in _KEY_KINDS or words[-2].endswith(_ENDINGS))
    # `PWD` alone is the working directory, and `secrets` the member of a container that names them.
    if words[-1] in _LAST_WORDS:
        return len(words) > 1 or words[-1] not in {"PWD", "SECRETS"}
    return any(word.endswith(_ENDINGS) for word in words)
