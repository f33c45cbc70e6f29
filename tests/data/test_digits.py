from epochwise.data.digits import Digits


def test_digits_are_all_there_in_the_range_of_a_byte():
    data = Digits()
    data.setup()
    assert sum(data.num_samples.values()) == 1797
    assert data.spec.input_shape == (1, 8, 8)
    assert data.spec.class_names == [str(digit) for digit in range(10)]
    x, y = data.splits["train"][list(range(data.num_samples["train"]))]
    assert (x.min(), x.max()) == (0, 255)
    assert y.bincount().tolist() == data.spec.class_counts


def test_larger_pictures_are_laid_out_as_those_of_mnist():
    data = Digits(image_size=28)
    data.setup()
    assert data.spec.input_shape == (1, 28, 28)
    x, _ = data.splits["train"][list(range(100))]
    assert x[..., 4:-4, 4:-4].any(dim=0).float().mean() > 0.8
    x[..., 4:-4, 4:-4] = 0
    assert not x.any()


def test_digits_of_some_classes_alone_are_counted_from_zero():
    data = Digits(classes=[7, 5])
    data.setup()
    assert data.spec.class_names == ["5", "7"]
    assert sum(data.num_samples.values()) == 182 + 179
    whole = Digits()
    fives, sevens = (whole.load()["train"].x[whole.load()["train"].y == digit] for digit in (5, 7))
    samples = data.load()["train"]
    assert (samples.x[samples.y == 0] == fives).all() and (samples.x[samples.y == 1] == sevens).all()
