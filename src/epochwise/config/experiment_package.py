"""Whether the settings of an experiment go where they say."""

from hydra.core.override_parser.types import Override

from epochwise.config.chosen_files import chosen_files
from epochwise.config.composer import Composer


def package_fault(override: Override, composer: Composer) -> str | None:
    """The line for an experiment whose settings would go under a key ``experiment``; ``None`` where all is well.

    Args:
        override: that chooses files which are there, of any group.
        composer: reads them.
    """
    for file in chosen_files(override) if override.key_or_group == "experiment" else ():
        read = composer.loader.repository.load_config(file)
        if read is not None and read.header.get("package") != "_global_":
            return f"{file}.yaml: settings of no group; its first line must be: # @package _global_"
    return None
