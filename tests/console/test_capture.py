"""What comes out of the worklet that listens, whatever rate the sound card has; and who is taken for talking."""

import pytest
from browser import Page, needs_browser
from console_stage import ConsoleStage

pytestmark = [needs_browser, pytest.mark.process, pytest.mark.timeout(60)]
TONE_HZ, SECONDS = 440, 2
CAPTURED = """
(async () => {
  const context = new OfflineAudioContext(%(channels)d, %(rate)d * %(seconds)d, %(rate)d);
  await context.audioWorklet.addModule("/console/capture.js");
  const tone = new OscillatorNode(context, { frequency: %(hz)d });
  const node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
  const samples = [];
  node.port.onmessage = ({ data }) => samples.push(...new Int16Array(data));
  tone.connect(node);
  tone.start();
  await context.startRendering();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const rises = samples.filter((sample, n) => n && samples[n - 1] < 0 && sample >= 0).length;
  return { length: samples.length, rises, peak: Math.max(...samples) };
})()
"""
DETECTED = """
(async () => {
  const { VoiceDetector } = await import("/console/voices.js");
  const detector = new VoiceDetector();
  const told = [];
  let at_ms = 0;
  for (const [level, length_ms] of %s) {
    for (let n = 0; n < length_ms / 40; n++, at_ms += 40) {
      const news = detector.push(level, 40);
      if (news !== null) told.push([at_ms + 40, news]);
    }
  }
  return told;
})()
"""


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 48_000])
async def test_a_tone_stays_that_tone_at_16_khz(page: Page, stage: ConsoleStage, rate_hz: int) -> None:
    await page.open(stage.url)
    await page.until("'ready' in document.body.dataset")
    wanted = {"rate": rate_hz, "seconds": SECONDS, "hz": TONE_HZ, "channels": 1}
    got = await page.run(CAPTURED % wanted)
    assert abs(got["length"] - SECONDS * 16_000) <= 640
    assert abs(got["rises"] - TONE_HZ * got["length"] / 16_000) <= 2
    assert got["peak"] > 30_000


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ([[0.002, 1000], [0.1, 400], [0.002, 1000]], [[1160, True], [2000, False]]),
        ([[0.002, 1000], [0.1, 120], [0.002, 1000]], []),
        ([[0.03, 12_000], [0.05, 1000]], [[160, True]]),
        ([[0, 2000], [0.002, 1000]], []),
    ],
)
async def test_a_voice_is_louder_than_the_room_and_longer_than_a_cough(
    page: Page, stage: ConsoleStage, levels: list, told: list
) -> None:
    await page.open(stage.url)
    await page.until("'ready' in document.body.dataset")
    assert await page.run(DETECTED % levels) == told
