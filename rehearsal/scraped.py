"""What a process tells about itself at `/metrics`: counters, and histograms that can be compared with earlier ones."""

from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Spread:
    """A histogram: how many were no larger than each bound."""

    within: dict[float, float]
    """By upper bound, the last of which is infinite."""

    def since(self, earlier: "Spread | None") -> "Spread":
        before = earlier.within if earlier else {}
        return Spread({bound: count - before.get(bound, 0.0) for bound, count in self.within.items()})

    def plus(self, other: "Spread") -> "Spread":
        bounds = self.within.keys() | other.within.keys()
        return Spread({bound: self.within.get(bound, 0.0) + other.within.get(bound, 0.0) for bound in bounds})

    @property
    def count(self) -> float:
        return max(self.within.values(), default=0.0)

    def quantile(self, share: float) -> float:
        """The bound within which that share of them lies; 0 where there are none."""
        if not self.count:
            return 0.0
        return min(bound for bound, count in self.within.items() if count >= share * self.count)


@dataclass(frozen=True)
class Scraped:
    """One look. Series with the same name are taken together."""

    totals: dict[str, float]
    spreads: dict[str, Spread]

    def spread(self, name: str) -> Spread:
        return self.spreads.get(name, Spread({}))


async def scrape(http: aiohttp.ClientSession, port: str | int) -> Scraped:
    async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
        return parsed(await answer.text())


def parsed(text: str) -> Scraped:
    totals: dict[str, float] = {}
    spreads: dict[str, Spread] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if family.type == "histogram" and sample.name.endswith("_bucket"):
                one = Spread({float(sample.labels["le"]): sample.value})
                spreads[family.name] = spreads.get(family.name, Spread({})).plus(one)
            elif family.type in {"counter", "gauge"} and not sample.name.endswith("_created"):
                totals[sample.name] = totals.get(sample.name, 0.0) + sample.value
    return Scraped(totals, spreads)
