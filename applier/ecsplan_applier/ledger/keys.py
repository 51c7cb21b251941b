"""The keys of a ledger's documents: names that neither a file system nor S3 can mistake for one another."""

import hashlib
import re
from typing import Final

from ecsplan_applier.ledger.entry import EntryKey

_MAX_NAME: Final = 200
"""Characters of one part of a key; a file name has at most 255 bytes, of which a hidden copy takes some."""
_PLAIN = re.compile(r"[a-z0-9_-]")
SUFFIX: Final = ".json"


def runs_prefix(account: str, region: str) -> str:
    """Return what the keys of all entries of an account and region begin with."""
    return f"{encoded(account)}/{encoded(region)}/runs/"


def run_prefix(account: str, region: str, run_id: str) -> str:
    """Return what the keys of all entries of a run begin with."""
    return f"{runs_prefix(account, region)}{encoded(run_id)}/"


def entry_key(key: EntryKey) -> str:
    """Return the key of an entry."""
    return f"{run_prefix(key.account, key.region, key.run_id)}{encoded(key.job)}{SUFFIX}"


def claim_key(account: str, region: str, cluster: str, family: str) -> str:
    """Return the key of the claim on a family in a cluster, which one run has at a time."""
    return f"{encoded(account)}/{encoded(region)}/claims/{encoded(cluster)}/{encoded(family)}{SUFFIX}"


def encoded(name: str) -> str:
    """Return a name as a part of a key, different for different names.

    Capital letters are encoded, too: some file systems take `A` and `a` for the same name. A long name ends
    in a digest.
    """
    parts = (
        chr(each) if _PLAIN.fullmatch(chr(each)) else f"%{each:02X}"
        for each in name.encode("utf-8", "surrogatepass")
    )
    text = "".join(parts) or "%"
    if len(text) <= _MAX_NAME:
        return text
    # After two percent signs, which no other name has.
    return f"{text[: _MAX_NAME - 34]}%%{hashlib.sha256(text.encode()).hexdigest()[:32]}"
