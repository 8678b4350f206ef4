import "./grid.css";

import { type JSX, useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { Trouble } from "../parts/Fault";
import { columnWidth, isNumeric } from "./cells";
import { type Across, GridRow, type Place } from "./GridRow";
import { extent, offsets, reveal, toBar, toRows, visible, visibleColumns } from "./scroll";
import type { RowSource } from "./source";
import { asTsv, indented } from "./text";

const ROW = 26;
const HEAD = 42;

/** Rows are placed from the beginning of their block, so their own places rarely change. */
const BLOCK = 500;

/** Any number of rows: only what is in view is drawn, and only that is fetched. */
export function Grid({ source, label, height }: { source: RowSource; label: string; height?: number }): JSX.Element {
  const id = useId();
  const version = useSyncExternalStore(source.subscribe, source.snapshot);
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ width: 800, height: 400 });
  const [scroll, setScroll] = useState({ top: 0, left: 0 });
  const [active, setActive] = useState<Place>({ row: 0, column: 0 });
  const [opened, setOpened] = useState<{ name: string; text: string } | null>(null);
  const viewer = useRef<HTMLDialogElement>(null);
  const rows = source.rowCount;
  const body = Math.max(ROW, view.height - HEAD);
  const size = useMemo(() => extent(rows, ROW), [rows]);
  const gutter = Math.max(44, String(rows).length * 7.5 + 22);

  // Widths come from the first rows that there are, and then stay.
  const hasRows = rows > 0 && source.at(0, 0) !== undefined;
  const widths = useMemo(
    () =>
      source.columns.map((column, n) => {
        const samples: string[] = [];
        for (let row = 0; hasRows && row < Math.min(60, rows); row++) samples.push(source.at(row, n)?.text ?? "");
        return columnWidth(column.name, column.type, samples, rows > samples.length && isNumeric(column.arrow_type));
      }),
    [source, hasRows],
  );
  const starts = useMemo(() => offsets(widths), [widths]);
  // Rows reach to the right end of the view, also where columns do not.
  const total = Math.max(starts[starts.length - 1]!, view.width - gutter);

  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const measure = () => setView({ width: node.clientWidth, height: node.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, []);

  const pixel = toRows(scroll.top, body, size);
  const span = visible(pixel, body, ROW, rows);
  const { first, last } = visibleColumns(scroll.left, view.width - gutter, starts);
  const across = useMemo<Across>(() => ({ first, last, starts, widths, gutter, total }), [first, last, starts, widths, gutter, total]);
  useEffect(() => source.ensure(span.first, span.last), [source, span.first, span.last, rows]);

  const goTo = useCallback(
    (next: Place) => {
      const node = box.current;
      if (!node || rows === 0) return;
      const place = {
        row: Math.min(rows - 1, Math.max(0, next.row)),
        column: Math.min(widths.length - 1, Math.max(0, next.column)),
      };
      setActive(place);
      const now = toRows(node.scrollTop, body, size);
      const wanted = reveal(place.row, now, body, ROW);
      if (wanted !== now) node.scrollTop = toBar(wanted, body, size);
      const left = starts[place.column]!;
      const right = starts[place.column + 1]!;
      const room = view.width - gutter;
      if (left < node.scrollLeft) node.scrollLeft = left;
      else if (right > node.scrollLeft + room) node.scrollLeft = right - room;
    },
    [body, gutter, rows, size, starts, view.width, widths.length],
  );

  const open = useCallback(
    (place: Place) => {
      const found = source.at(place.row, place.column);
      if (!found) return;
      setOpened({ name: source.columns[place.column]!.name, text: indented(found.text) });
      viewer.current?.showModal();
    },
    [source],
  );

  const onKeyDown = (event: React.KeyboardEvent) => {
    const far = event.metaKey || event.ctrlKey;
    const page = Math.max(1, Math.floor(body / ROW) - 1);
    const moves: Record<string, Place> = {
      ArrowDown: { ...active, row: far ? rows - 1 : active.row + 1 },
      ArrowUp: { ...active, row: far ? 0 : active.row - 1 },
      ArrowRight: { ...active, column: far ? widths.length - 1 : active.column + 1 },
      ArrowLeft: { ...active, column: far ? 0 : active.column - 1 },
      PageDown: { ...active, row: active.row + page },
      PageUp: { ...active, row: active.row - page },
      Home: { row: far ? 0 : active.row, column: 0 },
      End: { row: far ? rows - 1 : active.row, column: widths.length - 1 },
    };
    const next = moves[event.key];
    if (next) goTo(next);
    else if (event.key === " " || event.key === "Enter") open(active);
    else if (far && event.key === "c") {
      const found = source.at(active.row, active.column);
      const name = source.columns[active.column]!.name;
      if (found) void navigator.clipboard?.writeText(event.shiftKey ? asTsv([[name], [found.text]]) : asTsv([[found.text]]));
    } else return;
    event.preventDefault();
  };

  if (source.error && !hasRows) {
    return <Trouble error={source.error} again={() => source.ensure(0, 1)} />;
  }
  // What is left over between the bar and the rows moves them all at once: no pixel is out of reach.
  const block = Math.floor(span.first / BLOCK) * BLOCK;
  const shift = block * ROW - pixel + scroll.top + HEAD;
  const drawn = [];
  for (let row = span.first; row < span.last; row++) {
    drawn.push(
      <GridRow
        key={row}
        source={source}
        version={version}
        row={row}
        top={(row - block) * ROW}
        across={across}
        active={active.row === row ? active.column : null}
        cellId={`${id}-cell`}
        onPick={setActive}
        onOpen={open}
      />,
    );
  }

  return (
    <>
      <div
        ref={box}
        role="grid"
        aria-label={label}
        aria-rowcount={rows + 1}
        aria-colcount={widths.length + 1}
        aria-activedescendant={rows ? `${id}-cell` : undefined}
        tabIndex={0}
        className="grid"
        data-version={version}
        style={height ? { height: Math.min(height, size.height + HEAD + 16) } : undefined}
        onScroll={(event) => {
          const { scrollTop: top, scrollLeft: left } = event.currentTarget;
          setScroll({ top, left });
        }}
        onKeyDown={onKeyDown}
      >
        <div className="grid-size" role="presentation" style={{ height: size.height + HEAD, width: gutter + total }}>
          <div role="row" aria-rowindex={1} className="grid-head" style={{ width: gutter + total }}>
            <div role="columnheader" aria-colindex={1} className="gutter" style={{ width: gutter }}>
              <span className="visually-hidden">Row</span>
            </div>
            {source.columns.slice(across.first, across.last).map((column, n) => (
              <div
                key={across.first + n}
                role="columnheader"
                aria-colindex={across.first + n + 2}
                className={isNumeric(column.arrow_type) ? "grid-column number" : "grid-column"}
                style={{ left: gutter + starts[across.first + n]!, width: widths[across.first + n] }}
                title={`${column.name}: ${column.type}`}
              >
                <b>{column.name}</b>
                <span>{column.type}</span>
              </div>
            ))}
          </div>
          <div role="rowgroup" className="grid-body" style={{ transform: `translateY(${shift}px)` }}>
            {drawn}
          </div>
        </div>
      </div>
      <dialog ref={viewer} className="dialog" aria-label={`Value of ${opened?.name ?? ""}`} onClose={() => box.current?.focus()}>
        <form method="dialog">
          <header className="dialog-head">
            <h2 className="mono">{opened?.name}</h2>
            <button className="button">Close</button>
          </header>
          <pre className="cell-value" tabIndex={0}>{opened?.text}</pre>
        </form>
      </dialog>
    </>
  );
}
