import type { JSX } from "react";

import type { Graph } from "../../api/queries";
import { isFolded } from "../../graph/fold";
import { count, plural } from "../../lib/format";
import { type LineageSearch, toggled } from "../../lib/search";
import { Choose } from "../../parts/Choose";
import { Filter } from "../../parts/Filter";
import { Icon } from "../../parts/Icon";

type Props = {
  search: LineageSearch;
  found: Graph | undefined;
  set: (change: LineageSearch) => void;
  onAsk: (q: string | undefined) => void;
};

/** What is drawn: around what, how far, which groups as one, as a graph or as a table. */
export function Tools({ search, found, set, onAsk }: Props): JSX.Element {
  const root = found?.nodes.find((node) => node.id === search.root);
  return (
    <div className="tools lineage-tools">
      <Filter label="Filter the graph" placeholder="Filter: name, status:failed, 2+raw.flights+1" value={search.q} onChange={onAsk} />
      {search.root ? (
        <>
          <button type="button" className="button" onClick={() => set({ root: undefined, up: undefined, down: undefined })}>
            <span>
              Around <span className="mono">{root?.name ?? "…"}</span>
            </span>
            <Icon name="close" size={12} />
            <span className="visually-hidden">show all datasets</span>
          </button>
          <Levels label="Levels of what it reads" word="up" value={search.up} onChange={(up) => set({ up })} />
          <Levels label="Levels of what reads it" word="down" value={search.down} onChange={(down) => set({ down })} />
        </>
      ) : null}
      {found && found.groups.length > 1 && search.view !== "tree" ? <Groups found={found} search={search} set={set} /> : null}
      <Choose
        label="View"
        value={search.view ?? "graph"}
        choices={[
          { value: "graph", word: "Graph" },
          { value: "tree", word: "Table" },
        ]}
        onChoose={(view) => set({ view: view === "tree" ? "tree" : undefined })}
      />
      {found ? <Shown found={found} /> : null}
    </div>
  );
}

function Shown({ found }: { found: Graph }): JSX.Element {
  const { up, down } = found.hidden;
  const beyond = [up ? `${count(up)} further up` : "", down ? `${count(down)} further down` : ""].filter(Boolean).join(", ");
  return (
    <span className="muted">
      {found.shown === found.total ? plural(found.total, "dataset") : `${count(found.shown)} of ${count(found.total)} shown`}
      {beyond ? ` (${beyond})` : ""}
    </span>
  );
}

function Levels(props: { label: string; word: string; value: number | undefined; onChange: (value: number | undefined) => void }): JSX.Element {
  return (
    <label className="levels">
      <span aria-hidden="true">{props.word}</span>
      <select
        className="select"
        aria-label={props.label}
        value={props.value ?? ""}
        onChange={(event) => props.onChange(event.target.value === "" ? undefined : Number(event.target.value))}
      >
        <option value="">all</option>
        {[0, 1, 2, 3, 4, 5].map((n) => (
          <option key={n}>{n}</option>
        ))}
      </select>
    </label>
  );
}

function Groups({ found, search, set }: Omit<Props, "onAsk" | "found"> & { found: Graph }): JSX.Element {
  return (
    <div className="tabs" role="group" aria-label="Groups that are drawn one by one">
      {found.groups.map((group) => (
        <button key={group} type="button" aria-pressed={!isFolded(group, found, search.fold)} onClick={() => set({ fold: toggled(search.fold, group) })}>
          <span className="mono">{group}</span>
          <span className="muted num">{found.nodes.filter((node) => node.namespace === group).length}</span>
        </button>
      ))}
    </div>
  );
}
