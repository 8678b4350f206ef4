/** Every state the API has, as a tone, a shape and a word: never by colour alone. */

export type Tone = "ok" | "warn" | "fail" | "run" | "idle";
export type Shape =
  | "check" | "triangle" | "cross" | "hand" | "spin" | "clock" | "dash" | "skip" | "ring" | "stop";

export type Look = { tone: Tone; shape: Shape; word: string };

const LOOKS: Record<string, Look> = {
  ok: { tone: "ok", shape: "check", word: "Ok" },
  succeeded: { tone: "ok", shape: "check", word: "Succeeded" },
  passed: { tone: "ok", shape: "check", word: "Passed" },
  healthy: { tone: "ok", shape: "check", word: "Healthy" },
  embedded: { tone: "ok", shape: "check", word: "Embedded" },
  external: { tone: "idle", shape: "ring", word: "External" },
  warning: { tone: "warn", shape: "triangle", word: "Warning" },
  warned: { tone: "warn", shape: "triangle", word: "Warned" },
  late: { tone: "warn", shape: "clock", word: "Late" },
  held_back: { tone: "fail", shape: "hand", word: "Held back" },
  failed: { tone: "fail", shape: "cross", word: "Failed" },
  error: { tone: "fail", shape: "cross", word: "Broken" },
  crashed: { tone: "fail", shape: "cross", word: "Crashed" },
  unhealthy: { tone: "fail", shape: "triangle", word: "Unhealthy" },
  running: { tone: "run", shape: "spin", word: "Running" },
  starting: { tone: "run", shape: "spin", word: "Starting" },
  waiting: { tone: "idle", shape: "clock", word: "Waiting" },
  queued: { tone: "idle", shape: "clock", word: "Queued" },
  cancelling: { tone: "run", shape: "spin", word: "Cancelling" },
  cancelled: { tone: "idle", shape: "stop", word: "Cancelled" },
  skipped: { tone: "idle", shape: "skip", word: "Skipped" },
  stale: { tone: "idle", shape: "dash", word: "Stale" },
  never: { tone: "idle", shape: "ring", word: "Never run" },
  stopped: { tone: "idle", shape: "stop", word: "Stopped" },
  unknown: { tone: "idle", shape: "ring", word: "Unknown" },
  down: { tone: "fail", shape: "cross", word: "Down" },
};

export function look(state: string): Look {
  return LOOKS[state] ?? { tone: "idle", shape: "ring", word: state };
}
