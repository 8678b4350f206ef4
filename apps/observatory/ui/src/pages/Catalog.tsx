import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type JSX, useRef, useState } from "react";

import { type Dataset, datasets } from "../api/queries";
import { bytes, count, plural } from "../lib/format";
import { toggled } from "../lib/search";
import { look } from "../lib/status";
import { Empty, Page, Skeleton, Stale, Time } from "../parts/basics";
import { Trouble } from "../parts/Fault";
import { Filter } from "../parts/Filter";
import { Icon } from "../parts/Icon";
import { Glyph, Status } from "../parts/Status";
import { useTitle } from "../router";
import { keepRef } from "../shell/Shell";

const route = getRouteApi("/shell/catalog");
const FACETS: [string, string][] = [
  ["status", "Status"],
  ["namespace", "Namespace"],
  ["kind", "Kind"],
  ["owner", "Owner"],
  ["tag", "Tag"],
];

const SORTS: [string, string, string][] = [
  ["name", "Name", ""],
  ["status", "Status", ""],
  ["owner", "Owner", "hide-mid"],
  ["rows", "Rows", "num"],
  ["size", "Size", "num hide-narrow"],
  ["updated", "Changed", "num hide-narrow"],
];

export default function Catalog(): JSX.Element {
  useTitle("Catalog");
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/catalog" });
  const [isOpen, setOpen] = useState(false);
  const found = useQuery(
    datasets({ q: search.q, filter: search.f, sort: search.sort ?? "name", ref: search.ref }),
  );
  const set = (change: object) => void navigate({ search: (was) => ({ ...was, ...change }), replace: true });
  const data = found.data;
  return (
    <Page
      wide
      title="Catalog"
      lead={data ? `${plural(data.total ?? data.items.length, "dataset")}${search.q || search.f ? " of this choice" : ""}` : "…"}
    >
      <div className="tools">
        <Filter label="Filter datasets" placeholder="Filter by name, description, owner or tag" value={search.q} onChange={(q) => set({ q })} />
        <button type="button" className="button facets-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name="filter" size={14} />
          Filters{search.f ? ` (${search.f.length})` : ""}
        </button>
      </div>
      <Stale of={data} />
      <div className="catalog">
        <aside className={isOpen ? "facets open" : "facets"} aria-label="Filters">
          {FACETS.map(([key, title]) => {
            const values = data?.facets[key] ?? [];
            if (!values.length) return null;
            return (
              <fieldset key={key}>
                <legend>{title}</legend>
                {values.slice(0, 12).map(({ value, count: many }) => (
                  <label key={value} className="facet">
                    <input
                      type="checkbox"
                      checked={search.f?.includes(`${key}:${value}`) ?? false}
                      onChange={() => set({ f: toggled(search.f, `${key}:${value}`) })}
                    />
                    {key === "status" ? <Glyph state={value} /> : null}
                    <span className="truncate grow">{key === "status" ? look(value).word : value}</span>
                    <span className="muted num">{many}</span>
                  </label>
                ))}
              </fieldset>
            );
          })}
          {search.f ? (
            <button type="button" className="button" onClick={() => set({ f: undefined })}>
              Clear the filters
            </button>
          ) : null}
        </aside>
        <div className="catalog-list">
          {found.error && !data ? <Trouble error={found.error} again={() => void found.refetch()} /> : null}
          {!data && !found.error ? <Skeleton rows={8} tall /> : null}
          {data && data.items.length === 0 ? <Nothing isFiltered={Boolean(search.q || search.f)} /> : null}
          {data?.items.length ? <List items={data.items} sort={search.sort ?? "name"} onSort={(sort) => set({ sort })} /> : null}
          {data?.truncated ? <p className="muted note">{`The first ${count(data.items.length)} are shown; filter for the others.`}</p> : null}
        </div>
      </div>
    </Page>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }): JSX.Element {
  return isFiltered ? (
    <Empty title="No dataset is like that">Take a filter away, or look for other words.</Empty>
  ) : (
    <Empty title="There is no dataset yet" command="phlo materialize">
      A function with @phlo.ingestion or a SQL file in workflows/ makes one.
    </Empty>
  );
}

function List({ items, sort, onSort }: { items: Dataset[]; sort: string; onSort: (sort: string) => void }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const isLong = items.length > 200;
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => 52,
    overscan: 12,
    enabled: isLong,
  });
  const drawn = isLong ? rows.getVirtualItems().map((one) => one.index) : items.map((_, n) => n);
  const before = isLong ? (rows.getVirtualItems()[0]?.start ?? 0) : 0;
  const after = isLong ? rows.getTotalSize() - (rows.getVirtualItems().at(-1)?.end ?? 0) : 0;
  const down = sort.startsWith("-");
  const key = sort.replace("-", "");
  return (
    <div className={isLong ? "table-box tall" : "table-box"} ref={box} tabIndex={isLong ? 0 : undefined} role={isLong ? "region" : undefined} aria-label={isLong ? "Datasets" : undefined}>
      <table className="table catalog-table" aria-rowcount={items.length + 1}>
        <caption className="visually-hidden">Datasets</caption>
        <thead>
          <tr>
            {SORTS.map(([name, title, kind]) => (
              <th key={name} scope="col" className={kind} aria-sort={key === name ? (down ? "descending" : "ascending") : "none"}>
                <button type="button" onClick={() => onSort(key === name && !down ? `-${name}` : name)}>
                  {title}
                  <span aria-hidden="true">{key === name ? (down ? " ↓" : " ↑") : ""}</span>
                </button>
              </th>
            ))}
            <th scope="col" className="hide-mid">
              Checks
            </th>
          </tr>
        </thead>
        <tbody data-list>
          {before ? <tr style={{ height: before }} aria-hidden="true" /> : null}
          {drawn.map((n) => (
            <Row key={items[n]!.id} one={items[n]!} />
          ))}
          {after ? <tr style={{ height: after }} aria-hidden="true" /> : null}
        </tbody>
      </table>
    </div>
  );
}

function Row({ one }: { one: Dataset }): JSX.Element {
  const { checks } = one;
  return (
    <tr className="two-lines">
      <td className="name-cell">
        <Link to="/catalog/$id" params={{ id: one.id }} search={keepRef as never} data-open className="name mono">
          <span className="muted">{one.namespace}.</span>
          {one.name.slice(one.namespace.length + 1)}
        </Link>
        <span className="muted truncate sub">{one.description ?? one.kind}</span>
      </td>
      <td>
        <Status state={one.status.overall} />
      </td>
      <td className="hide-mid muted">{one.owner ?? "–"}</td>
      <td className="num">{count(one.row_count?.value)}</td>
      <td className="num hide-narrow">{bytes(one.size_bytes)}</td>
      <td className="num hide-narrow muted">
        <Time at={one.last_updated} />
      </td>
      <td className="hide-mid muted nowrap">
        {checks.total ? `${checks.passed} of ${checks.total} pass` : "none"}
      </td>
    </tr>
  );
}
