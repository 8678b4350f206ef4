import { expect, test } from "vitest";

import type { Event } from "../../api/queries";
import { commandOf } from "./command";
import { matters, outcomes, told } from "./story";

const event = (type: string, data: Record<string, unknown> = {}, id = 1): Event => ({
  id, type, data, at: "2026-01-01T00:00:00Z", run_id: "r", asset: "raw.a", partition: null,
});
const checked = (name: string, status: string, other: Record<string, unknown> = {}) =>
  event("check.executed", { outcome: { table: "raw.a", status, failed: 0, checked: 10, spec: { name, severity: "error" }, ...other } });

test("each event says what happened", () => {
  expect(told(event("run.queued", { selection: "*" })).words).toBe("Asked for everything");
  expect(told(event("run.started", { assets: ["a", "b"] })).words).toBe("Began with 2 assets");
  expect(told(event("step.started", { attempt: 3 })).words).toBe("Attempt 3");
  expect(told(event("materialized", { rows_total: 12, rows_added: 2, rows_updated: 0, rows_deleted: 1 })).words).toBe("Written: 12 rows (+2, −1)");
  expect(told(event("materialized", { unchanged: true })).words).toBe("Nothing changed");
  expect(told(event("run.ended", { state: "cancelled" }))).toEqual({ state: "cancelled", words: "The run ended: cancelled" });
  expect(told(event("log", { level: "error", message: "no" }))).toEqual({ state: "failed", words: "no" });
});

test("a check says how many rows fail", () => {
  expect(told(checked("not_null:id", "failed", { failed: 1 })).words).toBe("not_null:id: 1 of 10 row fails");
  expect(told(checked("row_count", "passed", { message: "10 rows" })).words).toBe("row_count: 10 rows");
});

test("what is missing, or unknown, breaks nothing", () => {
  for (const type of ["run.queued", "step.progress", "check.executed", "step.ended", "held_back", "something.new"]) {
    expect(told(event(type)).words).toBeTypeOf("string");
  }
});

test("of a check that ran twice the last result counts, and the worst come first", () => {
  const found = outcomes([checked("a", "failed"), checked("b", "warned"), checked("c", "passed"), checked("a", "passed"), checked("d", "error"), event("log")]);
  expect(found.map((one) => [one.name, one.status])).toEqual([
    ["d", "error"],
    ["b", "warned"],
    ["a", "passed"],
    ["c", "passed"],
  ]);
});

test("progress is for those who ask for all", () => {
  expect(["step.progress", "step.ended", "log"].map((type) => matters(event(type)))).toEqual([false, true, true]);
});

test("the command does what the form does", () => {
  expect(commandOf("*", "", false)).toBe("phlo materialize");
  expect(commandOf("+raw.flights", "2026-01-01", true)).toBe("phlo materialize +raw.flights --partition 2026-01-01 --full-refresh");
  expect(commandOf("tag:a,!raw.b", "", false)).toBe("phlo materialize 'tag:a,!raw.b'");
});
