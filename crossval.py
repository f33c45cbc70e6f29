"""Cross-validate one setting: how many epochs hold over folds, and what a run on all of the data then scores.

    python crossval.py model=resnet folds=5                 # a run a fold; the same command goes on where it ended
    python crossval.py model=resnet folds=5 refit=true      # and one on all of train and val, scored on the test split
    python crossval.py data=table groups=COLUMN             # rows of one patient, in one fold
    python crossval.py hydra/launcher=joblib                # folds side by side

--help lists what can be chosen and set. isolate=true begins a Python for each fold.
"""

from omegaconf import DictConfig

from epochwise.command_line.front_door import front_door


@front_door("crossval")
def main(config: DictConfig) -> None:
    from epochwise.commands.check_jobs import one_run
    from epochwise.commands.train import train

    train(one_run(config, "crossval"))


if __name__ == "__main__":
    main()
