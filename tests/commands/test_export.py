import json
import re
import shutil
import sys
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from sklearn.datasets import load_digits

from epochwise.commands import export
from epochwise.commands.train import train
from epochwise.export import formats
from epochwise.export.description import to_texts
from epochwise.export.formats import FORMATS
from epochwise.input_error import InputError

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test")
COMPARED = r"prediction \S+e-0[789] of up to \S+, output \S+e-0[567] of up to \S+, on 270 samples \(val\)"
PT2 = "trust=torch.export.load"


def described(file: Path) -> dict[str, str]:
    with safe_open(file, framework="pt") as opened:
        return opened.metadata()


def pictures(count: int) -> np.ndarray:
    return (load_digits().images[:count, None] * 255 / 16).round().astype(np.uint8)


@pytest.mark.long
def test_onnx_runtime_reads_what_the_checkpoint_answers_to_any_number_of_raw_pictures(trained, evaluated):
    import onnxruntime

    evaluated(f"run={trained}", "export=onnx")
    session = onnxruntime.InferenceSession(trained / "exports/best.onnx", providers=["CPUExecutionProvider"])
    (x,) = session.get_inputs()
    assert (x.name, x.shape, x.type) == ("x", ["batch", 1, 8, 8], "tensor(uint8)")
    found = session.run(["prediction"], {"x": pictures(50)})[0]
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found.argmax(axis=1) == load_digits().target[:50]).mean() > 0.8
    assert np.allclose(session.run(["prediction"], {"x": pictures(1)})[0], found[:1], atol=1e-5)
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["class_names"]) == [str(digit) for digit in range(10)]
    assert (said["epochs"], json.loads(said["input_shape"])) == ("3", [1, 8, 8])


def test_torch_alone_reads_a_program(trained, evaluated):
    evaluated(f"run={trained}", "export=torch_export")
    beside = {"description.json": ""}
    program = torch.export.load(trained / "exports/best.pt2", extra_files=beside).module()
    found, _ = program(torch.from_numpy(pictures(50)))
    assert (found.argmax(dim=1).numpy() == load_digits().target[:50]).mean() > 0.8
    assert torch.allclose(program(torch.from_numpy(pictures(1)))[0], found[:1], atol=1e-5)
    assert json.loads(beside["description.json"])["epochs"] == "3"


def test_the_weights_are_those_of_the_checkpoint_by_the_names_of_the_network(trained, weights):
    kept = torch.load(trained / "checkpoints/best.ckpt", weights_only=True)["state_dict"]
    found = load_file(weights)
    assert {f"network.{name}" for name in found} == {name for name in kept if name.startswith("network.")}
    assert all(torch.equal(kept[f"network.{name}"], weight) for name, weight in found.items())
    assert described(weights)["epochs"] == "3"


def test_what_was_compared_is_said(trained, evaluated, capsys):
    evaluated(f"run={trained}", "export=safetensors", "split=val", "ckpt=last")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "last checkpoint, trained for 3 epochs"
    assert said[1] == "input x: uint8 (batch, 1, 8, 8), pixels, 0 to 255"
    assert re.fullmatch(f"largest difference from the checkpoint: {COMPARED}", said[-2])
    assert "last.safetensors" in said[-1]


def test_a_file_that_answers_otherwise_is_never_named(trained, weights, evaluated, monkeypatch):
    def write(file, form, texts):
        next(form.graph.network.parameters()).data += 1
        formats.write_safetensors(file, form, texts)

    before = weights.read_bytes()
    monkeypatch.setitem(FORMATS, "safetensors", (".safetensors", write))
    with pytest.raises(InputError, match=r"export: the file differs from the checkpoint: .* on 270"):
        evaluated(f"run={trained}", "export=safetensors")
    assert weights.read_bytes() == before
    assert not [file for file in weights.parent.iterdir() if file.name.startswith(".")]


def test_numbers_are_compared_by_themselves_however_large_the_others_are():
    class Answers:
        predict = staticmethod(lambda output: 1e6 * output)
        __call__ = staticmethod(lambda x: x)

    class Data:
        split_dataloader = staticmethod(lambda split: [torch.ones(3, 1)])
        on_before_batch_transfer = on_after_batch_transfer = staticmethod(lambda batch, _: batch)

    data = Data()

    def compared(change):
        def answering(batch):
            return 1e6 * batch + 1, batch + change, None

        answering.data = data
        return export._compared(Answers(), data, answering, "test")

    assert compared(5e-5) == "prediction 1.0e+00 of up to 1e+06, output 5.0e-05 of up to 1, on 3 samples"
    for change in (2e-4, float("nan")):
        with pytest.raises(InputError, match=r"the file differs from the checkpoint: .*; allowed: 1e-04 of that"):
            compared(change)


@pytest.mark.long
def test_rows_of_a_table_go_in_as_they_are(tmp_path, composed, evaluated):
    chance = np.random.default_rng(0)
    frame = pd.DataFrame({"size": chance.normal(1e6, 10, 300), "colour": chance.choice(["red", "blue"], 300)})
    frame["price"] = 1000 + 50 * (frame["size"] - 1e6) + 300 * (frame["colour"] == "red")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "run").mkdir()
    table = ["data=table", f"data.path={tmp_path}/rows.csv", "data.target=price", "data.kind=number"]
    train(composed(*table, *QUICK, "task=regression", "trainer.max_epochs=2", run_folder=tmp_path / "run"))
    expected = evaluated(f"run={tmp_path}/run")
    evaluated(f"run={tmp_path}/run", "export=torch_export")
    file = tmp_path / "run/exports/best.pt2"
    assert evaluated(f"run={tmp_path}/run", f"exported={file}", PT2) == pytest.approx(expected, rel=1e-5)
    beside = {"description.json": ""}
    program = torch.export.load(file, extra_files=beside).module()
    said = {name: json.loads(value) for name, value in json.loads(beside["description.json"]).items()}
    assert said["columns"] == [
        {"name": "size", "kind": "number"},
        {"name": "colour", "kind": "category", "categories": ["blue", "red"]},
    ]
    rows = pd.read_csv(tmp_path / "run/predictions/test.csv").set_index("sample")["prediction"]
    chosen = frame.loc[rows.index]
    x = torch.tensor(np.stack([chosen["size"], chosen["colour"] == "red"], axis=1), dtype=torch.float64)
    assert np.allclose(program(x)[0].detach(), rows, rtol=1e-4)


@pytest.mark.long
def test_adapters_are_added_to_the_weights_beside_them(trained, tmp_path, composed, evaluated):
    pytest.importorskip("peft")
    lora = (f"model.pretrained={trained}", "finetune=lora", "trainer.max_epochs=1")
    train(composed(*QUICK, *lora, run_folder=tmp_path))
    evaluated(f"run={tmp_path}", "export=safetensors")
    plain = load_file(trained / "exports/best.safetensors") if (trained / "exports/best.safetensors").exists() else {}
    found = load_file(tmp_path / "exports/best.safetensors")
    assert not [name for name in found if "lora" in name]
    assert not plain or found.keys() == plain.keys()
    assert evaluated(f"run={tmp_path}", f"exported={tmp_path}/exports/best.safetensors") == pytest.approx(
        evaluated(f"run={tmp_path}"), abs=1e-5
    )


def test_a_graph_that_takes_its_reader_down_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(formats.subprocess, "run", lambda *_, **__: CompletedProcess([], -11))
    with pytest.raises(
        InputError, match=r"ONNX Runtime crashes as it reads the file \(SIGSEGV\); allowed: torch_export"
    ):
        formats.check_onnx(tmp_path / "model.onnx")


@pytest.mark.parametrize("name", ["onnxscript", "onnxruntime"])
def test_a_missing_package_names_the_extra(trained, evaluated, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=rf"^export=onnx: .*'{name}', which is not installed: .*epochwise\[export\]"):
        evaluated(f"run={trained}", "export=onnx")


def test_what_a_data_module_keeps_has_to_be_plain():
    with pytest.raises(InputError, match=r"^export: mine\.Data keeps in its state what is no plain value: .*Tensor"):
        to_texts({"data": "mine.Data", "data_state": {"module": torch.zeros(1)}})


def test_weights_of_16_bits_leave_in_32(trained, evaluated, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    shutil.copy(trained / "config.yaml", tmp_path)
    checkpoint = torch.load(trained / "checkpoints/best.ckpt", weights_only=True)
    half = {name: weight.bfloat16() for name, weight in checkpoint["state_dict"].items()}
    torch.save(checkpoint | {"state_dict": half}, tmp_path / "checkpoints/best.ckpt")
    evaluated(f"run={tmp_path}", "export=safetensors")
    found = load_file(tmp_path / "exports/best.safetensors")
    assert {weight.dtype for weight in found.values()} == {torch.float32}
    assert all(torch.equal(weight.bfloat16(), half[f"network.{name}"]) for name, weight in found.items())
