import {
  Bool, DateDay, Decimal, Field, Float64, Int32, Int64, List, Map_, Struct, TimeMicrosecond, TimestampMicrosecond, Uint64, Utf8,
  type DataType, vectorFromArray,
} from "apache-arrow";
import { expect, test } from "vitest";

import { cell, columnWidth, isNumeric, NULL } from "./cells";

/** Put values into a vector, as they come by Arrow, and show them. */
function shown(type: DataType, arrowType: string, ...values: unknown[]): string[] {
  const vector = vectorFromArray(values as never[], type);
  return values.map((_, n) => cell(vector.get(n), vector.type, arrowType).text);
}

test("64-bit integers keep all their digits", () => {
  const values = [9_007_199_254_740_993n, -9_223_372_036_854_775_808n, 0n];
  expect(shown(new Int64(), "int64", ...values)).toEqual(["9007199254740993", "-9223372036854775808", "0"]);
  expect(shown(new Uint64(), "uint64", 18_446_744_073_709_551_615n)).toEqual(["18446744073709551615"]);
});

test("decimals are exact, with their sign and their zeros", () => {
  const type = new Decimal(2, 38, 128);
  const words = (value: bigint) => Uint32Array.from({ length: 4 }, (_, n) => Number((BigInt.asUintN(128, value) >> BigInt(32 * n)) & 0xffffffffn));
  const text = (value: bigint) => cell(words(value), type, "decimal128(38, 2)").text;
  expect(text(12_345n)).toBe("123.45");
  expect(text(-5n)).toBe("-0.05");
  expect(text(0n)).toBe("0.00");
  expect(text(99_999_999_999_999_999_999_999_999_999_999_999_999n)).toBe("999999999999999999999999999999999999.99");
});

test("null is told from an empty text and from the word", () => {
  const vector = vectorFromArray(["", "NULL", null], new Utf8());
  const found = [0, 1, 2].map((n) => cell(vector.get(n), vector.type, "string"));
  expect(found.map((one) => one.isNull)).toEqual([false, false, true]);
  expect(found[2]).toBe(NULL);
  expect(found.map((one) => one.text)).toEqual(["", "NULL", "NULL"]);
});

test("numbers stand at the right, texts do not", () => {
  const vector = vectorFromArray([1.5], new Float64());
  expect(cell(vector.get(0), vector.type, "double").isNumber).toBe(true);
  // A decimal may come as text, and is a number all the same.
  expect(isNumeric("decimal128(10, 2)")).toBe(true);
  expect([isNumeric("string"), isNumeric("interval"), isNumeric("list<item: int64>")]).toEqual([false, false, false]);
});

test("floats are as JavaScript has them, and what is no number is said", () => {
  expect(shown(new Float64(), "double", 0.1, -0, NaN, Infinity, -Infinity, 1e21)).toEqual(["0.1", "-0", "NaN", "Infinity", "-Infinity", "1e+21"]);
});

test("dates, times and moments are read by people, before 1970 as well", () => {
  expect(shown(new DateDay(), "date32[day]", new Date("2013-01-01"), new Date("1899-12-31"))).toEqual(["2013-01-01", "1899-12-31"]);
  expect(shown(new TimeMicrosecond(), "time64[us]", 3_723_000_001n, 0n)).toEqual(["01:02:03.000001", "00:00:00"]);
  const moments = ["2013-01-01T10:00:00Z", "1969-12-31T23:59:59.5Z"].map((text) => Date.parse(text));
  expect(shown(new TimestampMicrosecond("UTC"), "timestamp[us, tz=UTC]", ...moments)).toEqual(["2013-01-01 10:00:00Z", "1969-12-31 23:59:59.5Z"]);
  expect(shown(new TimestampMicrosecond(), "timestamp[us]", moments[0])).toEqual(["2013-01-01 10:00:00"]);
});

test("values in values are JSON with all digits, nulls and quotes", () => {
  const inner = new Struct([new Field("id", new Int64()), new Field('na"me', new Utf8()), new Field("ok", new Bool())]);
  const type = new Struct([new Field("many", new List(new Field("item", inner))), new Field("x", new Float64())]);
  const value = { many: [{ id: 9_007_199_254_740_993n, 'na"me': 'a "b"', ok: true }, null], x: null };
  expect(shown(type, "struct<…>", value)).toEqual(['{"many": [{"id": 9007199254740993, "na\\"me": "a \\"b\\"", "ok": true}, null], "x": null}']);
});

test("maps are JSON objects, and a float that is no number stays a text", () => {
  const entries = new Struct<{ key: Utf8; value: Float64 }>([new Field("key", new Utf8()), new Field("value", new Float64())]);
  const type = new Map_(new Field("entries", entries));
  expect(shown(type, "map<string, double>", new Map([["a", 1.5], ["b", NaN]]))).toEqual(['{"a": 1.5, "b": "NaN"}']);
});

test("bytes are hexadecimal, long ones cut and marked", () => {
  const type = new Utf8();
  expect(cell(new Uint8Array([0, 255]), type, "binary").text).toBe("0x00ff");
  expect(cell(new Uint8Array(65), type, "binary").text).toBe(`0x${"00".repeat(64)}…`);
});

test("lists of whole numbers are read without their type's words", () => {
  expect(shown(new List(new Field("item", new Int32())), "list<item: int32>", [1, 2], [])).toEqual(["[1, 2]", "[]"]);
});

test("widths are within bounds and fit the longest value", () => {
  expect(columnWidth("a", "int64", [])).toBe(72);
  expect(columnWidth("a", "text", ["x".repeat(500)])).toBe(360);
  expect(columnWidth("n", "bigint", ["1"], true)).toBe(116);
  expect(columnWidth("carrier", "varchar", ["B6"])).toBeLessThan(columnWidth("carrier", "varchar", ["x".repeat(20)]));
});
