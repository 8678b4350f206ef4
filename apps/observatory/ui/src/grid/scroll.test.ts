import { describe, expect, test } from "vitest";

import { extent, MOST_PIXELS, offsets, reveal, toBar, toRows, visible, visibleColumns } from "./scroll";

const VIEW = 400;
const ROW = 26;

describe("rows that fit into the height a browser allows", () => {
  const size = extent(1000, ROW);

  test("a pixel of the bar is a pixel of the rows", () => {
    expect(size).toEqual({ height: 26_000, full: 26_000 });
    expect(toRows(1234, VIEW, size)).toBe(1234);
    expect(toBar(1234, VIEW, size)).toBe(1234);
  });
});

describe.each([1_000_000, 20_000_000, 2_000_000_000])("%i rows", (rows) => {
  const size = extent(rows, ROW);

  test("the element stays within what a browser can draw", () => {
    expect(size.height).toBe(MOST_PIXELS);
    expect(size.full).toBe(rows * ROW);
  });

  test("the end of the bar shows the last row, whole", () => {
    const pixel = toRows(size.height - VIEW, VIEW, size);
    const span = visible(pixel, VIEW, ROW, rows);
    expect(span.last).toBe(rows);
    expect((rows - 1) * ROW - pixel).toBeCloseTo(VIEW - ROW, 4);
  });

  test("beyond the end and before the beginning nothing else is shown", () => {
    expect(toRows(size.height * 2, VIEW, size)).toBe(size.full - VIEW);
    expect(toRows(-50, VIEW, size)).toBe(0);
  });

  test("the bar and the rows are the same place, both ways", () => {
    for (const part of [0, 0.1, 0.5, 0.999, 1]) {
      const pixel = part * (size.full - VIEW);
      expect(toRows(toBar(pixel, VIEW, size), VIEW, size) / (pixel || 1)).toBeCloseTo(pixel ? 1 : 0, 6);
    }
  });

  test("each row can be brought into view", () => {
    for (const row of [0, 1, Math.floor(rows / 3), rows - 2, rows - 1]) {
      const pixel = reveal(row, 0, VIEW, ROW);
      const shown = toRows(toBar(pixel, VIEW, size), VIEW, size);
      const span = visible(shown, VIEW, ROW, rows, 0);
      expect(row).toBeGreaterThanOrEqual(span.first);
      expect(row).toBeLessThan(span.last);
    }
  });
});

test("a row in view does not move", () => {
  expect(reveal(10, 200, VIEW, ROW)).toBe(200);
  expect(reveal(2, 200, VIEW, ROW)).toBe(52);
  expect(reveal(40, 200, VIEW, ROW)).toBe(41 * ROW - VIEW);
});

test("few rows are drawn, however many there are", () => {
  const span = visible(1_000_000, VIEW, ROW, 1_000_000);
  expect(span.last - span.first).toBeLessThan(32);
  expect(visible(0, VIEW, ROW, 0)).toEqual({ first: 0, last: 0 });
  expect(visible(0, VIEW, ROW, 3)).toEqual({ first: 0, last: 3 });
});

test("columns begin where those before them end", () => {
  expect(offsets([100, 50, 70])).toEqual([0, 100, 150, 220]);
  expect(offsets([])).toEqual([0]);
});

test("only columns in view are drawn, and one more on each side", () => {
  const starts = offsets(Array.from({ length: 100 }, () => 100));
  expect(visibleColumns(1000, 300, starts, 0)).toEqual({ first: 10, last: 13 });
  expect(visibleColumns(1050, 300, starts, 0)).toEqual({ first: 10, last: 14 });
  expect(visibleColumns(1000, 300, starts, 1)).toEqual({ first: 9, last: 14 });
  expect(visibleColumns(0, 300, [0], 1)).toEqual({ first: 0, last: 0 });
});
