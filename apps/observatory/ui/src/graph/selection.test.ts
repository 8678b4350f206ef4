import { expect, test } from "vitest";

import { matching, parsed } from "./selection";
import { graphOf, node } from "./testing";

test("levels around a name: none, some, or all the way", () => {
  expect(parsed("raw.flights").around).toBeUndefined();
  expect(parsed("+raw.flights").around).toEqual({ name: "raw.flights", up: undefined, down: 0 });
  expect(parsed("raw.flights+1").around).toEqual({ name: "raw.flights", up: 0, down: 1 });
  expect(parsed("2+raw.flights+").around).toEqual({ name: "raw.flights", up: 2, down: undefined });
});

test("fields are told from names, and unknown ones are words", () => {
  expect(parsed("status:Failed fli what:x")).toEqual({ fields: [["status", "failed"]], words: ["fli", "what:x"] });
});

test("all words and all fields must hold", () => {
  const graph = graphOf([node("raw.flights", { status: "warning" }), node("raw.planes"), node("marts.flights")]);
  const names = (text: string) => [...(matching(graph, parsed(text)) ?? ["everything"])];
  expect(names("flights")).toEqual(["raw.flights", "marts.flights"]);
  expect(names("FLIGHTS namespace:raw")).toEqual(["raw.flights"]);
  expect(names("flights status:ok")).toEqual(["marts.flights"]);
  expect(names("nothing")).toEqual([]);
  expect(names("  ")).toEqual(["everything"]);
});
