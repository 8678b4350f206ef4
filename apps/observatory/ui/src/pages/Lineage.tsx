import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type JSX, useMemo } from "react";

import { type Graph, graph } from "../api/queries";
import { Canvas } from "../graph/Canvas";
import { FOLDED, folded } from "../graph/fold";
import { ordered } from "../graph/order";
import { matching, parsed, type Selection } from "../graph/selection";
import { Tree } from "../graph/Tree";
import { useLayout } from "../graph/useLayout";
import { type LineageSearch, toggled } from "../lib/search";
import { Empty, Skeleton, Stale } from "../parts/basics";
import { Trouble } from "../parts/Fault";
import { useTitle } from "../router";
import { NodePanel } from "./lineage/NodePanel";
import { Tools } from "./lineage/Tools";

const route = getRouteApi("/shell/lineage");
type Change = (change: LineageSearch) => void;

export default function Lineage(): JSX.Element {
  useTitle("Lineage");
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/lineage" });
  const set: Change = (change) => void navigate({ search: (was) => ({ ...was, ...change }), replace: true });
  const found = useQuery(graph({ root: search.root, up: search.root ? search.up : undefined, down: search.root ? search.down : undefined, ref: search.ref }));
  const chosen = found.data?.nodes.find((node) => node.id === search.at);
  const selection = useMemo(() => parsed(search.q ?? ""), [search.q]);

  const ask = (q: string | undefined) => {
    const { around } = parsed(q ?? "");
    const root = around && found.data?.nodes.find((node) => node.name === around.name || node.label === around.name);
    set(root ? { q: undefined, root: root.id, up: around.up, down: around.down } : { q });
  };
  return (
    <div className="page full">
      <h1 className="visually-hidden">Lineage</h1>
      <Tools search={search} found={found.data} set={set} onAsk={ask} />
      {found.data ? <Stale of={found.data} /> : null}
      <div className="split">
        <div className="split-main">
          {found.error && !found.data ? (
            <div className="result-pad">
              <Trouble error={found.error} again={() => void found.refetch()} />
            </div>
          ) : !found.data ? (
            <div className="result-pad">
              <Skeleton rows={8} tall />
            </div>
          ) : found.data.nodes.length === 0 ? (
            <div className="result-pad">
              <Empty title="There is no dataset yet" command="phlo materialize">
                What reads what is drawn here, taken from the code of the workflows.
              </Empty>
            </div>
          ) : (
            <Drawn data={found.data} search={search} selection={selection} set={set} />
          )}
        </div>
        {chosen ? <NodePanel key={chosen.id} id={chosen.id} name={chosen.name} onClose={() => set({ at: undefined })} onFocus={() => set({ root: chosen.id })} /> : null}
      </div>
    </div>
  );
}

function Drawn({ data, search, selection, set }: { data: Graph; search: LineageSearch; selection: Selection; set: Change }): JSX.Element {
  const matches = useMemo(() => matching(data, selection), [data, selection]);
  const isTree = search.view === "tree";
  if (isTree) return <Tree graph={data} matches={matches} onChoose={(at) => set({ at })} />;
  return <Picture data={data} search={search} matches={matches} set={set} />;
}

function Picture({ data, search, matches, set }: { data: Graph; search: LineageSearch; matches: Set<string> | undefined; set: Change }): JSX.Element {
  const shown = useMemo(() => folded(ordered(data), search.fold), [data, search.fold]);
  // A folded group is lit when one of its datasets is.
  const lit = useMemo(() => matches && withGroups(data, matches), [data, matches]);
  const layout = useLayout(shown);
  if (!layout) {
    return (
      <div className="result-pad">
        <Skeleton rows={8} tall />
      </div>
    );
  }
  const choose = (id: string) => {
    if (id.startsWith(FOLDED)) set({ fold: toggled(search.fold, id.slice(FOLDED.length)) });
    else set({ at: id });
  };
  return (
    <Canvas
      graph={shown}
      layout={layout}
      chosen={search.at ?? search.root}
      matches={lit}
      onChoose={choose}
      onFocus={(id) => (id.startsWith(FOLDED) ? undefined : set({ root: id, at: id }))}
    />
  );
}

function withGroups(data: Graph, matches: Set<string>): Set<string> {
  const groups = data.nodes.filter((node) => matches.has(node.id)).map((node) => FOLDED + node.namespace);
  return new Set([...matches, ...groups]);
}
