"""The files that an override chooses."""

from hydra.core.override_parser.types import Override


def chosen_files(override: Override) -> list[str]:
    """Their names, with the group before them: ``["experiment/quick"]``."""
    value = None if override.is_delete() else override.value()
    names = value if isinstance(value, list) else [value]
    return [f"{override.key_or_group}/{name}" for name in names if name]
