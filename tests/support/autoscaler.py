"""Kubernetes' horizontal autoscaler (autoscaling/v2) as it decides, with the rules that the chart gives to KEDA.

Pure: metrics and the time go in, the number of workers comes out.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TOLERANCE = 0.1
"""So near to its target a metric changes nothing."""
SYNC_S = 15


@dataclass(frozen=True)
class Trigger:
    """One metric: `value` is for all workers together, or compared with the target as it is."""

    name: str
    target: float
    is_average: bool

    def wanted(self, value: float, current: int) -> int:
        ratio = value / self.target / (current if self.is_average else 1)
        if abs(ratio - 1) <= TOLERANCE:
            return current
        return math.ceil(value / self.target) if self.is_average else math.ceil(current * ratio)


@dataclass(frozen=True)
class Rule:
    """One ScaledObject."""

    least: int
    most: int
    triggers: tuple[Trigger, ...]
    up_percent: int = 100
    up_pods: int = 2
    up_every_s: int = 30
    down_pods: int = 1
    down_every_s: int = 60
    down_after_s: int = 300


@dataclass
class Autoscaler:
    """Remembers what it wanted, and what it did."""

    rule: Rule
    wished: deque[tuple[float, int]] = field(default_factory=deque)
    changes: list[tuple[float, int]] = field(default_factory=list)
    """When by how much."""

    def decide(self, metrics: Mapping[str, float], current: int, now_s: float) -> int:
        rule = self.rule
        wanted = max(trigger.wanted(metrics[trigger.name], current) for trigger in rule.triggers)
        wanted = min(max(wanted, rule.least), rule.most)
        self.wished.append((now_s, wanted))
        while self.wished[0][0] < now_s - rule.down_after_s:
            self.wished.popleft()
        if wanted < current:
            wanted = min(current, max(wish for _, wish in self.wished))
        allowed = self._allowed(wanted, current, now_s)
        if allowed != current:
            self.changes.append((now_s, allowed - current))
        return allowed

    def _allowed(self, wanted: int, current: int, now_s: float) -> int:
        """No more steps than the policies let it make within their periods."""
        rule = self.rule
        if wanted > current:
            before = current - self._changed(now_s - rule.up_every_s, sign=1)
            most = max(before + rule.up_pods, math.ceil(before * (1 + rule.up_percent / 100)))
            return max(current, min(wanted, most))
        before = current - self._changed(now_s - rule.down_every_s, sign=-1)
        return min(current, max(wanted, before - rule.down_pods))

    def _changed(self, since_s: float, *, sign: int) -> int:
        return sum(step for at, step in self.changes if at > since_s and step * sign > 0)


def rule_of(scaled: Mapping[str, Any]) -> Rule:
    """Of a rendered ScaledObject."""
    spec = scaled["spec"]
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    up = {one["type"]: one for one in behavior["scaleUp"]["policies"]}
    (down,) = behavior["scaleDown"]["policies"]
    return Rule(
        least=spec["minReplicaCount"],
        most=spec["maxReplicaCount"],
        triggers=tuple(
            Trigger(one["name"], float(one["metadata"]["threshold"]), one["metricType"] == "AverageValue")
            for one in spec["triggers"]
            if one["type"] == "prometheus"
        ),
        up_percent=up["Percent"]["value"],
        up_pods=up["Pods"]["value"],
        up_every_s=up["Pods"]["periodSeconds"],
        down_pods=down["value"],
        down_every_s=down["periodSeconds"],
        down_after_s=behavior["scaleDown"]["stabilizationWindowSeconds"],
    )
