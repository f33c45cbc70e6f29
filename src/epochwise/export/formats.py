"""The files that a network leaves a project as."""

import json
import signal
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from epochwise.export.graph import OUTPUTS, Graph
from epochwise.input_error import InputError

#: Inputs as a graph takes them, in their order -> what it predicts, and the network's output.
Answers = Callable[..., tuple[Tensor, Tensor]]
EXTRA = "pip install 'epochwise[export]'"
#: In a ``.pt2``, which keeps files beside its graph.
DESCRIPTION = "description.json"


@dataclass(frozen=True)
class Form:
    """What a graph is written from.

    Args:
        graph: in eval mode.
        example: its inputs for two samples, in their order.
        names: theirs.
        program: the graph traced; None where its weights alone are written.
    """

    graph: Graph
    example: tuple[Tensor, ...]
    names: list[str]
    program: ExportedProgram | None


def package(name: str, key: str) -> Any:
    """A package of the extra ``export``.

    Raises:
        InputError: it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(f"{key}: needs the package {error.name!r}, which is not installed: {EXTRA}") from error


def program_of(graph: Graph, example: tuple[Tensor, ...], most_steps: int) -> ExportedProgram:
    """Trace a graph for any number of samples, and texts of any length where its network takes them.

    Args:
        graph: in eval mode.
        example: its inputs for two samples; texts as long as they may be.
        most_steps: tokens of a text; 0 of all other inputs.

    Raises:
        InputError: it does what cannot be traced.
    """
    lengths = [{1: Dim("length", max=most_steps)}, {}] if most_steps > 1 else [{}]
    for length in lengths:
        shapes = tuple({0: Dim("batch"), **length} for _ in example)
        try:
            with traceable():
                return torch.export.export(graph, example, dynamic_shapes={"x": shapes})
        except InputError:
            raise
        except Exception as error:  # whatever a network's own code meets
            fault = error
    reason = " ".join(str(fault).split())[:300]
    raise InputError(f"export: the network cannot be traced: {type(fault).__name__}: {reason}") from fault


@contextmanager
def traceable() -> Iterator[None]:
    """Keep layers from torch's one call for all that they do, which no other program knows, and torch from warnings."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def write_onnx(file: IO[bytes], form: Form, texts: Mapping[str, str]) -> None:
    """Write a graph for ONNX Runtime and whatever else reads ONNX, with ``texts`` as its metadata.

    Raises:
        InputError: a package is missing, ONNX has no such operation, or it is larger than the 2 GiB of one file.
    """
    package("onnxscript", "export=onnx")
    package("onnxruntime", "export=onnx")
    program = form.program
    assert program is not None
    names = [["batch", "length"][: 1 + is_any(shape, 1)] for shape in shapes_of(program)]
    try:
        with traceable():
            made = torch.onnx.export(
                program,
                form.example,
                dynamo=True,
                verbose=False,
                input_names=form.names,
                output_names=list(OUTPUTS),
                dynamic_shapes={"x": tuple(dict(enumerate(each)) for each in names)},
            )
            assert made is not None
            made.model.metadata_props.update(texts)
            file.write(made.model_proto.SerializeToString())
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"export=onnx: not to be written as ONNX: {type(error).__name__}: {reason}") from error


def shapes_of(program: ExportedProgram) -> list[torch.Size]:
    """The shapes of its inputs, in their order; what may be of any size is no number."""
    nodes = {node.name: node for node in program.graph.nodes}
    return [nodes[name].meta["val"].shape for name in program.graph_signature.user_inputs]


def is_any(shape: torch.Size, axis: int) -> bool:
    """Whether there is such an axis, of any size."""
    return len(shape) > axis and isinstance(shape[axis], torch.SymInt)


def check_onnx(path: Path) -> None:
    """Let another process read a file first: on a graph that it has no words for, ONNX Runtime may take its own down.

    Raises:
        InputError: that process did not live through it.
    """
    read = "import sys, onnxruntime; onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])"
    code = subprocess.run([sys.executable, "-c", read, str(path)], capture_output=True, check=False).returncode
    if code < 0:
        name = signal.Signals(-code).name
        raise InputError(f"export=onnx: ONNX Runtime crashes as it reads the file ({name}); allowed: torch_export")


def read_onnx(path: Path) -> Answers:
    """What a file says of samples, by ONNX Runtime on the CPU."""
    runtime = package("onnxruntime", f"exported={path}")
    try:
        session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(f"exported={path}: ONNX Runtime does not read it: {' '.join(str(error).split())}") from error
    names = [one.name for one in session.get_inputs()]

    def answer(*x: Tensor) -> tuple[Tensor, Tensor]:
        given = {name: each.numpy() for name, each in zip(names, x, strict=True)}
        prediction, output = session.run(list(OUTPUTS), given)
        return torch.from_numpy(prediction), torch.from_numpy(output)

    return answer


def write_torch_export(file: IO[bytes], form: Form, texts: Mapping[str, str]) -> None:
    """Write a graph as ``torch.export`` does, with ``texts`` as JSON in the file ``DESCRIPTION`` beside it."""
    assert form.program is not None
    with traceable():
        torch.export.save(form.program, file, extra_files={DESCRIPTION: json.dumps(texts)})


def read_torch_export(path: Path) -> Answers:
    """What a file says of samples, by torch alone. Reading one may run code that it holds."""
    try:
        with path.open("rb") as file, traceable():
            program = torch.export.load(file)
    except Exception as error:
        raise InputError(f"exported={path}: torch does not read it: {' '.join(str(error).split())[:300]}") from error
    answer: Answers = program.module()
    return answer


def write_safetensors(file: IO[bytes], form: Form, texts: Mapping[str, str]) -> None:
    """Write the weights of the network alone, by their names, with ``texts`` as metadata."""
    from safetensors.torch import save

    # Copies: a weight that two layers share is written for both.
    weights = {name: weight.detach().clone().contiguous() for name, weight in form.graph.network.state_dict().items()}
    file.write(save(weights, dict(texts)))


def texts_of(path: Path) -> dict[str, str]:
    """What a file says of itself, without reading its network.

    Raises:
        InputError: it is another file, or damaged.
    """
    try:
        if path.suffix == ".pt2":
            with zipfile.ZipFile(path) as parts:
                name = next(name for name in parts.namelist() if name.endswith(f"/extra/{DESCRIPTION}"))
                found = json.loads(parts.read(name))
        elif path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(path, framework="pt") as file:
                found = file.metadata()
        else:
            found = {one.key: one.value for one in package("onnx", f"exported={path}").load(path).metadata_props}
        return {str(key): str(value) for key, value in found.items()}
    except InputError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise InputError(f"exported={path}: no network that evaluate.py has exported: {reason}") from error


#: What ``export=`` may say -> the end of the file's name, and what writes it.
FORMATS: dict[str, tuple[str, Callable[[IO[bytes], Form, Mapping[str, str]], None]]] = {
    "onnx": (".onnx", write_onnx),
    "torch_export": (".pt2", write_torch_export),
    "safetensors": (".safetensors", write_safetensors),
}
