/**
 * The maths of a grid of any number of rows. Browsers cap the height of an element (Chromium at
 * 33,554,428 px, Firefox at about half of it), so above a height of our own the scroll bar is
 * scaled: a pixel of it then stands for more than a pixel of rows.
 */

export const MOST_PIXELS = 15_000_000;

export type Extent = {
  /** Height of the scrolled element, in pixels. */
  height: number;
  /** Height of all rows, in pixels; larger than `height` when scaled. */
  full: number;
};

export function extent(rows: number, rowHeight: number): Extent {
  const full = rows * rowHeight;
  return { height: Math.min(full, MOST_PIXELS), full };
}

/** The pixel of the rows at the top of the view, for a place of the scroll bar. */
export function toRows(scrollTop: number, view: number, { height, full }: Extent): number {
  if (full <= height) return Math.max(0, scrollTop);
  const range = height - view;
  if (range <= 0) return 0;
  const part = Math.min(1, Math.max(0, scrollTop / range));
  return part * (full - view);
}

/** The place of the scroll bar at which a pixel of the rows is at the top of the view. */
export function toBar(pixel: number, view: number, { height, full }: Extent): number {
  if (full <= height) return Math.max(0, pixel);
  const range = full - view;
  if (range <= 0) return 0;
  return Math.min(1, Math.max(0, pixel / range)) * (height - view);
}

export type Span = { first: number; last: number };

/** The rows to draw, with a few more on both sides; `last` is not one of them. */
export function visible(pixel: number, view: number, rowHeight: number, rows: number, extra = 6): Span {
  const first = Math.max(0, Math.floor(pixel / rowHeight) - extra);
  const last = Math.min(rows, Math.ceil((pixel + view) / rowHeight) + extra);
  return { first: Math.min(first, last), last };
}

/** The pixel to scroll to so that a row is in view; the present one when it is already. */
export function reveal(row: number, pixel: number, view: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < pixel) return top;
  if (top + rowHeight > pixel + view) return top + rowHeight - view;
  return pixel;
}

/** Where each column begins; the last number is where all end. */
export function offsets(widths: readonly number[]): number[] {
  const starts = [0];
  for (const width of widths) starts.push(starts[starts.length - 1]! + width);
  return starts;
}

/** The columns to draw, by where they begin. */
export function visibleColumns(left: number, view: number, starts: readonly number[], extra = 1): Span {
  const columns = starts.length - 1;
  let first = 0;
  while (first < columns && starts[first + 1]! <= left) first++;
  let last = first;
  while (last < columns && starts[last]! < left + view) last++;
  return { first: Math.max(0, first - extra), last: Math.min(columns, last + extra) };
}
