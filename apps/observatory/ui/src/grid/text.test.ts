import { expect, test } from "vitest";

import { asCsv, asTsv, indented } from "./text";

test("CSV quotes what RFC 4180 says, and tells null from an empty text", () => {
  expect(asCsv([["a,b", 'say "it"', "two\nlines", "plain", "", null]])).toBe('"a,b","say ""it""","two\nlines",plain,"",\r\n');
  expect(asCsv([["a"], ["b"]])).toBe("a\r\nb\r\n");
});

test("a cell of the clipboard is one cell, whatever is in it", () => {
  expect(asTsv([["a\tb", "c\r\nd"], ["e", ""]])).toBe("a b\tc d\ne\t");
});

test("JSON is put on lines, and its numbers keep their digits", () => {
  expect(indented('{"id": 9007199254740993, "tags": ["a, b", "{}"], "none": []}')).toBe(
    '{\n  "id": 9007199254740993,\n  "tags": [\n    "a, b",\n    "{}"\n  ],\n  "none": []\n}',
  );
});

test("what is not JSON stays as it is", () => {
  expect(indented("plain, text: here")).toBe("plain, text: here");
  expect(indented("")).toBe("");
});
