/** A whole result as a file: fetched by window, so the page never holds it twice. */

import { cell } from "./cells";
import { fetchRows, type RowSource } from "./source";
import { asCsv } from "./text";

const WINDOW = 20_000;

export async function csvOf(
  source: Pick<RowSource, "columns" | "rowCount">,
  address: (offset: number, limit: number) => string,
  onProgress: (rows: number) => void = () => undefined,
): Promise<Blob> {
  const parts: BlobPart[] = [asCsv([source.columns.map((column) => column.name)])];
  for (let offset = 0; offset < source.rowCount; offset += WINDOW) {
    const table = await fetchRows(address(offset, WINDOW));
    const vectors = source.columns.map((_, n) => table.getChildAt(n)!);
    const rows = Array.from({ length: table.numRows }, (_, row) =>
      vectors.map((vector, n) => {
        const found = cell(vector.get(row), vector.type, source.columns[n]!.arrow_type);
        return found.isNull ? null : found.text;
      }),
    );
    parts.push(asCsv(rows));
    onProgress(offset + table.numRows);
  }
  return new Blob(parts, { type: "text/csv" });
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
