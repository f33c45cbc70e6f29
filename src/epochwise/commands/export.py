"""From a run folder to a file that needs none of it."""

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from lightning_utilities.core.apply_func import apply_to_collection
from omegaconf import DictConfig
from rich.console import Console
from torch import Tensor
from torch.nn import functional as F

from epochwise.commands.build import build
from epochwise.export.description import describe, to_texts
from epochwise.export.exported import Answering, answers_of
from epochwise.export.formats import FORMATS, Form, check_onnx, program_of
from epochwise.export.graph import OUTPUTS, Graph, graph_of, raw_input, take_raw
from epochwise.input_error import InputError
from epochwise.report.terminal import shown
from epochwise.resume.restore import Restored
from epochwise.run.run_folder import made_folder, whole_file

MOST_SAMPLES = 500
#: Largest difference from the checkpoint that an output of a file may have, times its largest where that is above 1.
TOLERANCE = 1e-4


def export(config: DictConfig, run: Restored, tells: bool = True) -> Path:
    """Write the network of a run as a file, under its name only once it answers as the checkpoint does.

    Args:
        config: a composed ``conf/evaluate.yaml``; up to ``MOST_SAMPLES`` samples of its ``split`` are compared.
        run: restored; its task is left in float32 where its weights are of 16 bits.
        tells: whether to print what came out.

    Returns:
        The file: ``<run>/exports/<checkpoint>.<suffix>``.

    Raises:
        InputError: the network cannot be written so, a package is missing, there is no sample to compare, or the file
            answers otherwise.
    """
    suffix, write = FORMATS[config.export]
    task: Any = run.task.eval()
    if next((each.dtype for each in task.parameters()), torch.float32) in (torch.float16, torch.bfloat16):
        task.float()
    raw = _data(config, run, is_raw=True)
    data = _data(config, run, is_raw=False) if getattr(raw, "raw", False) else raw
    form = _form(graph_of(_merged(copy.deepcopy(task)), raw), raw, config)
    found = describe(run, config.ckpt, raw, form)
    path = Path(config.run) / "exports" / f"{config.ckpt.removesuffix('.ckpt')}{suffix}"
    try:
        with made_folder(path.parent), whole_file(path, "wb") as file:
            write(file, form, to_texts(found))
            file.flush()
            if config.export == "onnx":
                check_onnx(Path(file.name))
            answering = answers_of(Path(file.name), config.export, run.config, found, raw)
            compared = _compared(task, data, answering, config.split)
    except OSError as error:
        raise InputError(f"run: cannot write {error.filename or path}: {error.strerror}") from error
    if tells:
        _tell(path, found, f"{compared} ({config.split})")
    return path


def _data(config: DictConfig, run: Restored, is_raw: bool) -> Any:
    data = build(config if "data" in config else run.config, "data")
    data.load_state_dict(run.data_state)
    if is_raw:
        take_raw(data)
    data.prepare_data()
    data.setup("all" if config.split == "all" else "test")
    return data


def _merged(task: Any) -> Any:
    """With adapters added to the weights beside them: a network as it was without."""
    if any(".lora_" in name for name, _ in task.named_parameters()):
        from peft.tuners.tuners_utils import BaseTunerLayer

        for name, layer in [*task.named_modules()]:
            if isinstance(layer, BaseTunerLayer):
                layer.merge()
                task.set_submodule(name, layer.get_base_layer())
    return task


def _form(graph: Graph, data: Any, config: DictConfig) -> Form:
    """The graph, with two samples of the split, traced where it is to be."""
    batch = next(iter(data.split_dataloader(config.split)), None)
    if batch is None:
        raise InputError(f"split={config.split}: has no sample to compare the file with; allowed: train, val, test")
    x, _ = raw_input(data, batch)
    names = graph.names or ["x"]
    most_steps = int(data.spec.input_shape[0]) if data.spec.num_tokens else 0
    example = tuple(_two(each, most_steps, data.spec.pad_id) for each in ([x[name] for name in graph.names] or [x]))
    program = None if config.export == "safetensors" else program_of(graph, example, most_steps)
    return Form(graph, example, names, program)


def _two(x: Tensor, most_steps: int, pad_id: int) -> Tensor:
    """Two samples of a batch, texts as long as they may be."""
    two = x[[0, -1]]
    return F.pad(two, (0, most_steps - two.shape[1]), value=pad_id) if most_steps else two


@torch.no_grad()
def _compared(task: Any, data: Any, answering: Answering, split: str) -> str:
    """How far a file is from the checkpoint, in words.

    Args:
        task: with the checkpoint's weights.
        data: gives it its batches.
        answering: what the file answers to those of its own data module: the same one, or of the same samples as rows.
        split: of both.

    Raises:
        InputError: one of its outputs is too far.
    """
    differences, largest, count = dict.fromkeys(OUTPUTS, 0.0), dict.fromkeys(OUTPUTS, 0.0), 0
    batches = data.split_dataloader(split)
    pairs: Iterable[tuple[Any, Any]] = ((batch, batch) for batch in batches)
    if answering.data is not data:
        pairs = zip(batches, answering.data.split_dataloader(split), strict=True)
    for batch, theirs in pairs:
        x = batch[0] if isinstance(batch, (list, tuple)) else batch
        size = min(len(next(iter(x.values())) if isinstance(x, Mapping) else x), MOST_SAMPLES - count)
        batch, theirs = (_cut(each, size) for each in (batch, theirs))
        prepared = data.on_after_batch_transfer(data.on_before_batch_transfer(batch, 0), 0)
        output = task(prepared[0] if isinstance(prepared, (list, tuple)) else prepared)
        wanted = task.predict(output), output
        # One sample alone is a batch too.
        for given, answers in [(theirs, wanted)] + [(_cut(theirs, 1), [each[:1] for each in wanted])] * (count == 0):
            for name, found, each in zip(OUTPUTS, answering(given)[:2], answers, strict=True):
                if each.is_floating_point():
                    differences[name] = max(differences[name], _largest(found - each, float("inf")))
                    largest[name] = max(largest[name], _largest(each, 0.0))
        count += size
        if count >= MOST_SAMPLES:
            break
    parts = [f"{name} {differences[name]:.1e} of up to {most:.3g}" for name, most in largest.items() if most]
    said = f"{', '.join(parts)}, on {count} samples"
    if not all(differences[name] <= TOLERANCE * max(most, 1.0) for name, most in largest.items()):
        raise InputError(f"export: the file differs from the checkpoint: {said}; allowed: {TOLERANCE:.0e} of that")
    return said


def _largest(found: Tensor, of_nothing: float) -> float:
    """The largest magnitude; what is no number, which ``max`` would pass over, counts as ``of_nothing``."""
    return float(found.abs().nan_to_num(nan=of_nothing).max())


def _cut(batch: Any, size: int) -> Any:
    return apply_to_collection(batch, Tensor, lambda each: each[:size])


def _tell(path: Path, found: dict[str, Any], difference: str) -> None:
    console = Console(highlight=False, soft_wrap=True, markup=False)
    epochs = f"{found['epochs']} epoch{'s' * (found['epochs'] != 1)}"
    console.print(f"{found['checkpoint']} checkpoint, trained for {epochs}")
    for side in ("inputs", "outputs"):
        for name, each in found[side].items():
            shape = ", ".join(map(str, each["shape"]))
            console.print(f"{side[:-1]} {name}: {each['dtype']} ({shape}), {each['what']}")
    console.print(f"largest difference from the checkpoint: {difference}")
    console.print(f"exported to {shown(path)}, {path.stat().st_size / 1e6:.3g} MB")
