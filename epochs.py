"""How many epochs? Runs of several lengths, each with its schedule brought to its end, and what they say together.

    python epochs.py                                        # 5, 10, 20, ... epochs, until two doublings gain too little
    python epochs.py counts=5,10,20,40,80 seeds=3           # these; the same command goes on where it ended
    python epochs.py run=outputs/digits-mlp/TIME            # the settings of a run
    python epochs.py hydra/launcher=joblib max_time=2h      # side by side, and no count that would take longer

--help lists what can be chosen and set. isolate=true begins a Python for each run.
"""

from omegaconf import DictConfig

from epochwise.command_line.front_door import front_door


@front_door("epochs")
def main(config: DictConfig) -> None:
    from epochwise.commands.check_jobs import one_run
    from epochwise.commands.train import train
    from epochwise.ladder.branch_off import branch_off

    branch_off(config)
    train(one_run(config, "epochs"), alone=False)


if __name__ == "__main__":
    main()
