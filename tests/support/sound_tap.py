"""What comes out of a page's speakers, and whether it is what was said."""

import math
from collections.abc import Sequence
from itertools import pairwise

from browser import Page

TAP = """
window.heard = [];
const connectTo = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target instanceof AudioDestinationNode && !this.isTap) {
    const context = this.context;
    if (!context.tap) {
      context.tap = context.createScriptProcessor(1024, 1, 1);
      context.tap.isTap = true;
      context.tap.onaudioprocess = (event) => {
        const samples = event.inputBuffer.getChannelData(0);
        window.heard.push(...samples);
        window.heardRate = context.sampleRate;
      };
      connectTo.call(context.tap, context.destination);
    }
    connectTo.call(this, context.tap);
  }
  return connectTo.call(this, target, ...rest);
};
"""
"""Keeps every sample that goes out of the speakers. To be run in the page before anything of its own."""


async def heard_by(page: Page) -> list[float]:
    return await page.run("Array.from(window.heard)")


def pitches(samples: Sequence[float], rate_hz: float, window_ms: int = 20) -> list[int]:
    """Zero crossings in each window: the pitch, whatever the rate."""
    return [sum(a < 0 <= b for a, b in pairwise(part)) for part in windows(samples, rate_hz, window_ms)]


def loudness(samples: Sequence[float], rate_hz: float, window_ms: int = 20) -> list[float]:
    """Of each window."""
    parts = windows(samples, rate_hz, window_ms)
    return [math.sqrt(sum(sample * sample for sample in part) / len(part)) for part in parts]


def windows(samples: Sequence[float], rate_hz: float, window_ms: int) -> list[Sequence[float]]:
    size = round(rate_hz * window_ms / 1000)
    return [samples[at : at + size] for at in range(0, len(samples) - size + 1, size)]


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """Correlation of two curves, as far as both go: 1 where they are the same."""
    pairs = list(zip(one, other, strict=False))
    means = [sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1)]
    apart = [[pair[side] - means[side] for pair in pairs] for side in (0, 1)]
    both = sum(a * b for a, b in zip(*apart, strict=True))
    return both / math.sqrt(sum(a * a for a in apart[0]) * sum(b * b for b in apart[1]) or 1)


def trimmed(samples: Sequence[float]) -> list[float]:
    """Without the silence before and after."""
    loud = [n for n, sample in enumerate(samples) if abs(sample) > 0.01]
    return list(samples[loud[0] : loud[-1] + 1]) if loud else []
