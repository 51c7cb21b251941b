"""Find credentials in the arguments of well-known programs: `curl -u user:pw`, `mysql -pPW`, `sshpass -p PW`.

`secrecy.py` finds those of `--password`, `TOKEN=…` and URLs, whatever the program. This module is for options
whose names reveal nothing: the same `-p` is a password to one program, and a port or a folder to another.
"""

import re
from collections.abc import Iterator, Sequence
from posixpath import basename
from typing import Final

from ecsplan.terms.credential_names import names_credential
from ecsplan.terms.records import dataclass

Span = tuple[int, int]
"""Offsets of the first character and after the last, in a word or in a script."""


@dataclass(frozen=True, slots=True)
class _Option:
    """Options of some programs that take a credential, according to the programs' manual pages.

    Attributes:
        programs: Names of the programs.
        flags: The options.
        after: The text before the credential in the value: the `:` of `user:password`; "" without one.
        separate: Whether the value may be the next word.
        needs: A subcommand that must precede the option, or "".
    """

    programs: tuple[str, ...]
    flags: tuple[str, ...]
    after: str = ""
    separate: bool = True
    needs: str = ""


# `mysql -p PW` reads PW as the name of a database, so `separate` is False where only `-pPW` is a password.
_OPTIONS: Final = (
    _Option(("curl",), ("-u", "--user", "-U", "--proxy-user"), after=":"),
    _Option(("curl",), ("--oauth2-bearer",)),
    _Option(("http", "https", "xh"), ("-a", "--auth"), after=":"),
    _Option(("ab",), ("-A", "-P"), after=":"),
    _Option(("skopeo", "buildah", "podman"), ("--creds", "--src-creds", "--dest-creds"), after=":"),
    _Option(("smbclient", "rpcclient", "smbget"), ("-U", "--user"), after="%"),
    _Option(("lftp",), ("-u", "--user"), after=","),
    _Option(
        ("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mysqlshow", "mysqlsh", "mycli"),
        ("-p",),
        separate=False,
    ),
    _Option(
        ("mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", "mariabackup", "xtrabackup"),
        ("-p",),
        separate=False,
    ),
    _Option(("7z", "7za", "7zr", "rar", "unrar"), ("-p", "-hp"), separate=False),
    _Option(("sshpass",), ("-p",)),
    _Option(("redis-cli", "valkey-cli", "keydb-cli"), ("-a",)),
    _Option(
        (
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "mongoexport",
            "mongoimport",
            "mongostat",
            "mongotop",
        ),
        ("-p",),
    ),
    _Option(("cqlsh", "rabbitmqadmin", "twine", "influx"), ("-p",)),
    _Option(
        ("docker", "podman", "nerdctl", "buildah", "skopeo", "helm", "oras", "crane", "az"),
        ("-p",),
        needs="login",
    ),
    _Option(("sqlcmd", "bcp", "isql", "mosquitto_pub", "mosquitto_sub", "zip", "unzip", "zipcloak"), ("-P",)),
    _Option(("ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldappasswd"), ("-w", "-s")),
    _Option(("snmpget", "snmpset", "snmpwalk", "snmpbulkwalk"), ("-A", "-X")),
    _Option(("keytool", "jarsigner"), ("-storepass", "-keypass", "-srcstorepass", "-deststorepass")),
    _Option(("openssl",), ("-pass", "-passin", "-passout"), after="pass:"),
    _Option(("openssl",), ("-k", "-K"), needs="enc"),
)
_BY_PROGRAM: Final = {
    program: tuple(each for each in _OPTIONS if program in each.programs)
    for option in _OPTIONS
    for program in option.programs
}
_LOGINS: Final = frozenset({"sqlplus", "expdp", "impdp", "sqlldr"})
"""Oracle programs whose first argument may be `user/password@database`."""
_LOGIN: Final = re.compile(r"[\w$#.]+/([^@/\s]+)(?:@.*)?")
_PORTS: Final = re.compile(r"[\d.]*:?\d+:\d+(?:/\w+)?")
"""Values of `docker run -p`: the image that it runs may be named like a program with a `-p` of its own."""
_PROGRAMS: Final = "|".join(map(re.escape, sorted({*_BY_PROGRAM, *_LOGINS, "git", "htpasswd"})))
_NAMES: Final = re.compile(rf"(?<![\w.-])(?:{_PROGRAMS})\s|(?<![\w-])(?:configure|config)\s+set\s")
_SETTINGS: Final = frozenset({("configure", "set"), ("config", "set")})
_CURL_FLAGS: Final = re.compile("-[a-zA-Z#]*u")
_BATCH: Final = re.compile("-[a-zA-Z0-9]*b[a-zA-Z0-9]*")
_SHORT: Final = 2
"""Characters of an option such as `-p`, whose value may follow immediately."""
_WORD: Final = re.compile(
    r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\;|&()<>`])+|[;|&()`]+|\n""",
    re.DOTALL,
)
_QUOTES: Final = re.compile(r"""\\(.)|"((?:\\.|[^"\\])*)"|'([^']*)'""", re.DOTALL)
_SEPARATORS: Final = frozenset(";|&()`\n")
_MAX_SCRIPT: Final = 65_536
"""Characters of a script that are searched."""


def may_hold(text: str) -> bool:
    """Return whether a text names a program whose arguments may be credentials."""
    return _NAMES.search(text, 0, _MAX_SCRIPT) is not None


def hidden_in_words(words: Sequence[str]) -> dict[int, Span]:
    """Return the credentials in the words of a command line: index of the word -> span within the word.

    Args:
        words: Words without quotes; separators such as `|` are words of their own.
    """
    found: dict[int, Span] = {}
    for start, end in _commands(words):
        for index, part in (*_of_options(words, start, end), *_of_settings(words, start, end)):
            found.setdefault(index, part)
    return found


def hidden_in_text(text: str) -> Iterator[tuple[Span, Span]]:
    """Yield the credentials in a script, in order: the span of the word, and that of the credential."""
    if not may_hold(text):
        return
    tokens = [(each.start(), each.end()) for each in _WORD.finditer(text, 0, _MAX_SCRIPT)]
    words = [_unquoted(text[start:end]) for start, end in tokens]
    hidden = hidden_in_words(words)
    for index in sorted(hidden):
        (start, end), (first, last) = tokens[index], hidden[index]
        # The span in the unquoted word has to be found in the written one. Where an escape inside it keeps it
        # from being found, the whole word is hidden.
        at = text.rfind(words[index][first:last], start, end)
        yield (start, end), ((start, end) if at < 0 else (at, at + last - first))


def _unquoted(word: str) -> str:
    return _QUOTES.sub(lambda found: next((each for each in found.groups() if each is not None), ""), word)


def _commands(words: Sequence[str]) -> Iterator[Span]:
    """Yield the range of words of each command in a command line."""
    start = 0
    for index, word in enumerate(words):
        if word and set(word) <= _SEPARATORS:
            yield start, index
            start = index + 1
    yield start, len(words)


def _of_options(words: Sequence[str], start: int, end: int) -> Iterator[tuple[int, Span]]:
    """Yield the credentials that the options of one command take.

    A program may start another one, as sudo and sshpass do; from its name on, the other's options apply.
    """
    # Invariant: `program` is the one that reads the word at `index`, and `seen` has the words before it.
    program, seen = "", set[str]()
    index = start
    while index < end:
        word = words[index]
        name = basename(word)
        follows_option = index > start and words[index - 1].startswith("-") and "=" not in words[index - 1]
        taken = None
        # `curl -o mysql` writes a file of that name and starts no mysql.
        if (name in _BY_PROGRAM or name in _LOGINS) and not (follows_option and program):
            program = name
        elif program == "sshpass" and not word.startswith("-"):
            program = ""
        elif program in _LOGINS and (login := _LOGIN.fullmatch(word)):
            taken = index, login.span(1)
        elif word.startswith("-"):
            following = words[index + 1] if index + 1 < end else ""
            options = [each for each in _BY_PROGRAM.get(program, ()) if not each.needs or each.needs in seen]
            taken = _taken(options, program, index, word, following)
        if taken is not None:
            yield taken
            index = taken[0]
        seen.add(word)
        index += 1


def _taken(
    options: Sequence[_Option], program: str, index: int, word: str, following: str
) -> tuple[int, Span] | None:
    """Return the credential that the option `word` at `index` takes: the index of its word, and the part."""
    for option in options:
        for flag in option.flags:
            is_flag = word == flag or (program == "curl" and flag == "-u" and _CURL_FLAGS.fullmatch(word))
            if is_flag and option.separate:
                part = None if following.startswith("-") else _part(following, 0, option.after)
                return None if part is None else (index + 1, part)
            at = len(flag) + word.startswith(f"{flag}=")
            if word.startswith(flag) and not is_flag and (at > len(flag) or len(flag) == _SHORT):
                part = _part(word, at, option.after)
                return None if part is None else (index, part)
    return None


def _part(word: str, start: int, after: str) -> Span | None:
    """Return the span of the credential in a value that begins at `start`; None without one."""
    if _PORTS.fullmatch(word, start):
        return None
    if after:
        at = word.find(after, start)
        start = len(word) if at < 0 else at + len(after)
    return (start, len(word)) if start < len(word) else None


def _of_settings(words: Sequence[str], start: int, end: int) -> Iterator[tuple[int, Span]]:
    """Yield credentials set as settings: `aws configure set NAME VALUE`, `git config`, `htpasswd -b`."""
    names = {basename(each) for each in words[start:end]}
    for index in range(start, end - 1):
        is_set = index >= start + 2 and tuple(words[index - 2 : index]) in _SETTINGS
        if (is_set or {"git", "config"} <= names) and names_credential(words[index]):
            yield index + 1, (0, len(words[index + 1]))
    if "htpasswd" in names and any(_BATCH.fullmatch(each) for each in words[start:end]):
        yield end - 1, (0, len(words[end - 1]))
