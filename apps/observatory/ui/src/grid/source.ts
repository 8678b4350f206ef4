import type { Table } from "apache-arrow";

import { ApiProblem, asProblem, type Schemas } from "../api/client";
import { type Cell, cell } from "./cells";

export type GridColumn = Schemas["QueryColumn"];
type Address = (offset: number, limit: number) => string;

/** So many windows are kept: memory is bounded however long the result is. */
const KEPT = 24;

/** Rows that are fetched by window, when they come into view. */
export class RowSource {
  readonly columns: GridColumn[];
  rowCount: number;
  error: unknown = null;
  private readonly windows = new Map<number, Table>();
  private readonly waiting = new Set<number>();
  private readonly listeners = new Set<() => void>();
  private readonly address: Address;
  private version = 0;

  constructor(columns: GridColumn[], rowCount: number, address: Address, readonly size = 2000) {
    this.columns = columns;
    this.rowCount = rowCount;
    this.address = address;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): number => this.version;

  /** The cell, or undefined while its window is on its way. */
  at(row: number, column: number): Cell | undefined {
    const number = Math.floor(row / this.size);
    const window = this.windows.get(number);
    const place = row - number * this.size;
    if (!window || place >= window.numRows) return undefined;
    const vector = window.getChildAt(column)!;
    return cell(vector.get(place), vector.type, this.columns[column]!.arrow_type);
  }

  /** There are more rows now, as a query goes on. */
  grow(rowCount: number): void {
    if (rowCount === this.rowCount) return;
    this.rowCount = rowCount;
    this.tell();
  }

  ensure(first: number, last: number): void {
    const from = Math.floor(first / this.size);
    const to = Math.floor(Math.max(first, last - 1) / this.size);
    for (let number = from; number <= to; number++) {
      if (!this.waiting.has(number) && this.lacks(number)) void this.load(number);
    }
  }

  /** Whether a window is not here, or was fetched when it had fewer rows. */
  private lacks(number: number): boolean {
    const whole = Math.min(this.size, this.rowCount - number * this.size);
    return whole > 0 && (this.windows.get(number)?.numRows ?? 0) < whole;
  }

  private async load(number: number): Promise<void> {
    this.waiting.add(number);
    try {
      this.windows.set(number, await fetchRows(this.address(number * this.size, this.size)));
      this.error = null;
      this.forget(number);
    } catch (error) {
      this.error = error;
    }
    this.waiting.delete(number);
    this.tell();
  }

  private tell(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  private forget(near: number): void {
    const far = [...this.windows.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
    for (const number of far.slice(0, Math.max(0, far.length - KEPT))) this.windows.delete(number);
  }
}

/** Fetch one window; the library that reads it comes with the first. */
export async function fetchRows(address: string): Promise<Table> {
  const [{ tableFromIPC }, response] = await Promise.all([import("apache-arrow"), fetch(address)]);
  if (!response.ok) {
    throw new ApiProblem(asProblem(await response.json().catch(() => null), response.status));
  }
  return tableFromIPC(new Uint8Array(await response.arrayBuffer()));
}
