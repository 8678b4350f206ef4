import { expect, test } from "vitest";

import { withRun } from "./history";
import { named, placeOf, statementAt, statements } from "./statements";

test("statements are parted at semicolons, not at those in texts and comments", () => {
  const text = "select ';' as \"a;b\"; -- one; two\n/* ; */ select 2;\n\n; select $$ ; $$";
  expect(statements(text).map((one) => one.text)).toEqual(["select ';' as \"a;b\"", "-- one; two\n/* ; */ select 2", "select $$ ; $$"]);
});

test("a statement knows its place in the text", () => {
  const text = "select 1;\n  select 2  ";
  for (const one of statements(text)) expect(text.slice(one.from, one.to)).toBe(one.text);
});

test("only comments, or nothing, is no statement", () => {
  expect(statements("-- nothing\n/* here */ ; ")).toEqual([]);
  expect(statementAt("", 0)).toBeUndefined();
});

test("what is not closed goes to the end", () => {
  expect(statements("select 'open; select 2")).toHaveLength(1);
});

test("the statement at the cursor is run; after the last one, the last", () => {
  const text = "select 1;\nselect 2;\n\n";
  expect(statementAt(text, 3)?.text).toBe("select 1");
  expect(statementAt(text, 12)?.text).toBe("select 2");
  expect(statementAt(text, text.length)?.text).toBe("select 2");
});

test("a line and column of a statement are a place of the text", () => {
  const text = "select 1;\nselect *\nfrm x";
  const last = statements(text)[1]!;
  expect(text.slice(placeOf(last, 2, 1))).toBe("frm x");
  expect(placeOf(last, 99, 99)).toBe(text.length);
});

test("tables are named whole, in any case and in quotes", () => {
  const tables = ["raw.flights", "raw.flight", "marts.delays"];
  expect(named('select * from "raw"."FLIGHTS" f', tables)).toEqual(["raw.flights"]);
  expect(named("select my_raw.flights", tables)).toEqual([]);
});

test("a statement that is run again moves to the front, and old ones go", () => {
  const kept = [{ sql: "a", at: "1" }, { sql: "b", at: "0" }];
  expect(withRun(kept, "b", "2")).toEqual([{ sql: "b", at: "2" }, { sql: "a", at: "1" }]);
  const many = Array.from({ length: 50 }, (_, n) => ({ sql: String(n), at: "" }));
  expect(withRun(many, "new", "3")).toHaveLength(50);
});
