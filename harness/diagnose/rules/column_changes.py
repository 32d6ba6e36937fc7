"""Columns of inputs with another factor and offset each, as numbers that a fit can move."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.verdicts.statistics import Array


@dataclass(frozen=True)
class Family:
    """Changes of the columns: a factor for each, one for the logarithms of `logs`, an offset."""

    values: Array
    logs: Array  # places of columns
    logarithms: Array  # of those columns

    @property
    def count(self) -> int:
        return 2 * int(self.values.shape[-1]) + len(self.logs)

    def make(self, numbers: Array) -> Array:
        """Return the inputs, changed by one set of numbers."""
        columns = self.values.shape[-1]
        factors, offsets, of_logs = np.split(numbers, [columns, 2 * columns])
        changed: Array = self.values * factors + offsets
        changed[..., self.logs] += self.logarithms * of_logs
        return changed

    def keep(self, numbers: Array, columns: list[int]) -> Array:
        """Return numbers that change these columns only."""
        count = int(self.values.shape[-1])
        kept = np.concatenate([np.ones(count), np.zeros(count), np.zeros(len(self.logs))])
        places = [*columns, *(count + each for each in columns)]
        kept[places] = numbers[places]
        return kept


@dataclass(frozen=True)
class Standardised:
    """The same changes of columns with mean 0 and deviation 1: their numbers are all of one size.

    A column that lies in one narrow place far from 0 has a factor and an offset that only together
    make sense: no step of the fit would find them.
    """

    raw: Family
    means: Array
    deviations: Array
    log_means: Array
    log_deviations: Array

    @property
    def family(self) -> Family:
        values = (self.raw.values - self.means) / self.deviations
        logarithms = (self.raw.logarithms - self.log_means) / self.log_deviations
        return Family(values, self.raw.logs, logarithms)

    def starts(self) -> Iterator[Array]:
        """Yield numbers to begin with: nothing changed, standardised, and with logarithms."""
        ones, none = np.ones_like(self.means), np.zeros_like(self.means)
        of_logs = np.zeros(len(self.raw.logs))
        yield np.concatenate([self.deviations, self.means, of_logs])
        yield np.concatenate([ones, none, of_logs])
        if len(of_logs):
            ones[self.raw.logs] = 0
            yield np.concatenate([ones, none, of_logs + 1])

    def undo(self, numbers: Array) -> Array:
        """Return the numbers that make of the raw columns what these make of standardised ones."""
        columns = len(self.means)
        factors, offsets, of_logs = np.split(numbers, [columns, 2 * columns])
        factors, of_logs = factors / self.deviations, of_logs / self.log_deviations
        offsets = offsets - factors * self.means
        offsets[self.raw.logs] -= of_logs * self.log_means
        return np.concatenate([factors, offsets, of_logs])


def standardise_columns(raw: Family) -> Standardised:
    """Return changes of standardised columns; a column that does not vary keeps its size."""
    flat = raw.values.reshape(-1, raw.values.shape[-1])
    logs = raw.logarithms.reshape(len(flat), len(raw.logs))
    deviations, of_logs = flat.std(axis=0), logs.std(axis=0)
    return Standardised(
        raw,
        flat.mean(axis=0),
        np.where(deviations > 1e-12, deviations, 1.0),
        logs.mean(axis=0),
        np.where(of_logs > 1e-12, of_logs, 1.0),
    )
