/** Cells of Arrow as text: exact, so int64 and decimal are never a JavaScript number. */

import type { DataType, Decimal, Field } from "apache-arrow";

export type Cell = { text: string; isNull: boolean; isNumber: boolean };

export const NULL: Cell = { text: "NULL", isNull: true, isNumber: false };

// Arrow's own numbers of its types: importing its enum would bring the library into every page.
const [FLOAT, DECIMAL, DATE, TIME, TIMESTAMP] = [3, 7, 8, 9, 10];
const [LIST, STRUCT, FIXED_LIST, MAP, LARGE_LIST] = [12, 13, 16, 17, 21];
const BARE = new Set([2, FLOAT, 6, DECIMAL]);
const NUMBERS = /^(u?int\d+|float|double|halffloat|decimal)/;

export function isNumeric(arrowType: string): boolean {
  return NUMBERS.test(arrowType.toLowerCase());
}

/** What one cell shows; `arrowType` is what the column was before it was made readable here. */
export function cell(value: unknown, type: DataType, arrowType: string): Cell {
  if (value === null || value === undefined) return NULL;
  return { text: shown(value, type), isNull: false, isNumber: isNumeric(arrowType) };
}

export function shown(value: unknown, type: DataType): string {
  switch (Number(type.typeId)) {
    case DECIMAL:
      return asDecimal(value as Uint32Array, (type as Decimal).scale);
    case DATE:
      return new Date(Number(value)).toISOString().slice(0, 10);
    case TIME:
      return asTime(BigInt(value as number | bigint), (type as unknown as { unit: number }).unit);
    case TIMESTAMP:
      return asTimestamp(Number(value), Boolean((type as unknown as { timezone?: string }).timezone));
    case LIST:
    case FIXED_LIST:
    case LARGE_LIST:
    case STRUCT:
    case MAP:
      return nested(value, type);
    default:
      return plain(value);
  }
}

function plain(value: unknown): string {
  if (typeof value === "number") return asNumber(value);
  if (value instanceof Uint8Array) return asHex(value);
  return String(value);
}

/** A value inside another, as JSON whose numbers have all their digits. */
function nested(value: unknown, type: DataType): string {
  if (value === null || value === undefined) return "null";
  const children = (type.children ?? []) as Field[];
  switch (Number(type.typeId)) {
    case LIST:
    case FIXED_LIST:
    case LARGE_LIST:
      return `[${Array.from(value as Iterable<unknown>, (one) => nested(one, children[0]!.type)).join(", ")}]`;
    case STRUCT: {
      const held = value as Record<string, unknown>;
      return `{${children.map((f) => `${JSON.stringify(f.name)}: ${nested(held[f.name], f.type)}`).join(", ")}}`;
    }
    case MAP: {
      const [key, held] = (children[0]!.type.children as Field[]).map((field) => field.type);
      const pairs = Array.from(value as Iterable<[unknown, unknown]>);
      return `{${pairs.map(([k, v]) => `${JSON.stringify(shown(k, key!))}: ${nested(v, held!)}`).join(", ")}}`;
    }
    default: {
      const text = shown(value, type);
      const isBare = BARE.has(Number(type.typeId)) && !/[a-zA-Z]/.test(text.replace(/^(true|false)$/, "").replace(/e[+-]?\d+$/, ""));
      return isBare ? text : JSON.stringify(text);
    }
  }
}

function asNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A 128-bit two's complement number, the lowest word first. */
function asDecimal(words: Uint32Array, scale: number): string {
  let whole = 0n;
  for (let n = words.length - 1; n >= 0; n--) whole = (whole << 32n) | BigInt(words[n]!);
  whole = BigInt.asIntN(words.length * 32, whole);
  const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, "0");
  const sign = whole < 0n ? "-" : "";
  if (scale <= 0) return sign + digits + "0".repeat(-scale);
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function asTime(value: bigint, unit: number): string {
  const digits = unit * 3;
  const base = 10n ** BigInt(digits);
  const seconds = value / base;
  const two = (n: bigint) => n.toString().padStart(2, "0");
  const fraction = digits ? (value % base).toString().padStart(digits, "0").replace(/0+$/, "") : "";
  return `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${fraction ? `.${fraction}` : ""}`;
}

function asTimestamp(ms: number, isZoned: boolean): string {
  // Arrow gives milliseconds with a fraction: what is below them is kept as far as it goes.
  const micros = Math.round(ms * 1000);
  const date = new Date(Math.floor(micros / 1000));
  if (Number.isNaN(date.getTime())) return String(ms);
  const text = date.toISOString();
  const end = text.indexOf(".");
  const fraction = text.slice(end + 1, end + 4) + String(((micros % 1000) + 1000) % 1000).padStart(3, "0");
  const shownPart = fraction.replace(/0+$/, "");
  return `${text.slice(0, end).replace("T", " ")}${shownPart ? `.${shownPart}` : ""}${isZoned ? "Z" : ""}`;
}

function asHex(value: Uint8Array): string {
  const hex = Array.from(value.subarray(0, 64), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `0x${hex}${value.length > 64 ? "…" : ""}`;
}

/** Numbers may grow further down, and a number that is cut off is a wrong one: they have more room. */
const LEAST = { number: 116, other: 72 };

/** A width for a column, from its name and some of its values. */
export function columnWidth(name: string, type: string, samples: readonly string[], isNumber = false): number {
  const longest = Math.max(name.length + 1, type.length, ...samples.map((text) => text.length));
  const least = isNumber ? LEAST.number : LEAST.other;
  return Math.round(Math.min(360, Math.max(least, longest * 7.4 + 24)));
}
