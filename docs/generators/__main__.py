"""Write all generated pages into docs/, or into another folder: python -m docs.generators [FOLDER]."""

import sys
from pathlib import Path

from docs.generators.generated import generated
from docs.generators.marked_places import DOCS

folder = Path(sys.argv[1]) if sys.argv[1:] else DOCS
for name, text in generated().items():
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
