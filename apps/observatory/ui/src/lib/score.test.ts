import { expect, test } from "vitest";

import { matched } from "./score";

test("letters that follow one another are one range", () => {
  expect(matched("fli", "raw.flights")).toEqual({ score: 9, ranges: [[4, 7]] });
});

test("letters are found in their order, wherever they are", () => {
  expect(matched("rwfl", "raw.flights")?.ranges).toEqual([
    [0, 1],
    [2, 3],
    [4, 6],
  ]);
});

test("letters in another order do not match", () => {
  expect(matched("thg", "raw.flights")).toBeUndefined();
  expect(matched("xyz", "raw.flights")).toBeUndefined();
});

test("the beginning of a part counts for more than its middle", () => {
  const start = matched("del", "marts.delays")!.score;
  const middle = matched("ela", "marts.delays")!.score;
  expect(start).toBeGreaterThan(middle);
});

test("a whole word is better than its letters here and there", () => {
  expect(matched("runs", "Runs")!.score).toBeGreaterThan(matched("runs", "Run under snow")!.score);
});

test("nothing matches everything, without a range", () => {
  expect(matched("  ", "anything")).toEqual({ score: 0, ranges: [] });
});
