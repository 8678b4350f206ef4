import { expect, test } from "vitest";

import { level, lineageSearch, text, texts, toggled } from "./search";

test("an address has text, or nothing", () => {
  expect(text("marts")).toBe("marts");
  expect(text(2013)).toBe("2013");
  for (const other of ["", null, undefined, true, ["a"], { a: 1 }]) expect(text(other)).toBeUndefined();
});

test("one value is a list of one, and what is no text is left out", () => {
  expect(texts("tag:mart")).toEqual(["tag:mart"]);
  expect(texts(["tag:mart", "", { a: 1 }, 7])).toEqual(["tag:mart", "7"]);
  expect(texts([])).toBeUndefined();
  expect(texts(undefined)).toBeUndefined();
});

test("a value is put into a list, and taken out by the same act", () => {
  const first = toggled(undefined, "a");
  expect(first).toEqual(["a"]);
  expect(toggled(first, "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  // An empty list leaves no trace in the address.
  expect(toggled(["a"], "a")).toBeUndefined();
});

test("levels are whole numbers that phlo-api takes", () => {
  expect([level(0), level("3"), level(50)]).toEqual([0, 3, 50]);
  for (const bad of [-1, 51, 1.5, "", "x", null, undefined, NaN]) expect(level(bad)).toBeUndefined();
});

test("the state of the graph survives its address, and nonsense does not", () => {
  const state = { root: "abc", up: 2, down: 0, q: "status:failed", at: "def", view: "tree" as const, fold: ["raw"] };
  expect(lineageSearch(JSON.parse(JSON.stringify(state)) as Record<string, unknown>)).toEqual(state);
  expect(lineageSearch({ view: "cube", up: "many", root: {}, fold: 1 })).toEqual({ fold: ["1"] });
});
