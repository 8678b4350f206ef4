/** Values of an address, which anybody can write: what is not as expected is left out. */

export function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function texts(value: unknown): string[] | undefined {
  const all = (Array.isArray(value) ? value : [value]).map(text).filter((one) => one !== undefined);
  return all.length ? all : undefined;
}

/** Return the list with the value in it, or without it if it was there. */
export function toggled(list: string[] | undefined, value: string): string[] | undefined {
  const next = list?.includes(value) ? list.filter((one) => one !== value) : [...(list ?? []), value];
  return next.length ? next : undefined;
}

export type LineageSearch = {
  root?: string;
  up?: number;
  down?: number;
  q?: string;
  at?: string;
  view?: "tree";
  fold?: string[];
};

export function lineageSearch(s: Record<string, unknown>): LineageSearch {
  return {
    root: text(s.root),
    up: level(s.up),
    down: level(s.down),
    q: text(s.q),
    at: text(s.at),
    view: s.view === "tree" ? "tree" : undefined,
    fold: texts(s.fold),
  };
}

/** A number of levels from 0 to 50, as phlo-api takes it. */
export function level(value: unknown): number | undefined {
  const found = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof found === "number" && Number.isInteger(found) && found >= 0 && found <= 50 ? found : undefined;
}
