/** Statements that were run, kept by this browser: phlo-api keeps those of the last hour. */

export type Kept = { sql: string; at: string };

const KEY = "phlo.sql.history";
const DRAFT = "phlo.sql.draft";
const MOST = 50;

export function withRun(kept: readonly Kept[], sql: string, at: string): Kept[] {
  return [{ sql, at }, ...kept.filter((one) => one.sql !== sql)].slice(0, MOST);
}

export function history(): Kept[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter(isKept) : [];
  } catch {
    return [];
  }
}

export function keep(sql: string): void {
  write(KEY, JSON.stringify(withRun(history(), sql, new Date().toISOString())));
}

export function draft(): string {
  try {
    return localStorage.getItem(DRAFT) ?? "";
  } catch {
    return "";
  }
}

export const keepDraft = (text: string): void => write(DRAFT, text);

function isKept(value: unknown): value is Kept {
  const one = value as Partial<Kept> | null;
  return typeof one?.sql === "string" && typeof one.at === "string";
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing, or is full, still runs queries.
  }
}
