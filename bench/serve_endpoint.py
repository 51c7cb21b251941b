"""Serve the endpoint in a separate process: print its URL, then execute orders from stdin, one JSON each.

{"do": "calls", "region": "..."}    the calls to a region since the last "forget"
{"do": "forget"}                    delete them
{"do": "faults", "script": {...}}   replace the fault script
"""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from ecsplan_local import Endpoint, serve


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--latency", type=float, required=True, help="seconds added to each call")
    arguments.add_argument("--script", required=True, help="fault script, as JSON")
    options = arguments.parse_args()
    script = json.loads(options.script)
    with serve(
        runner="scripted", faults=script, record=True, latency_s=options.latency, quotas=True
    ) as endpoint:
        say(endpoint.url)
        # Ends when the benchmark closes the pipe, however it ends.
        for line in sys.stdin:
            say(obey(endpoint, json.loads(line)))
    return 0


def obey(endpoint: Endpoint, order: Mapping[str, Any]) -> object:
    """Execute an order and return its result."""
    match order["do"]:
        case "calls":
            calls = (each for each in endpoint.calls() if each.region == order["region"])
            return [[each.operation, each.time, each.region, each.parameters] for each in calls]
        case "forget":
            endpoint.forget_calls()
        case "faults":
            endpoint.set_faults(order["script"])
        case other:
            raise ValueError(other)
    return None


def say(answer: object) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main())
