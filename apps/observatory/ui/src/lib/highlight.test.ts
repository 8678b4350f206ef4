import { expect, test } from "vitest";

import { highlighted } from "./highlight";

const kinds = (text: string, language: string) => highlighted(text, language).filter((part) => part.kind).map((part) => [part.kind, part.text]);

test("nothing of the code is lost", () => {
  for (const [language, text] of [
    ["python", '@phlo.asset(table="a.b")\ndef f():\n    """Say \'it\'."""\n    return 1_000  # all\n'],
    ["sql", "/* phlo */ select 'it''s' from \"a\".b where {{ partition }} -- end"],
    ["none", "anything"],
  ] as const) {
    expect(highlighted(text, language).map((part) => part.text).join("")).toBe(text);
  }
});

test("words of the language are told from names", () => {
  expect(kinds("SELECT selected FROM t", "sql")).toEqual([["word", "SELECT"], ["word", "FROM"]]);
  expect(kinds("def define(x): return x", "python")).toEqual([["word", "def"], ["word", "return"]]);
});

test("words in texts and comments are part of these", () => {
  expect(kinds("'select' -- from", "sql")).toEqual([["text", "'select'"], ["note", "-- from"]]);
  expect(kinds("x = 'return'  # def", "python")).toEqual([["text", "'return'"], ["note", "# def"]]);
});

test("what is not closed goes to the end and no further", () => {
  expect(kinds('"""open\nstill', "python")).toEqual([["text", '"""open\nstill']]);
  expect(kinds("/* open", "sql")).toEqual([["note", "/* open"]]);
});
