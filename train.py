"""Train one model and write its curves, checkpoints and result to a run folder.

    python train.py                                         # what conf/train.yaml chooses
    python train.py model=resnet trainer.max_epochs=50      # another network, more epochs
    python train.py -m model=mlp,cnn optimizer.lr=1e-3,3e-3 # a job for each combination
    python train.py --cfg job                               # what would be run, without running it

Results go to outputs/<name>/<time>: open its report.html first. --help lists what can be chosen and set; it starts from
conf/train.yaml. With -m, isolate=true begins a Python for each job.
"""

from omegaconf import DictConfig

from epochwise.command_line.front_door import front_door


@front_door("train")
def main(config: DictConfig) -> None:
    from epochwise.commands.train import train

    train(config)


if __name__ == "__main__":
    main()
