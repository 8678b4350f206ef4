import { expect, test } from "vitest";

import { folded, isFolded, MANY } from "./fold";
import { ordered } from "./order";
import { graphOf, node } from "./testing";

const SMALL = graphOf(
  [node("marts.a"), node("raw.x", { status: "warning", row_count: 5 }), node("raw.y", { status: "failed", row_count: 7 })],
  [[1, 0], [2, 0], [1, 2]],
);

test("a small graph is drawn whole until a group is folded", () => {
  expect(folded(SMALL, undefined)).toBe(SMALL);
  const found = folded(SMALL, ["raw"]);
  expect(found.nodes.map((one) => one.id)).toEqual(["marts.a", "group:raw"]);
  // Two edges between the same two are one, and those within a group are none.
  expect(found.edges).toEqual([[1, 0]]);
});

test("a group is as its worst dataset, with the rows of all", () => {
  const group = folded(SMALL, ["raw"]).nodes[1]!;
  expect([group.status, group.row_count, group.kind]).toEqual(["failed", 12, "2 datasets"]);
});

test("a large graph is folded until a group is opened", () => {
  const large = graphOf(Array.from({ length: MANY + 1 }, (_, n) => node(`${n % 2 ? "raw" : "marts"}.t${n}`)));
  expect(folded(large, undefined).nodes).toHaveLength(2);
  expect(isFolded("raw", large, ["raw"])).toBe(false);
  expect(folded(large, ["raw"]).nodes.length).toBeGreaterThan(MANY / 2);
});

test("lanes go as the data goes", () => {
  expect(SMALL.groups).toEqual(["marts", "raw"]);
  expect(ordered(SMALL).groups).toEqual(["raw", "marts"]);
});
