"""Print a log as teams do it by hand: FilterLogEvents over one stream, page after page.

python filter_log_events.py GROUP STREAM
"""

import sys

import boto3


def main() -> None:
    group, stream = sys.argv[1:]
    pages = boto3.client("logs").get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=group, logStreamNames=[stream]):
        for event in page["events"]:
            print(event["message"])


if __name__ == "__main__":
    main()
