import { expect, test } from "vitest";

import { appended, filtered, joined, type Line } from "./log";

const lines = (...texts: string[]): Line[] => texts.map((text, n) => ({ number: n + 1, text, level: null }));
const texts = (found: readonly Line[]) => found.map((line) => line.text);

test("lines that are in the tail and in the stream are there once", () => {
  const found = joined(lines("a", "b", "c"), lines("b", "c", "d"));
  expect(texts(found)).toEqual(["a", "b", "c", "d"]);
  expect(found.map((line) => line.number)).toEqual([1, 2, 3, 4]);
});

test("a stream that begins after the tail is put behind it", () => {
  expect(texts(joined(lines("a", "b"), lines("c")))).toEqual(["a", "b", "c"]);
  expect(texts(joined([], lines("c")))).toEqual(["c"]);
  expect(texts(joined(lines("a"), []))).toEqual(["a"]);
});

test("the same line written often is not taken for one", () => {
  expect(texts(joined(lines("tick", "tick"), lines("tick", "tock")))).toEqual(["tick", "tick", "tock"]);
});

test("the oldest lines go first, and numbers go on", () => {
  const found = appended(lines("a", "b", "c"), lines("d", "e"), 3);
  expect(found.map((line) => [line.number, line.text])).toEqual([
    [3, "c"],
    [4, "d"],
    [5, "e"],
  ]);
});

const LOG: Line[] = [
  { number: 1, text: "INFO start", level: "info" },
  { number: 2, text: "ERROR no bucket", level: "error" },
  { number: 3, text: "  at line 7", level: null },
  { number: 4, text: "WARNING slow", level: "warn" },
];

test("a level is that or worse, and a traceback stays with its error", () => {
  expect(filtered(LOG, { words: "", level: "error" }).map((line) => line.number)).toEqual([2, 3]);
  expect(filtered(LOG, { words: "", level: "warn" }).map((line) => line.number)).toEqual([2, 3, 4]);
});

test("all words must be there, in any case", () => {
  expect(filtered(LOG, { words: "BUCKET no", level: "" }).map((line) => line.number)).toEqual([2]);
  expect(filtered(LOG, { words: " ", level: "" })).toBe(LOG);
});
