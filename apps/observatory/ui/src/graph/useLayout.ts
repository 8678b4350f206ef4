import { useEffect, useMemo, useState } from "react";

import type { Graph } from "../api/queries";
import { type Layout, layout } from "./layout";

/** More than so many nodes are laid out beside the page, which goes on answering. */
const AT_ONCE = 150;

export function useLayout(graph: Graph): Layout | null {
  const input = useMemo(
    () => ({
      lanes: graph.nodes.map((node) => graph.groups.indexOf(node.namespace)),
      edges: graph.edges.map(([from, to]) => [from, to] as [number, number]),
    }),
    [graph],
  );
  const isSmall = input.lanes.length <= AT_ONCE;
  const small = useMemo(() => (isSmall ? layout(input) : null), [input, isSmall]);
  const [large, setLarge] = useState<Layout | null>(null);
  useEffect(() => {
    if (isSmall) return undefined;
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = (message: MessageEvent<{ layout: Layout }>) => setLarge(message.data.layout);
    worker.postMessage({ id: 1, input });
    return () => worker.terminate();
  }, [input, isSmall]);
  return isSmall ? small : large;
}
