import { Int64, Table, tableToIPC, vectorFromArray } from "apache-arrow";
import { expect, test, vi } from "vitest";

import { csvOf } from "./save";
import { RowSource } from "./source";

const COLUMNS = [{ name: "n", type: "bigint", arrow_type: "int64", nullable: false }];

/** Rows of a range, at an address that needs no server. */
function rowsAt(from: number, to: number): string {
  const values = Array.from({ length: Math.max(0, to - from) }, (_, n) => BigInt(from + n));
  const table = new Table({ n: vectorFromArray(values, new Int64()) });
  return `data:application/vnd.apache.arrow.stream;base64,${Buffer.from(tableToIPC(table, "stream")).toString("base64")}`;
}

test("only the window that is in view is fetched", async () => {
  const asked: number[] = [];
  const source = new RowSource(COLUMNS, 10_000, (offset, limit) => (asked.push(offset), rowsAt(offset, offset + limit)), 1000);
  expect(source.at(4200, 0)).toBeUndefined();
  source.ensure(4190, 4230);
  await vi.waitFor(() => expect(source.at(4200, 0)?.text).toBe("4200"));
  source.ensure(4190, 4230);
  expect(asked).toEqual([4000]);
});

test("a view over two windows fetches both", async () => {
  const source = new RowSource(COLUMNS, 10_000, (offset, limit) => rowsAt(offset, offset + limit), 1000);
  source.ensure(990, 1010);
  await vi.waitFor(() => expect([source.at(999, 0)?.text, source.at(1000, 0)?.text]).toEqual(["999", "1000"]));
});

test("rows that came since a window was fetched are fetched, too", async () => {
  let there = 100;
  const source = new RowSource(COLUMNS, there, (offset, limit) => rowsAt(offset, Math.min(there, offset + limit)), 1000);
  source.ensure(0, 50);
  await vi.waitFor(() => expect(source.at(99, 0)?.text).toBe("99"));
  expect(source.at(100, 0)).toBeUndefined();
  there = 150;
  source.grow(there);
  source.ensure(0, 150);
  await vi.waitFor(() => expect(source.at(149, 0)?.text).toBe("149"));
});

test("windows far from the view are forgotten, and fetched again", async () => {
  const asked: number[] = [];
  const source = new RowSource(COLUMNS, 100_000, (offset, limit) => (asked.push(offset), rowsAt(offset, offset + limit)), 1000);
  for (let at = 0; at < 30_000; at += 1000) {
    source.ensure(at, at + 10);
    await vi.waitFor(() => expect(source.at(at, 0)?.text).toBe(String(at)));
  }
  expect(source.at(0, 0)).toBeUndefined();
  source.ensure(0, 10);
  await vi.waitFor(() => expect(source.at(0, 0)?.text).toBe("0"));
  expect(asked.filter((offset) => offset === 0)).toHaveLength(2);
});

test("an error is told, and asking again helps", async () => {
  let isBroken = true;
  const source = new RowSource(COLUMNS, 10, () => (isBroken ? "data:text/plain,nonsense" : rowsAt(0, 10)), 1000);
  source.ensure(0, 10);
  await vi.waitFor(() => expect(source.error).not.toBeNull());
  isBroken = false;
  source.ensure(0, 10);
  await vi.waitFor(() => expect(source.at(9, 0)?.text).toBe("9"));
  expect(source.error).toBeNull();
});

test("a file has every row, of all windows", async () => {
  const blob = await csvOf({ columns: COLUMNS, rowCount: 45_000 }, (offset, limit) => rowsAt(offset, Math.min(45_000, offset + limit)));
  const lines = (await blob.text()).split("\r\n");
  expect([lines[0], lines[1], lines[45_000], lines.length]).toEqual(["n", "0", "44999", 45_002]);
});
