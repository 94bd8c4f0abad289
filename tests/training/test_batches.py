"""An epoch takes every row once, in scikit-learn's order, through buffers that do not grow with the data."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils import shuffle

from sknn.training import batches as batches_module
from sknn.training.batches import Batches, TargetRows

FEATURES, OUTPUTS = 3, 2
CONTAINERS = {"dense": np.asarray, "csr_matrix": sparse.csr_matrix, "csr_array": sparse.csr_array}
every_container = pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS.keys())
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def data(n, dtype=np.float64):
    """Number the rows in every array, so that each can be told from where it stands."""
    X = np.arange(n * FEATURES, dtype=dtype).reshape(n, FEATURES)
    y = -np.arange(n * OUTPUTS, dtype=dtype).reshape(n, OUTPUTS)
    return X, y, np.arange(n, dtype=dtype) / 8


def make(X, y, weight=None, rows=None, batch_size=4, is_shuffled=True, seed=0, dtype=np.float64):
    targets = y if isinstance(y, TargetRows) else TargetRows(y)
    rows = np.arange(X.shape[0]) if rows is None else rows
    rng = np.random.RandomState(seed)
    return Batches(X, targets, weight, rows, batch_size=batch_size, shuffle=is_shuffled, rng=rng, dtype=dtype)


def epoch(batches):
    """Copy out all batches of a pass, as their arrays are used again."""
    taken = []
    for x, y, w in batches:
        x = x.toarray() if sparse.issparse(x) else x.copy()
        taken.append((x, y.copy(), None if w is None else w.copy()))
    return taken


def joined(taken, part):
    return np.concatenate([batch[part] for batch in taken])


@pytest.fixture(params=[1, 300, 2**20], ids=["batch_by_batch", "few_batches", "one_block"])
def block_bytes(request, monkeypatch):
    """Gather as little at once as one batch, or all rows."""
    monkeypatch.setattr(batches_module, "BLOCK_BYTES", request.param)


@pytest.mark.usefixtures("block_bytes")
@every_container
@pytest.mark.parametrize("n", [1, 3, 4, 5, 31, 32])
@pytest.mark.parametrize("is_shuffled", [False, True], ids=["in_order", "shuffled"])
def test_epoch_takes_every_row_once(container, n, is_shuffled):
    X, y, weight = data(n)
    batches = make(container(X), y, weight, is_shuffled=is_shuffled)
    for _ in range(3):
        taken = epoch(batches)
        order = joined(taken, 2)[:, 0] * 8
        np.testing.assert_array_equal(np.sort(order), np.arange(n))
        rows = order.astype(int)
        np.testing.assert_array_equal(joined(taken, 0), X[rows])
        np.testing.assert_array_equal(joined(taken, 1), y[rows])
        assert is_shuffled or (rows == np.arange(n)).all()


@pytest.mark.usefixtures("block_bytes")
@every_container
@pytest.mark.parametrize(("n", "sizes"), [(3, [3]), (8, [4, 4]), (9, [4, 4, 1]), (30, [4] * 7 + [2])])
def test_last_batch_takes_what_remains(container, n, sizes):
    X, y, weight = data(n)
    batches = make(container(X), y, weight)
    assert len(batches) == len(sizes)
    for _ in range(2):
        taken = epoch(batches)
        assert [len(x) for x, _, _ in taken] == [len(y) for _, y, _ in taken] == [len(w) for _, _, w in taken] == sizes


@pytest.mark.parametrize("n", [7, 50])
@pytest.mark.parametrize("some", [False, True], ids=["all_rows", "some_rows"])
def test_order_is_that_of_scikit_learn(n, some):
    """Each epoch shuffles the order of the epoch before, from one stream of random numbers."""
    X, y, _ = data(n)
    rows = np.random.RandomState(5).permutation(n)[: n - 2] if some else np.arange(n)
    batches = make(X, y, rows=rows.copy(), seed=11)
    rng = np.random.RandomState(11)
    for _ in range(4):
        rows = shuffle(rows, random_state=rng)
        np.testing.assert_array_equal(joined(epoch(batches), 0), X[rows])
    assert rng.randint(2**31 - 1) == batches.rng.randint(2**31 - 1)


def test_without_shuffle_no_random_number_is_drawn():
    X, y, _ = data(9)
    batches = make(X, y, is_shuffled=False, seed=3)
    epoch(batches)
    assert batches.rng.randint(2**31 - 1) == np.random.RandomState(3).randint(2**31 - 1)


@every_container
def test_only_the_given_rows(container):
    X, y, weight = data(20)
    rows = np.array([3, 17, 4, 8, 11])
    taken = epoch(make(container(X), y, weight, rows=rows, batch_size=2, is_shuffled=False))
    for part, whole in enumerate((X, y, weight[:, None])):
        np.testing.assert_array_equal(joined(taken, part), whole[rows])


def test_no_weights():
    X, y, _ = data(9)
    assert all(weight is None for _, _, weight in make(X, y))


@every_dtype
@pytest.mark.usefixtures("block_bytes")
def test_class_numbers_become_rows_of_the_table(dtype):
    X, _, weight = data(13, dtype)
    codes, table = np.arange(13) % 3, np.eye(3, dtype=dtype) * 0.9
    batches = make(X, TargetRows(codes, table), weight, dtype=dtype)
    for x, y, _ in batches:
        assert y.dtype == dtype
        np.testing.assert_array_equal(y, table[(x[:, 0] / FEATURES).astype(int) % 3])


@every_dtype
@pytest.mark.parametrize("given", [np.float64, np.float32, np.int64, np.uint8, bool])
def test_targets_are_given_in_the_dtype_of_the_network(dtype, given):
    X, _, _ = data(9)
    y = (np.arange(18).reshape(9, 2) % 2).astype(given)
    taken = epoch(make(X, y, is_shuffled=False, dtype=dtype))
    assert joined(taken, 1).dtype == dtype
    np.testing.assert_array_equal(joined(taken, 1), y)


def test_data_keep_their_type():
    """They are cast when a workspace takes them: gathering one byte a number is faster than eight."""
    X = np.arange(9 * 2 * 2, dtype=np.uint8).reshape(9, 2, 2)
    _, y, _ = data(9)
    taken = epoch(make(X, y, is_shuffled=False))
    assert joined(taken, 0).dtype == np.uint8
    np.testing.assert_array_equal(joined(taken, 0), X)


@pytest.mark.usefixtures("block_bytes")
@pytest.mark.parametrize("order", ["C", "F"])
def test_read_only_memmaps(tmp_path, order):
    arrays = data(22)
    for name, array in zip("Xyw", arrays, strict=True):
        np.save(tmp_path / name, np.asarray(array, order=order))
    X, y, weight = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "Xyw")
    batches = make(X, y, weight)
    for x, _, _ in batches:
        assert type(x) is np.ndarray
    taken = epoch(batches)
    rows = (joined(taken, 2)[:, 0] * 8).astype(int)
    np.testing.assert_array_equal(np.sort(rows), np.arange(22))
    np.testing.assert_array_equal(joined(taken, 0), arrays[0][rows])
    np.testing.assert_array_equal(joined(taken, 1), arrays[1][rows])


@every_container
def test_data_stay_as_they_are(container):
    arrays = data(30)
    X, y, weight = container(arrays[0]), arrays[1].copy(), arrays[2].copy()
    for x, targets, w in make(X, y, weight):
        targets[:] = np.nan
        w[:] = np.nan
        (x.data if sparse.issparse(x) else x)[:] = 0
    np.testing.assert_array_equal(X.toarray() if sparse.issparse(X) else X, arrays[0])
    np.testing.assert_array_equal(y, arrays[1])
    np.testing.assert_array_equal(weight, arrays[2])


@pytest.mark.usefixtures("block_bytes")
@pytest.mark.parametrize("is_table", [False, True], ids=["targets", "classes"])
def test_epochs_use_the_same_memory(is_table):
    X, y, weight = data(8)
    batches = make(X, TargetRows(np.arange(8) % 3, np.eye(3)) if is_table else y, weight, batch_size=8)
    (first,), (second,) = batches, batches
    assert all(np.shares_memory(one, other) for one, other in zip(first, second, strict=True))


def peak_of_an_epoch(X, n, is_table):
    y = TargetRows(np.arange(n) % 3, np.eye(3)) if is_table else TargetRows(np.zeros((n, OUTPUTS)))
    weight, rows = np.ones(n), np.arange(n)
    tracemalloc.start()
    for _ in make(X, y, weight, rows, batch_size=50):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("is_table", [False, True], ids=["targets", "classes"])
def test_memory_does_not_grow_with_the_data(container, is_table, monkeypatch):
    """A block holds what is said, and at most one other is there while it is gathered.

    Batches of a sparse matrix wait for the garbage collector, which comes by in its own time: hence a block's slack.
    """
    monkeypatch.setattr(batches_module, "BLOCK_BYTES", 2**16)
    few, many = (peak_of_an_epoch(container(np.ones((n, 20))), n, is_table) for n in (4_000, 40_000))
    assert many < few + 2**16
    assert many < 5 * 2**16


def test_take():
    _, y, _ = data(5)
    np.testing.assert_array_equal(TargetRows(y).take(), y)
    np.testing.assert_array_equal(TargetRows(y).take([3, 0]), y[[3, 0]])
    table = np.array([[1.0, 0.0], [0.0, 1.0]])
    codes = np.array([1, 1, 0])
    np.testing.assert_array_equal(TargetRows(codes, table).take(), table[codes])
    assert TargetRows(codes, table).take([2, 0]).flags.f_contiguous
    assert TargetRows(y).take([3, 0]).flags.f_contiguous
    np.testing.assert_array_equal(TargetRows(codes, table).take(np.array([2])), table[[0]])


@pytest.mark.parametrize("is_table", [False, True], ids=["targets", "classes"])
def test_smoothed_targets_are_still_probabilities(is_table):
    codes = np.array([0, 2, 1, 0])
    targets = TargetRows(codes, np.eye(3)) if is_table else TargetRows(np.array([[0.0], [1.0]]))
    kept = targets.take().copy()
    smoothed = targets.smoothed(0.3).take()
    expected = np.where(kept == 1, 0.8, 0.1) if is_table else np.array([[0.15], [0.85]])
    np.testing.assert_allclose(smoothed, expected, rtol=1e-15)
    np.testing.assert_array_equal(targets.take(), kept)
    assert targets.smoothed(0.0) is targets


def test_smoothed_targets_of_two_classes_in_one_column():
    targets = TargetRows(np.array([0, 1]), np.array([[0.0], [1.0]]))
    np.testing.assert_allclose(targets.smoothed(0.2).take(), [[0.1], [0.9]], rtol=1e-15)


@pytest.mark.usefixtures("block_bytes")
@every_container
@pytest.mark.parametrize(("n", "used"), [(3, 3), (4, 4), (9, 8), (11, 8), (12, 12), (23, 20)])
def test_a_smaller_last_batch_may_be_left_out(container, n, used):
    X, y, weight = data(n)
    rng, size = np.random.RandomState(0), min(4, n)
    batches = Batches(
        container(X),
        TargetRows(y),
        weight,
        np.arange(n),
        batch_size=size,
        shuffle=True,
        rng=rng,
        dtype=float,
        drop_last=True,
    )
    seen = set()
    for _ in range(20):
        taken = epoch(batches)
        assert [len(batch[0]) for batch in taken] == [size] * len(batches) == [size] * (used // size)
        assert batches.sizes == {size}
        seen |= set(joined(taken, 2)[:, 0] * 8)
    assert len(seen) == n


@pytest.mark.parametrize(("n", "sizes"), [(3, {3}), (4, {4}), (8, {4}), (9, {4, 1})])
def test_sizes_are_those_of_batches_that_there_are(n, sizes):
    X, y, _ = data(n)
    assert make(X, y).sizes == sizes


@pytest.mark.parametrize(("fit", "rows"), [(0.5, 4), (1, 4), (1.9, 4), (2, 8), (7, 28), (99, 32)])
def test_a_block_holds_the_whole_batches_that_fit(fit, rows, monkeypatch):
    """But at least one, and no more than there are; the targets count, too, of which there may be many."""
    X, y, _ = data(31)
    for outputs in (1, 1000):
        y = np.zeros((31, outputs))
        monkeypatch.setattr(batches_module, "BLOCK_BYTES", int(fit * (X[:4].nbytes + y[:4].nbytes)))
        assert make(X, y).block_rows == rows


@every_dtype
@pytest.mark.parametrize("given", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize("outputs", [1, 2])
def test_targets_lie_output_by_output(dtype, given, outputs):
    X, y, _ = data(9)
    y = y[:, :outputs].astype(given)
    for _, batch, _ in make(X, y, dtype=dtype):
        assert batch.dtype == dtype
        assert batch.strides[0] == batch.itemsize
