from types import SimpleNamespace

import torch
from lightning.pytorch.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from epochwise.callbacks import confusion_matrix
from epochwise.callbacks.confusion_matrix import ConfusionMatrix


def test_the_matrix_is_a_picture_in_tensorboard(tmp_path):
    logger = TensorBoardLogger(tmp_path, name="", version="")
    trainer = SimpleNamespace(is_global_zero=True, loggers=[logger], current_epoch=4)
    module = SimpleNamespace(device="cpu")
    callback = ConfusionMatrix(["cat", "dog"])
    callback.on_test_epoch_start(trainer, module)
    outputs, y = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), torch.tensor([0, 1, 1])
    callback.on_test_batch_end(trainer, module, outputs, (None, y), 0)
    assert callback.matrix.compute().tolist() == [[1, 0], [1, 1]]
    callback.on_test_epoch_end(trainer, module)
    logger.finalize("success")
    reader = EventAccumulator(str(tmp_path))
    reader.Reload()
    (picture,) = reader.Images("confusion_matrix/test")
    assert picture.encoded_image_string.startswith(b"\x89PNG")
    assert picture.step == 4


def test_nothing_is_drawn_where_nothing_was_validated(tmp_path):
    logger = SimpleNamespace(experiment=None)
    trainer = SimpleNamespace(is_global_zero=True, loggers=[logger], current_epoch=0)
    ConfusionMatrix(["cat", "dog"]).on_train_end(trainer, None)


def test_nothing_is_drawn_where_no_logger_takes_a_picture(monkeypatch):
    monkeypatch.setattr(confusion_matrix, "Figure", None)
    logger = SimpleNamespace(experiment=None)
    trainer = SimpleNamespace(is_global_zero=True, loggers=[logger], current_epoch=0)
    callback = ConfusionMatrix(["cat", "dog"])
    callback.matrix.update(torch.tensor([[0.9, 0.1]]), torch.tensor([0]))
    callback.on_train_end(trainer, None)
