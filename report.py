"""Ask runs how many epochs: the verdict, the count for next time, early stopping replayed, what more would bring.

    python report.py outputs/digits-mlp/2025-01-31_12-00-00            # one run; writes its report.html and curves.png
    python report.py RUN RUN                                           # runs overlaid; mean and spread over seeds
    python report.py RUN replay.patience=1,2,3,5,8                     # where would early stopping have ended it?
    python report.py results.csv monitor=val_acc                       # the log of any tool (docs/any-log.md)

--help lists what can be set.
"""

from omegaconf import DictConfig

from epochwise.command_line.front_door import front_door


@front_door("report")
def main(config: DictConfig) -> None:
    from epochwise.commands.report import report

    report(config)


if __name__ == "__main__":
    main()
