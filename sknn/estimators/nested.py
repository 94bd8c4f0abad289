"""Fields of objects that are parameters, as parameters themselves: ``solver__beta_1``."""

from typing import Any, Self

from sklearn.base import BaseEstimator

from sknn.core.checks import unchanged_on_error
from sknn.core.settings import Settings


class NestedParameters(BaseEstimator):
    """Reaches objects and their fields, as ``name__field``, for searches."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the parameters; with ``deep`` also the fields of objects as ``name__field``, and listed layers by name.

        Parameters
        ----------
        deep : bool, default=True
            Include the fields and layers.

        Returns
        -------
        dict of str to object
        """
        params: dict[str, Any] = super().get_params(deep=False)
        for name, part in self._parts().items() if deep else ():
            params[name] = part
            if isinstance(part, Settings):
                params.update({f"{name}__{field}": value for field, value in part.settings().items()})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, fields of objects as ``name__field``, and listed layers by their names.

        Parameters
        ----------
        **params : object
            A field makes another object of the one that is there. A layer of None is left out of the network.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no such parameter, layer or field. Nothing is changed then.
        """
        with unchanged_on_error(self):
            own = self._get_param_names()
            super().set_params(**{name: params.pop(name) for name in own if name in params})
            # Whole objects before their fields, so that both may change at once.
            for key in sorted(params, key=lambda key: "__" in key):
                name, _, field = key.partition("__")
                parts = self.get_params(deep=False) | self._parts()
                if name not in parts:
                    super().set_params(**{key: params[key]})  # which says so
                else:
                    self._put(name, _changed(name, parts[name], field, params[key]) if field else params[key])
        return self

    def _parts(self) -> dict[str, Any]:
        """Name the objects whose fields are parameters."""
        given = {name: getattr(self, name) for name in self._get_param_names()}
        return {name: part for name, part in given.items() if isinstance(part, Settings)}

    def _put(self, name: str, part: Any) -> None:
        """Let another object take the place of one."""
        setattr(self, name, part)


def _changed(name: str, part: Any, field: str, value: Any) -> Settings:
    """Make another object of one that has a field, and say so where it has none."""
    if not isinstance(part, Settings):
        raise ValueError(f"{name}={part!r} has no field {field!r}; expected an object instead, of sknn.")
    return part.changed(name, field, value)
