"""Hooks of MkDocs: pages that stand outside docs/, and links between all of them.

What maintainers read stands where they look for it, at the top of the repository and in bench/; the examples
are YAML files in manifests/. The site has them as pages, too. A link in a page is one between files of the
repository, so that it works in a checkout and on a code host; the site turns it into one between pages, or,
where it has no such page, into one to the repository.
https://www.mkdocs.org/user-guide/configuration/#hooks
"""

import re
import tomllib
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from ecsplan.version import __version__

ROOT = Path(__file__).parents[2]
OUTSIDE = {
    "CONTRIBUTING.md": "maintainers/contributing.md",
    "MAINTAINING.md": "maintainers/maintaining.md",
    "CHANGELOG.md": "maintainers/changelog.md",
    "bench/README.md": "maintainers/benchmark.md",
    "bench/RESULTS.md": "maintainers/figures.md",
    "bench/cost.svg": "maintainers/cost.svg",
}
"""Files of the repository, and where the site has them."""
EXAMPLES = PurePosixPath("manifests")
HOW_TO = "how-to/"
_FENCE = re.compile(r"^ *(?:```|~~~)")
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_TITLES = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_CELLS = re.compile(r"(?<=<tr>)\s*<td.*?(?=</tr>)", re.DOTALL)
_INLINE_CODE = re.compile(r"(?<!<pre>)<code>[^<]*</code>")
_OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
_LINK = re.compile(r"(?<=\]\()(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?(?=\))")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name the version and the repository at the foot of each page."""
    config.copyright = f"ecsplan {__version__}, Apache-2.0"
    config.extra["social"] = [
        {"icon": "fontawesome/brands/git-alt", "link": _repository(), "name": "The repository"}
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand outside docs/."""
    for path, uri in OUTSIDE.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    for uri, text in _example_pages():
        files.append(File.generated(config, uri, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the page with its links between files of the repository as links of the site.

    The search of the site prefers how-to pages, as `ecsplan docs` does: a question is what they answer.
    """
    del config
    if page.file.src_uri.startswith(HOW_TO):
        page.meta["search"] = {"boost": 2}
    source = _path_in_repository(page.file.src_uri)
    fenced = False
    lines = []
    for line in markdown.splitlines():
        fenced ^= bool(_FENCE.match(line))
        lines.append(line if fenced else _LINK.sub(lambda link: _on_site(link, source, files), line))
    return "\n".join(lines) + "\n"


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the page with what assets/site.css needs: columns' titles at cells, options as words."""
    del page, config, files
    html = _INLINE_CODE.sub(lambda code: _OPTION.sub(r'<span class="option">\g<0></span>', code[0]), html)
    return _TABLE.sub(lambda table: _labelled(table[0]), html)


def _labelled(table: str) -> str:
    """Return a table whose cells have the titles of their columns, for screens that show a row as a list."""
    titles = [re.sub(r"<[^>]+>", "", each) for each in _TITLES.findall(table)]

    def labelled(row: re.Match[str]) -> str:
        parts = row[0].split("<td")
        cells = (f' data-label="{title}"{cell}' for title, cell in zip(titles, parts[1:], strict=True))
        return "<td".join([parts[0], *cells])

    return _CELLS.sub(labelled, table)


def _on_site(link: re.Match[str], source: PurePosixPath, files: Files) -> str:
    """Return the target of a link; one that leads nowhere stays, and MkDocs reports it."""
    if "://" in link["path"] or link["path"].startswith("mailto:"):
        return link[0]
    target = normpath((source.parent / link["path"]).as_posix())
    uri = _uri_on_site(target)
    if files.get_file_from_path(uri) is not None:
        return relpath(uri, PurePosixPath(_uri_on_site(source.as_posix())).parent) + (link["anchor"] or "")
    if (ROOT / target).exists():
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"{_repository()}/{kind}/v{__version__}/{target}{link['anchor'] or ''}"
    return link[0]


def _uri_on_site(path: str) -> str:
    """Return where the site has a file of the repository, if it has it."""
    whole = PurePosixPath(path)
    if path in OUTSIDE:
        return OUTSIDE[path]
    if whole == EXAMPLES:
        return f"{EXAMPLES}/index.md"
    if whole.is_relative_to(EXAMPLES) and whole.suffix == ".yaml":
        return whole.with_suffix(".md").as_posix()
    return whole.relative_to("docs").as_posix() if whole.is_relative_to("docs") else path


def _path_in_repository(uri: str) -> PurePosixPath:
    outside = next((path for path, on_site in OUTSIDE.items() if on_site == uri), None)
    if outside is not None:
        return PurePosixPath(outside)
    return PurePosixPath(uri) if PurePosixPath(uri).is_relative_to(EXAMPLES) else PurePosixPath("docs", uri)


def _example_pages() -> Iterator[tuple[str, str]]:
    """Yield path and text of a page for each example, and of the page that lists them."""
    rows = []
    for path in sorted((ROOT / EXAMPLES).rglob("*.yaml")):
        name = path.relative_to(ROOT).with_suffix("").as_posix()
        text = path.read_text("utf-8")
        link = path.relative_to(ROOT / EXAMPLES).as_posix()
        rows.append(f"- [{link}]({link}): {_summary(text)}")
        yield f"{name}.md", f"# {path.name}\n\n```yaml\n{text}```\n"
    yield f"{EXAMPLES}/index.md", "# Examples\n\n" + "\n".join(rows) + "\n"


def _summary(text: str) -> str:
    """Return the first sentence of the comment at the top of a manifest."""
    comment = takewhile(lambda line: re.match("# (?!yaml-language-server:)", line), text.splitlines())
    words = " ".join(line.removeprefix("# ") for line in comment)
    return re.split(r"(?<=\.) ", words)[0]


def _repository() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["urls"]["Source"])
