"""Runs ecsplan, and writes how much processor time showing an apply took: RENDERED_TO gets JSON.

Counted are the imports of what renders, and the thread's time in it; the rest is the apply's own.
"""

import importlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

for each in ("ecsplan_applier.apply_plan", "ecsplan_cli.commands.apply", "ecsplan_cli.session"):
    importlib.import_module(each)  # an apply needs them, whether it is shown or not
main = importlib.import_module("ecsplan_cli.main").main
began = time.process_time()
view = importlib.import_module("ecsplan_cli.commands.apply_view").ApplyView
spent_s = [time.process_time() - began]
opened = view.opened


@contextmanager
def counting(self: Any) -> Iterator[Callable[[Any], None]]:
    with opened(self) as render:

        def counted(event: Any) -> None:
            before = time.thread_time()
            render(event)
            spent_s.append(time.thread_time() - before)

        yield counted


view.opened = counting
try:
    main()
finally:
    figures = {"rendering_s": sum(spent_s), "all_s": time.process_time()}
    Path(os.environ["RENDERED_TO"]).write_text(json.dumps(figures), encoding="utf-8")
