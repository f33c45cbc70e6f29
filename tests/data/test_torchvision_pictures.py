"""Each set in its own format on disk, written here: small, but read and even downloaded by torchvision's own code."""

import gzip
import hashlib
import pickle
import socket
import tarfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from threading import Thread

import numpy as np
import pytest
from torchvision import datasets

from epochwise.data.torchvision_pictures import CIFAR10, CIFAR100, MNIST, FashionMNIST
from epochwise.input_error import InputError
from epochwise.run.pretrained_weights import TIMEOUT_S


def pictures(count, *shape):
    return np.random.default_rng(count).integers(0, 256, (count, *shape), dtype=np.uint8)


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


def idx_files():
    """MNIST's four files: a magic number (type uint8, number of axes), the axes, the values."""
    files = {}
    for prefix, count in (("train", 40), ("t10k", 20)):
        for kind, values in (("images", pictures(count, 28, 28)), ("labels", np.arange(count, dtype=np.uint8) % 10)):
            header = np.array([0x0800 + values.ndim, *values.shape], dtype=">i4").tobytes()
            files[f"{prefix}-{kind}-idx{values.ndim}-ubyte"] = header + values.tobytes()
    return files


def write_mnist(folder):
    folder.mkdir(parents=True)
    for name, content in idx_files().items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize(("cls", "name"), [(MNIST, "0 - zero"), (FashionMNIST, "T-shirt/top")])
def test_idx_files_are_read(tmp_path, cls, name):
    write_mnist(tmp_path / cls.source.__name__ / "raw")
    data = cls(root=str(tmp_path), val_fraction=0.25)
    data.prepare_data()
    data.setup()
    assert data.num_samples == {"train": 30, "val": 10, "test": 20}
    assert data.spec.input_shape == (1, 28, 28)
    assert (data.spec.class_names[0], data.spec.num_outputs) == (name, 10)
    x, y = data.splits["test"][[0, 11]]
    assert (x[:, 0].numpy() == pictures(20, 28, 28)[[0, 11]]).all()
    assert y.tolist() == [0, 1]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        self.server.asked.append(self.path)


@pytest.fixture
def served(tmp_path):
    """A folder, and the address of this machine that serves its files."""
    folder = tmp_path / "served"
    folder.mkdir()
    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        server.asked = []
        Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}/", server.asked
        server.shutdown()


@pytest.fixture
def mnist_archives(served, monkeypatch):
    """The four archives where torchvision looks for them, this machine in place of its server."""
    folder, address, _ = served
    for name, content in idx_files().items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
    monkeypatch.setattr(datasets.MNIST, "resources", [(path.name, md5(path)) for path in sorted(folder.iterdir())])
    return folder


def test_missing_files_are_downloaded_once(tmp_path, mnist_archives):
    data = MNIST(root=str(tmp_path / "root"), val_fraction=0.25)
    data.prepare_data()
    for archive in mnist_archives.iterdir():
        archive.unlink()
    data.prepare_data()
    data.setup()
    assert data.num_samples["test"] == 20


def test_several_processes_at_once_ask_for_no_more_than_one_does(tmp_path, mnist_archives, served):
    MNIST(root=str(tmp_path / "alone")).prepare_data()
    expected = sorted(served[2])
    served[2].clear()
    ranks = [MNIST(root=str(tmp_path / "root"), val_fraction=0.25) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(MNIST.prepare_data, ranks))
    assert sorted(served[2]) == expected
    assert set(expected) == {f"/{archive.name}" for archive in mnist_archives.iterdir()}


def test_files_that_are_there_need_no_lock(tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw")
    MNIST(root=str(tmp_path)).prepare_data()
    assert [path.name for path in tmp_path.iterdir()] == ["MNIST"]


def test_root_that_is_no_folder_is_a_clear_error(tmp_path):
    (tmp_path / "root").touch()
    with pytest.raises(InputError, match=r"^data.root=.*root: "):
        MNIST(root=str(tmp_path / "root")).prepare_data()


def test_neither_files_nor_network_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{(tmp_path / 'nowhere').as_uri()}/"])
    with pytest.raises(InputError, match=r"^data.root=.*: MNIST is not there, or broken, and cannot be downloaded.*$"):
        MNIST(root=str(tmp_path / "root")).prepare_data()


def test_setup_without_files_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match=r"data.root=.*: CIFAR10 is not there"):
        CIFAR10(root=str(tmp_path)).setup()


def test_file_cut_short_is_a_clear_error(tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    write_mnist(folder)
    cut = folder / "train-images-idx3-ubyte"
    cut.write_bytes(cut.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"data.root=.*: MNIST is not there, or broken"):
        MNIST(root=str(tmp_path)).setup()


@pytest.mark.parametrize(
    ("cls", "labels", "num_classes", "per_file"), [(CIFAR10, "labels", 10, 20), (CIFAR100, "fine_labels", 100, 300)]
)
def test_cifar_is_downloaded_and_read(tmp_path, served, monkeypatch, cls, labels, num_classes, per_file):
    source, folder = cls.source, tmp_path / cls.source.base_folder
    folder.mkdir()
    for name, _ in source.train_list + source.test_list:
        batch = {"data": pictures(per_file, 3072), labels: [index % num_classes for index in range(per_file)]}
        (folder / name).write_bytes(pickle.dumps(batch))
    meta = folder / source.meta["filename"]
    meta.write_bytes(pickle.dumps({source.meta["key"]: [f"class {index}" for index in range(num_classes)]}))
    archive = served[0] / source.filename
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, source.base_folder)
    # The address and the checksums are those of the small archive; all else is torchvision's.
    monkeypatch.setattr(source, "url", served[1] + archive.name)
    monkeypatch.setattr(source, "tgz_md5", md5(archive))
    for part in ("train_list", "test_list"):
        monkeypatch.setattr(source, part, [[name, md5(folder / name)] for name, _ in getattr(source, part)])
    monkeypatch.setattr(source, "meta", {**source.meta, "md5": md5(meta)})

    data = cls(root=str(tmp_path / "root"), val_fraction=0.34)
    data.prepare_data()
    data.setup()
    total = per_file * len(source.train_list)
    assert data.num_samples["train"] + data.num_samples["val"] == total
    assert data.num_samples["test"] == per_file
    assert data.spec.input_shape == (3, 32, 32)
    assert data.spec.class_names == [f"class {index}" for index in range(num_classes)]
    x, y = data.splits["test"][[3]]
    assert (x[0].numpy() == pictures(per_file, 3072)[3].reshape(3, 32, 32)).all()
    assert y.tolist() == [3]


def test_a_server_that_keeps_silent_is_not_waited_for(tmp_path, monkeypatch):
    timeouts = []

    def source(*_, **__):
        timeouts.append(socket.getdefaulttimeout())
        raise OSError("timed out")

    source.__name__ = "MNIST"
    monkeypatch.setattr(MNIST, "source", staticmethod(source))
    with pytest.raises(InputError, match=r"cannot be downloaded \(timed out\)$"):
        MNIST(root=str(tmp_path)).prepare_data()
    assert set(timeouts) == {TIMEOUT_S}
