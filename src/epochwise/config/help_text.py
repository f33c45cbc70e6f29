"""What --help prints."""

from textwrap import indent

from omegaconf import OmegaConf

from epochwise.config.composer import Composer


def help_text(about: str, composer: Composer, overrides: list[str]) -> str:
    """Say what a front door does, which files can be chosen, and which values can be set.

    Hydra's own help leaves the first out and takes twice as long.

    Args:
        about: the front door's docstring.
        composer: of its configs.
        overrides: of the command line, checked; they are in the config that is shown.
    """
    config = composer.compose(overrides)
    groups = [group for group in composer.groups() if group in composer.choices() or group in config]
    width = max(map(len, groups), default=0)
    files = [f"{group:{width}}  {', '.join(composer.options(group))}".rstrip() for group in groups]
    OmegaConf.set_struct(config, False)
    del config["hydra"]
    return "\n\n".join(
        [
            about.strip(),
            "Choose files: GROUP=NAME (of callbacks and loggers, +GROUP=NAME adds one and ~GROUP.NAME drops one)",
            indent("\n".join(files), "    "),
            "Set values: KEY=VALUE (+KEY=VALUE adds one that is not listed, -m KEY=A,B runs a job for each)",
            indent(OmegaConf.to_yaml(config).rstrip(), "    "),
            "--cfg job prints the config alone, --hydra-help lists all flags.",
        ]
    )
