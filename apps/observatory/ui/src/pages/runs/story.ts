/** What the events of a run say: sentences, check results, and which of them matter. */

import type { Event } from "../../api/queries";
import { count, duration, plural } from "../../lib/format";
import { look } from "../../lib/status";

export type Outcome = {
  table: string;
  name: string;
  severity: string;
  status: string;
  failed: number | null;
  checked: number | null;
  message: string | null;
};

export type Told = { state: string | null; words: string };

type Data = Record<string, unknown>;
const number = (value: unknown) => (typeof value === "number" ? value : null);
const string = (value: unknown) => (typeof value === "string" ? value : null);

/** One event in words. */
export function told({ type, data }: Pick<Event, "type" | "data">): Told {
  const found = data as Data;
  switch (type) {
    case "run.queued":
      return { state: "queued", words: asked(string(found.selection)) };
    case "run.started":
      return { state: "running", words: `Began with ${plural((found.assets as unknown[] | undefined)?.length ?? 0, "asset")}` };
    case "run.cancelling":
      return { state: "cancelling", words: "Asked to end" };
    case "run.ended":
      return { state: string(found.state), words: `The run ended: ${look(string(found.state) ?? "unknown").word.toLowerCase()}` };
    case "step.started":
      return { state: "running", words: attempt(found) };
    case "step.progress":
      return { state: null, words: progress(found) };
    case "step.retry":
      return { state: "late", words: `Will be tried again${string(found.message) ? `: ${string(found.message)}` : ""}` };
    case "step.ended":
      return { state: string(found.state), words: string(found.reason) ?? rows(found) };
    case "materialized":
      return { state: "ok", words: found.unchanged ? "Nothing changed" : `Written: ${rows(found)}` };
    case "published":
      return { state: "ok", words: "Published" };
    case "held_back":
      return { state: "held_back", words: string(found.message) ?? "Held back" };
    case "check.executed": {
      const one = outcome(found);
      return one ? { state: one.status, words: `${one.name}${verdict(one)}` } : { state: null, words: "A check ran" };
    }
    case "log":
      return { state: logState(string(found.level)), words: string(found.message) ?? "" };
    default:
      return { state: null, words: string(found.message) ?? "" };
  }
}

function asked(selection: string | null): string {
  if (selection === null) return "Its process began";
  return `Asked for ${selection === "*" ? "everything" : selection}`;
}

function attempt(data: Data): string {
  const n = number(data.attempt) ?? 1;
  return n > 1 ? `Attempt ${n}` : "Began";
}

function progress(data: Data): string {
  const parts = [string(data.stage), number(data.rows_in) === null ? null : plural(number(data.rows_in)!, "row")];
  return parts.filter(Boolean).join(", ") || "Goes on";
}

function rows(data: Data): string {
  const total = number(data.rows_total);
  if (total === null) return duration(number(data.duration_ms));
  const changes = [
    ["+", data.rows_added],
    ["~", data.rows_updated],
    ["−", data.rows_deleted],
  ].flatMap(([sign, value]) => (number(value) ? [`${String(sign)}${count(number(value))}`] : []));
  return `${plural(total, "row")}${changes.length ? ` (${changes.join(", ")})` : ""}`;
}

function logState(level: string | null): string | null {
  if (level === "error" || level === "critical") return "failed";
  return level === "warning" || level === "warn" ? "warning" : null;
}

function verdict(one: Outcome): string {
  if (one.failed) return `: ${count(one.failed)}${one.checked ? ` of ${count(one.checked)}` : ""} ${one.failed === 1 ? "row fails" : "rows fail"}`;
  return one.message ? `: ${one.message}` : "";
}

function outcome(data: Data): Outcome | null {
  const found = data.outcome as Data | undefined;
  const spec = found?.spec as Data | undefined;
  if (!found || !spec) return null;
  return {
    table: string(found.table) ?? "",
    name: string(spec.name) ?? "",
    severity: string(spec.severity) ?? "error",
    status: string(found.status) ?? "unknown",
    failed: number(found.failed),
    checked: number(found.checked),
    message: string(found.message),
  };
}

const ORDER = ["failed", "error", "warned", "skipped", "passed"];

/** The last result of each check of a run, the worst first. */
export function outcomes(events: readonly Event[]): Outcome[] {
  const last = new Map<string, Outcome>();
  for (const event of events) {
    const one = event.type === "check.executed" ? outcome(event.data as Data) : null;
    if (one) last.set(`${one.table}\n${one.name}`, one);
  }
  const rank = (status: string) => (ORDER.indexOf(status) + ORDER.length + 1) % (ORDER.length + 1);
  return [...last.values()].sort((a, b) => rank(a.status) - rank(b.status) || a.table.localeCompare(b.table) || a.name.localeCompare(b.name));
}

/** What matters at a first look: not how far each step was at each moment. */
export function matters(event: Pick<Event, "type">): boolean {
  return event.type !== "step.progress";
}
