"""Fields of objects that are parameters, as parameters themselves: ``solver__beta_1``."""

from typing import Any, Self

from sklearn.base import BaseEstimator

from sknn.core.checks import unchanged_on_error
from sknn.core.settings import Settings


class NestedParameters(BaseEstimator):
    """Reaches the fields of optimizers, schedules, losses and the like by ``name__field``, for searches."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the parameters; with ``deep`` also the fields of objects as ``name__field``.

        Parameters
        ----------
        deep : bool, default=True
            Include the fields.

        Returns
        -------
        dict of str to object
        """
        params: dict[str, Any] = super().get_params(deep=False)
        parts = {name: part for name, part in params.items() if deep and isinstance(part, Settings)}
        for name, part in parts.items():
            params.update({f"{name}__{field}": value for field, value in part.settings().items()})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, and fields of objects as ``name__field``.

        Parameters
        ----------
        **params : object
            A field makes another object of the one that is there.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no such parameter or field. Nothing is changed then.
        """
        with unchanged_on_error(self):
            # Whole objects before their fields, so that both may change at once.
            for key, value in sorted(params.items(), key=lambda item: "__" in item[0]):
                name, _, field = key.partition("__")
                part = vars(self).get(name)
                if field and isinstance(part, Settings):
                    setattr(self, name, part.changed(name, field, value))
                elif field and name in vars(self):
                    raise ValueError(f"{name}={part!r} has no field {field!r}; expected an object instead, of sknn.")
                else:
                    super().set_params(**{key: value})
        return self
