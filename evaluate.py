"""Score a run's checkpoint on any split or on other data, label new samples with it, or export its network.

    python evaluate.py run=outputs/digits-mlp/2025-01-31_12-00-00          # the best epoch on the test split
    python evaluate.py run=FOLDER ckpt=last split=val                      # another epoch, another split
    python evaluate.py run=FOLDER data=image_folder data.root=PICTURES     # other data
    python evaluate.py run=FOLDER predict=PATH                             # labels for one's own pictures or rows
    python evaluate.py run=FOLDER export=onnx                              # the network as a file, without this project
    python evaluate.py exported=FILE data=digits                           # score such a file

--help lists what can be set.
"""

from omegaconf import DictConfig

from epochwise.command_line.front_door import front_door


@front_door("evaluate")
def main(config: DictConfig) -> None:
    from epochwise.commands.evaluate import evaluate

    evaluate(config)


if __name__ == "__main__":
    main()
