"""What was measured: rows of values by who was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median


@dataclass
class Row:
    """One measure of all that are compared. `section` and `key` name it for the goals."""

    section: str
    key: str
    unit: str
    values: dict[str, float]
    ratios: dict[str, float] = field(default_factory=dict)
    """To the original; from pairs of the same round, where there were rounds."""
    spread: float = 0.0
    """How far the middle half of our ratios lies apart, as a part of their median."""

    def ratio(self, name: str) -> float | None:
        if name in self.ratios:
            return self.ratios[name]
        base = self.values.get("original")
        return self.values[name] / base if base and name in self.values else None

    @property
    def noisy(self) -> bool:
        return self.spread > 0.15


def from_rounds(section: str, key: str, unit: str, rounds: list[dict[str, float]]) -> Row:
    """Medians, and the median of the ratios within each round: what the machine did to a round it did to all."""
    row = Row(section, key, unit, {name: median(each[name] for each in rounds) for name in rounds[0]})
    if "original" in row.values:
        ratios = {name: sorted(each[name] / each["original"] for each in rounds if each["original"]) for name in row.values}
        row.ratios = {name: median(found) for name, found in ratios.items() if found}
        if ours := ratios.get("ours"):
            quarter = len(ours) // 4
            middle = ours[quarter : len(ours) - quarter]
            row.spread = (middle[-1] - middle[0]) / median(ours)
    return row
