/** Cells of Arrow as text: exact, so int64 and decimal are never a JavaScript number. */

export type Cell = { text: string; isNull: boolean; isNumber: boolean };

export const NULL: Cell = { text: "NULL", isNull: true, isNumber: false };

const NUMBERS = /^(u?int\d+|float|double|halffloat|decimal)/;

export function isNumeric(arrowType: string): boolean {
  return NUMBERS.test(arrowType.toLowerCase());
}

export function cell(value: unknown, arrowType: string): Cell {
  if (value === null || value === undefined) return NULL;
  return { text: shown(value, arrowType), isNull: false, isNumber: isNumeric(arrowType) };
}

export function shown(value: unknown, arrowType: string): string {
  if (arrowType.startsWith("date")) return asDate(value);
  if (arrowType.startsWith("timestamp")) return asTimestamp(value, arrowType);
  if (typeof value === "number") return asNumber(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return asHex(value);
  return JSON.stringify(plain(value));
}

function asNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return Object.is(value, -0) ? "-0" : String(value);
}

function asDate(value: unknown): string {
  const ms = typeof value === "bigint" ? Number(value) : value;
  if (typeof ms !== "number" && !(ms instanceof Date)) return String(value);
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString().slice(0, 10);
}

function asTimestamp(value: unknown, arrowType: string): string {
  const zone = arrowType.includes("tz=") ? "Z" : "";
  const ms = typeof value === "bigint" ? Number(value) : value instanceof Date ? value.getTime() : value;
  if (typeof ms !== "number") return String(value);
  // Arrow gives milliseconds with a fraction: what is below them is kept as far as it goes.
  const whole = Math.floor(ms);
  const date = new Date(whole);
  if (Number.isNaN(date.getTime())) return String(value);
  const micros = Math.round((ms - whole) * 1000);
  const text = date.toISOString();
  const seconds = text.slice(0, 19).replace("T", " ");
  const fraction = `${text.slice(20, 23)}${micros ? String(micros).padStart(3, "0") : ""}`;
  return `${seconds}${/^0*$/.test(fraction) ? "" : `.${fraction.replace(/0+$/, "")}`}${zone}`;
}

function asHex(value: Uint8Array): string {
  const shownBytes = value.subarray(0, 64);
  const hex = Array.from(shownBytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `0x${hex}${value.length > 64 ? "…" : ""}`;
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value && typeof value === "object") {
    const held = value as { toJSON?: () => unknown; toArray?: () => unknown };
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Uint8Array) return asHex(value);
    if (Array.isArray(value)) return value.map(plain);
    if (typeof held.toJSON === "function") return plain(held.toJSON());
    if (typeof held.toArray === "function") return Array.from(held.toArray() as Iterable<unknown>, plain);
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  }
  return value;
}

/** A width for a column, from its name and some of its values. */
export function columnWidth(name: string, type: string, samples: readonly string[]): number {
  const longest = Math.max(name.length + 2, type.length, ...samples.map((text) => text.length));
  return Math.round(Math.min(360, Math.max(72, longest * 7.4 + 24)));
}

/** Cells as tab-separated text, as spreadsheets take them. */
export function asTsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map((text) => text.replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
}
