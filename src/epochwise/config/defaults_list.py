"""What is wrong with the defaults list of a chosen file."""

from collections.abc import Iterator

from hydra.core.default_element import GroupDefault
from hydra.core.override_parser.types import Override

from epochwise.config.allowed_names import allowed_names
from epochwise.config.chosen_files import chosen_files
from epochwise.config.composer import Composer


def defaults_faults(overrides: list[Override], composer: Composer) -> Iterator[str]:
    """A line for each ``override /GROUP: NAME`` in the files chosen that Hydra would refuse.

    Args:
        overrides: that choose files.
        composer: reads them.
    """
    for file in [name for override in overrides for name in chosen_files(override)]:
        read = composer.loader.repository.load_config(file)
        for entry in (read.defaults_list or []) if read else []:
            if isinstance(entry, GroupDefault) and entry.override:
                yield from _faults(f"{file}.yaml", entry, composer)


def _faults(file: str, entry: GroupDefault, composer: Composer) -> Iterator[str]:
    group = str(entry.group).lstrip("/")
    chosen = [one for one in composer.choices() if not one.startswith("hydra")]
    if group.startswith("hydra"):
        return
    if group not in chosen:
        yield f"{file}: override /{group}: no such group{allowed_names(group, chosen)}"
        return
    for name in map(str, entry.value if isinstance(entry.value, list) else [entry.value]):
        if not composer.has_option(group, name):
            known = allowed_names(name, composer.options(group))
            yield f"{file}: override /{group}: no option {name!r}{known}"
