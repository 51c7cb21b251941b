"""The text of an entry. Each write has all copies of a job, and most are as they were in the write before."""

import json

from ecsplan_applier.ledger.entry import Entry, RecordedCopy


class EntryText:
    """Writes entries of one job as text, of which only what has changed since the last one is made anew."""

    def __init__(self) -> None:
        self._copies: dict[int, tuple[RecordedCopy, str]] = {}

    def of(self, entry: Entry) -> str:
        """Return an entry as text, the same that `document_text` returns for its JSON."""
        facts = json.dumps(entry.facts(), allow_nan=False)
        copies = ", ".join(map(self._copy, entry.copies))
        # The last member, and never the only one.
        return f'{facts[:-1]}, "copies": [{copies}]}}\n'

    def _copy(self, copy: RecordedCopy) -> str:
        known, text = self._copies.get(copy.copy, (None, ""))
        if known != copy:
            text = json.dumps(copy.to_json(), allow_nan=False)
            self._copies[copy.copy] = copy, text
        return text
