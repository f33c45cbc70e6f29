"""Search for good settings with Optuna; bad trials end after a few epochs.

    python search.py n_trials=50                            # over space=default; the same command goes on with it
    python search.py space=none 'optimizer.lr=tag(log,interval(1e-4,1e-1))' model=mlp,resnet
    python search.py search=grid space=none optimizer=adamw,sgd,muon data.batch_size=32,64,128
    python search.py storage=URL                            # in several terminals or machines: they share one study

--help lists what can be chosen and set. isolate=true begins a Python for each trial.
Optuna comes with the extra `search`.
"""

from omegaconf import DictConfig

from epochwise.command_line.front_door import front_door


@front_door("search")
def main(config: DictConfig) -> None:
    from epochwise.commands.check_jobs import one_run
    from epochwise.commands.train import train

    train(one_run(config, "search"))


if __name__ == "__main__":
    main()
