"""What can be wrong with an override that chooses files of a group."""

from hydra.core.override_parser.types import Override

from epochwise.config.composer import Composer
from epochwise.input_error import InputError


def group_fault(override: Override, composer: Composer, chosen: dict[str, bool], known: list[str]) -> str | None:
    """Say what is wrong with the choice of a group's file.

    Args:
        override: of a key that is a group, with a single value.
        composer: knows the files.
        chosen: groups of the defaults list, and whether they take several files.
        known: root keys of the front door.

    Returns:
        A line, or ``None``: Hydra will take it.
    """
    group, value = override.key_or_group, override.value()
    key = f"{group}@{override.package}" if override.package else group
    options = composer.options(group)
    if key not in chosen and group.split("/")[0] not in known and not override.package:
        return no_such_choice(group, composer)
    if key not in chosen and not override.is_add() and not override.package:
        example = next((name for name in options if name == value), options[0] if options else "NAME")
        return f"{group}: several by name; add one with +{group}={example}, drop one with ~{group}.NAME"
    if override.is_force_add():
        return f"{group}: got {override.input_line!r}, allowed: {group}=NAME, without ++"
    if override.is_delete():
        return None
    names = value if isinstance(value, list) else [value]
    several = override.is_add() or chosen.get(key, False) or not names
    if isinstance(value, list) and not several:
        return f"{group}: got {_said(value)}, allowed: one of {', '.join(options)}"
    for name in names:
        if not isinstance(name, str) or not composer.has_option(group, name):
            shown = _said(name)
            close = InputError.closest(str(name), options)
            return f"{group}: no option {shown!r}; allowed: {', '.join(options) or 'none'}{close}"
    if override.is_add() and key in chosen and not chosen[key]:
        return f"{group}: is chosen already; choose another one with {group}={_said(value)}, without +"
    return None


def no_such_choice(group: str, composer: Composer) -> str:
    """The line for a group that exists, of which this front door does not choose."""
    own = "; a run keeps its own" if composer.name == "evaluate" else ""
    return f"{group}: {composer.name} has no such choice{own}"


def _said(value: object) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_said, value))}]"
    return "null" if value is None else str(value)
