import type { Table } from "apache-arrow";

import { ApiProblem, asProblem, type Schemas } from "../api/client";
import { type Cell, cell } from "./cells";

export type GridColumn = Schemas["QueryColumn"];

/** Rows that are fetched by window, when they come into view. */
export class RowSource {
  readonly columns: GridColumn[];
  rowCount: number;
  private readonly windows = new Map<number, Table | null>();
  private readonly listeners = new Set<() => void>();
  private readonly address: (offset: number, limit: number) => string;
  private version = 0;
  error: unknown = null;

  constructor(
    columns: GridColumn[],
    rowCount: number,
    address: (offset: number, limit: number) => string,
    readonly size = 2000,
  ) {
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
    if (!window) return undefined;
    const type = this.columns[column]!.arrow_type;
    return cell(window.getChildAt(column)?.get(row - number * this.size), type);
  }

  ensure(first: number, last: number): void {
    const from = Math.floor(first / this.size);
    const to = Math.floor(Math.max(first, last - 1) / this.size);
    for (let number = from; number <= to; number++) {
      if (!this.windows.has(number)) void this.load(number);
    }
  }

  private async load(number: number): Promise<void> {
    this.windows.set(number, null);
    try {
      const [{ tableFromIPC }, response] = await Promise.all([
        import("apache-arrow"),
        fetch(this.address(number * this.size, this.size)),
      ]);
      if (!response.ok) {
        throw new ApiProblem(asProblem(await response.json().catch(() => null), response.status));
      }
      this.windows.set(number, tableFromIPC(new Uint8Array(await response.arrayBuffer())));
      this.error = null;
      this.forget(number);
    } catch (error) {
      this.windows.delete(number);
      this.error = error;
    }
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  /** Keep the windows that are near: memory is bounded however long the result is. */
  private forget(near: number): void {
    const loaded = [...this.windows].filter(([, window]) => window !== null);
    if (loaded.length <= 24) return;
    loaded.sort((a, b) => Math.abs(b[0] - near) - Math.abs(a[0] - near));
    for (const [number] of loaded.slice(0, loaded.length - 24)) this.windows.delete(number);
  }
}
