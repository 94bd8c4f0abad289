"""Every public module, class, function and method of sknn has a docstring in numpydoc's form."""

import importlib
import inspect
import pkgutil

import pytest
from numpydoc.validate import validate

import sknn

# Codes of numpydoc.validate that are not asked for, with the reason.
IGNORED = {
    "ES01": "A summary that says all needs no second paragraph.",
    "SA01": "Neighbours stand in the same file or on the same page of the reference.",
    "EX01": "Examples stand where a user starts, with the estimators and in the gallery.",
    "SS02": "A summary may begin with a name that is written small, as scikit-learn.",
    "PR08": "A description may begin with a name that is written small, as float32.",
    "RT03": "Where the summary says what is returned, the type is enough.",
    "RT04": "A description may begin with a formula.",
    "YD01": "A context manager yields nothing, and of a generator the summary says what it walks through.",
}

# Where no user meets an object, its docstring may do without a list of parameters; one with a list is complete.
WITHOUT_PARAMETERS = {
    "PR01": "The text names the parameters in passing, the annotations give their types.",
    "RT01": "The text says what is given, the annotation its type.",
}
USER_MODULES = ["sknn"] + [
    f"sknn.{name}"
    for name in ("activations", "initializers", "layers", "losses", "optimizers", "preprocessing", "schedules")
]


def is_public(dotted):
    return not any(part.startswith("_") for part in dotted.split("."))


def public_modules():
    found = pkgutil.walk_packages(sknn.__path__, "sknn.")
    return ["sknn", *(module.name for module in found if is_public(module.name))]


def function_of(member):
    """Give the function below a method, property or decorated function; None if it is something else."""
    member = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
    member = inspect.unwrap(getattr(member, "fn", member))
    return member if inspect.isfunction(member) else None


def is_documented_by_a_base(cls, name):
    """Tell whether a member has no docstring because a base class says what it does, or what it holds."""
    for owner in cls.__mro__:
        if name in vars(owner):
            function = function_of(vars(owner)[name])
            if (function.__doc__ or "").strip() if function else name in (owner.__doc__ or ""):
                return owner is not cls
    return False


def public_objects():
    """Name every class and function where it is defined, and every method in the class that defines it."""
    for module_name in public_modules():
        for name, thing in vars(importlib.import_module(module_name)).items():
            if not is_public(name) or getattr(thing, "__module__", None) != module_name:
                continue
            if inspect.isclass(thing):
                yield f"{module_name}.{name}"
                for member in vars(thing):
                    if (
                        is_public(member)
                        and function_of(vars(thing)[member])
                        and not is_documented_by_a_base(thing, member)
                    ):
                        yield f"{module_name}.{name}.{member}"
            elif function_of(thing):
                yield f"{module_name}.{name}"


def user_classes():
    """Name the classes of the modules that a user imports: what they export, or all where nothing is said."""
    for module in map(importlib.import_module, set(USER_MODULES) & set(public_modules())):
        for name in getattr(module, "__all__", vars(module)):
            thing = getattr(module, name)
            if inspect.isclass(thing) and thing.__module__.startswith("sknn."):
                yield f"{thing.__module__}.{thing.__qualname__}"


USER_CLASSES = set(user_classes())


def faults(dotted, validated):
    is_users = dotted in USER_CLASSES or dotted.rpartition(".")[0] in USER_CLASSES
    has_list = "Parameters\n---" in (validated["docstring"] or "")
    ignored = IGNORED if is_users or has_list else {**IGNORED, **WITHOUT_PARAMETERS}
    return [f"{dotted}: {code} {message}" for code, message in validated["errors"] if code not in ignored]


@pytest.mark.parametrize("module", public_modules())
def test_module_says_what_it_is_for(module):
    doc = importlib.import_module(module).__doc__ or ""
    assert doc.strip(), f"{module} has no docstring."
    first = doc.strip().splitlines()[0]
    assert doc.startswith(first), f"{module}: the text starts right after the quotes."
    assert first.endswith("."), f"{module}: the first line is a sentence."


@pytest.mark.parametrize("dotted", list(public_objects()))
def test_docstring(dotted):
    assert faults(dotted, validate(dotted)) == []


def test_what_a_user_imports_is_looked_at():
    assert {"sknn.layers.dense.Dense", "sknn.estimators.mlp_classifier.MLPClassifierScratch"} <= USER_CLASSES
    assert set(public_objects()) >= USER_CLASSES


class Faulty:
    """Stand for an object of sknn in the tests of this module; it has a size."""

    size = 3

    def undocumented(self):
        pass

    def without_returns(self, x):
        """Compute a number.

        Parameters
        ----------
        x : int
            One.
        """
        return x

    def without_list(self, x):
        """Compute a number of x."""
        return x

    def without_period(self):
        """Compute"""

    def wrong_order(self, x, y):
        """Compute.

        Parameters
        ----------
        y : int
            One.
        x : int
            Other.
        """

    def inherited(self):
        """Compute."""


class Parent(Faulty):
    """Stand between the two."""

    def inherited(self):
        pass


class Heir(Parent):
    """Override members without a word."""

    @property
    def size(self):
        return 4

    def inherited(self):
        pass

    def undocumented(self):
        pass


@pytest.mark.parametrize(
    ("method", "codes"),
    [
        ("undocumented", {"GL08"}),
        ("without_returns", {"RT01"}),
        ("without_list", set()),
        ("without_period", {"SS03"}),
        ("wrong_order", {"PR03"}),
    ],
)
def test_fault_is_reported(method, codes):
    dotted = f"{__name__}.Faulty.{method}"
    assert {fault.split()[1] for fault in faults(dotted, validate(dotted))} == codes


def test_user_is_told_the_parameters():
    validated = validate(f"{__name__}.Faulty.without_list")
    assert len(faults("sknn.layers.dense.Dense.without_list", validated)) == 2


def test_base_class_may_say_it():
    assert is_documented_by_a_base(Heir, "inherited")
    assert is_documented_by_a_base(Heir, "size")
    assert not is_documented_by_a_base(Heir, "undocumented")
