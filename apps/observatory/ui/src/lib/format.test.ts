import { expect, test } from "vitest";

import { absolute, bytes, clock, count, duration, plural, relative, share, short } from "./format";

test("numbers have their digits in groups, and nothing is a dash", () => {
  expect([count(0), count(336776), count(null), count(undefined)]).toEqual(["0", "336,776", "–", "–"]);
});

test("large numbers are short, and never a thousand of their unit", () => {
  expect(short(9999)).toBe("9,999");
  expect(short(12_345)).toBe("12.3k");
  expect(short(336_776)).toBe("337k");
  expect(short(999_950)).toBe("1M");
  expect(short(-1_500_000)).toBe("-1.5M");
});

test("sizes have three digits", () => {
  expect([bytes(999), bytes(1000), bytes(5_477_136), bytes(0), bytes(null)]).toEqual(["999 B", "1.00 kB", "5.48 MB", "0 B", "–"]);
  expect(bytes(999_999)).toBe("1.00 MB");
});

test("durations are told in the unit that fits", () => {
  expect([duration(0), duration(17.4), duration(5873), duration(59_949), duration(59_999), duration(3_600_000)]).toEqual([
    "0 ms", "17 ms", "5.9 s", "59.9 s", "1 min 0 s", "1 h 0 min",
  ]);
});

test("times are told from now, before and after", () => {
  const now = Date.parse("2026-01-10T12:00:00Z");
  const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
  expect(relative(at(-3), now)).toBe("just now");
  expect(relative(at(-59), now)).toBe("59 s ago");
  expect(relative(at(-3600), now)).toBe("1 h ago");
  expect(relative(at(86_400 * 6), now)).toBe("in 6 d");
  expect([relative(null, now), relative("nonsense", now)]).toEqual(["–", "–"]);
});

test("exact times are UTC", () => {
  expect(absolute("2026-01-10T12:00:00.123+02:00")).toBe("2026-01-10 10:00:00 UTC");
  expect(clock("2026-01-10T12:00:00.123Z")).toBe("12:00:00.123");
  expect([absolute("x"), absolute(null), clock("x")]).toEqual(["", "", ""]);
});

test("a share is told apart from none and from all", () => {
  expect([share(0, 10), share(10, 10), share(1, 100_000), share(99_999, 100_000), share(721, 336_776), share(1, 2)]).toEqual([
    "0 %", "100 %", "< 0.1 %", "> 99.9 %", "0.2 %", "50 %",
  ]);
  expect([share(null, 10), share(1, 0)]).toEqual(["–", "–"]);
});

test("one is not many", () => {
  expect([plural(1, "row"), plural(0, "row"), plural(2, "branch", "branches")]).toEqual(["1 row", "0 rows", "2 branches"]);
});
