import { type JSX, memo } from "react";

import { count } from "../lib/format";
import type { RowSource } from "./source";

export type Place = { row: number; column: number };

/** Where columns are, the same for all rows. */
export type Across = { first: number; last: number; starts: number[]; widths: number[]; gutter: number; total: number };

type Props = {
  source: RowSource;
  /** Changes when rows came: what a row shows is asked of the source. */
  version: number;
  row: number;
  top: number;
  across: Across;
  /** The chosen column, if it is in this row. */
  active: number | null;
  cellId: string;
  onPick: (place: Place) => void;
  onOpen: (place: Place) => void;
};

/** One row; it is drawn once, however far it is scrolled. */
export const GridRow = memo(function GridRow(props: Props): JSX.Element {
  const { source, row, top, across, active, cellId, onPick, onOpen } = props;
  const cells: JSX.Element[] = [];
  for (let column = across.first; column < across.last; column++) {
    const found = source.at(row, column);
    const isActive = active === column;
    cells.push(
      <div
        key={column}
        id={isActive ? cellId : undefined}
        role="gridcell"
        aria-colindex={column + 2}
        aria-selected={isActive}
        className={`cell${found ? "" : " waits"}${found?.isNull ? " null" : ""}${found?.isNumber ? " number" : ""}${isActive ? " active" : ""}`}
        style={{ left: across.gutter + across.starts[column]!, width: across.widths[column] }}
        onClick={() => onPick({ row, column })}
        onDoubleClick={() => onOpen({ row, column })}
      >
        {found ? found.text : ""}
      </div>,
    );
  }
  return (
    <div role="row" aria-rowindex={row + 2} className="grid-row" style={{ top, width: across.gutter + across.total }}>
      <div role="rowheader" aria-colindex={1} className="gutter" style={{ width: across.gutter }}>
        {count(row + 1)}
      </div>
      {cells}
    </div>
  );
});
