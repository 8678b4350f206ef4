import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type JSX, useMemo } from "react";

import { datasetLineage, type Graph } from "../../api/queries";
import { Canvas } from "../../graph/Canvas";
import { useLayout } from "../../graph/useLayout";
import { useRefName } from "../../lib/ref";
import { Empty, Section, Skeleton } from "../../parts/basics";
import { Loaded } from "../../parts/Loaded";
import { keepRef } from "../../shell/Shell";

/** What it reads and what reads it, one level each way. */
export function Lineage({ id }: { id: string }): JSX.Element {
  const found = useQuery(datasetLineage(id, useRefName()));
  const hidden = found.data ? found.data.hidden.up + found.data.hidden.down : 0;
  return (
    <Section
      id="lineage"
      title="Lineage"
      aside={
        <>
          {hidden ? <span className="muted">{hidden} more beyond these</span> : null}
          <Link to="/lineage" search={(was) => ({ ...keepRef(was), root: id })}>
            Open the graph
          </Link>
        </>
      }
    >
      <Loaded of={found}>
        {(graph) =>
          graph.edges.length ? (
            <Small graph={graph} id={id} />
          ) : (
            <Empty title="It reads nothing here, and nothing reads it">What reads what is taken from the code of the workflows.</Empty>
          )
        }
      </Loaded>
    </Section>
  );
}

function Small({ graph: found, id }: { graph: Graph; id: string }): JSX.Element {
  // Without lanes: the few there are fit at a size that can be read.
  const graph = useMemo(() => ({ ...found, groups: [], nodes: found.nodes.map((node) => ({ ...node, label: node.name })) }), [found]);
  const layout = useLayout(graph);
  const navigate = useNavigate();
  if (!layout) return <Skeleton rows={4} />;
  return (
    <Canvas
      graph={graph}
      layout={layout}
      chosen={id}
      fixedHeight
      onChoose={(next) => void navigate({ to: "/catalog/$id", params: { id: next }, search: keepRef })}
    />
  );
}
