import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { type Column, columns, type DatasetDetail } from "../../api/queries";
import { share } from "../../lib/format";
import { useRefName } from "../../lib/ref";
import { Empty, Section } from "../../parts/basics";
import { Icon } from "../../parts/Icon";
import { Loaded } from "../../parts/Loaded";
import { keepRef } from "../../shell/Shell";

export function Columns({ id, one }: { id: string; one: DatasetDetail }): JSX.Element {
  const found = useQuery(columns(id, useRefName()));
  const reads = one.upstream.length;
  const isRead = one.downstream.length;
  return (
    <Section id="columns" title="Columns" aside={one.mode ? <span className="muted">{modeOf(one)}</span> : null}>
      <Loaded of={found} rows={6} tall>
        {(data) =>
          data.items.length === 0 ? (
            <Empty title="The table has no columns yet" command={`phlo materialize ${one.name}`}>
              They are known once it is made, or when a schema is declared.
            </Empty>
          ) : (
            <div className="table-box">
              <table className="table">
                <caption className="visually-hidden">Columns of {one.name}</caption>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Type</th>
                    <th scope="col" className="num">
                      Null
                    </th>
                    <th scope="col" className="hide-narrow">
                      Least to greatest
                    </th>
                    <th scope="col">Checks</th>
                    <th scope="col" className="hide-mid">
                      Lineage
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {data.items.map((column) => (
                    <Row key={column.name} column={column} id={id} reads={reads} isRead={isRead} />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </Section>
  );
}

function modeOf(one: DatasetDetail): string {
  const key = one.key_columns.length ? ` by ${one.key_columns.join(", ")}` : "";
  return `Rows are ${{ merge: "merged", append: "appended", overwrite: "overwritten" }[one.mode ?? ""] ?? one.mode}${key}`;
}

function Row({ column, id, reads, isRead }: { column: Column; id: string; reads: number; isRead: number }): JSX.Element {
  return (
    <tr>
      <td className="column-name">
        <span className="mono strong">{column.name}</span>
        {column.is_key ? (
          <span className="key-mark" title="Part of the key">
            <Icon name="key" size={13} />
            <span className="visually-hidden">part of the key</span>
          </span>
        ) : null}
        {column.description ? <span className="muted sub">{column.description}</span> : null}
      </td>
      <td className="mono muted column-type">{column.type}</td>
      <td className="num">
        <Nulls column={column} />
      </td>
      <td className="hide-narrow">
        <Bounds column={column} />
      </td>
      <td>
        {column.checks.length ? (
          <a href="#checks" className="glyph-link nowrap" title={column.checks.join("\n")}>
            <Icon name="quality" size={14} />
            {column.checks.length}
            <span className="visually-hidden"> checks on {column.name}</span>
          </a>
        ) : (
          <span className="muted">–</span>
        )}
      </td>
      <td className="hide-mid">
        <Link to="/lineage" search={(was) => ({ ...keepRef(was), root: id })} className="glyph-link nowrap" title={`The dataset reads ${reads} and is read by ${isRead}`}>
          <Icon name="lineage" size={14} />
          {reads}
          <span aria-hidden="true">→</span>
          {isRead}
          <span className="visually-hidden"> lineage of the dataset of {column.name}</span>
        </Link>
      </td>
    </tr>
  );
}

function Nulls({ column }: { column: Column }): JSX.Element {
  if (column.null_count == null || !column.value_count) {
    return <span className="muted">{column.nullable ? "–" : "never"}</span>;
  }
  const part = column.null_count / column.value_count;
  return (
    <span className="nulls">
      {part ? (
        <span className="meter" aria-hidden="true">
          <i style={{ width: `${Math.max(4, part * 100)}%` }} />
        </span>
      ) : (
        <span />
      )}
      <span className={part ? "" : "muted"}>{share(column.null_count, column.value_count)}</span>
    </span>
  );
}

/** A moment as people read it; everything else as it is. */
function bound(value: string | null): string {
  if (value === null) return "–";
  return /^\d{4}-\d\d-\d\dT/.test(value) ? value.replace("T", " ").replace(/(\+00:00|Z)$/, "") : value;
}

function Bounds({ column }: { column: Column }): JSX.Element {
  if (column.minimum == null && column.maximum == null) return <span className="muted">–</span>;
  const note = column.bounds_are_exact ? "" : "Bounds of the files: the values lie within them";
  return (
    <span className="bound" title={note}>
      <code className="truncate">{bound(column.minimum)}</code>
      <i aria-hidden="true" />
      <span className="visually-hidden">to</span>
      <code className="truncate">{bound(column.maximum)}</code>
    </span>
  );
}

