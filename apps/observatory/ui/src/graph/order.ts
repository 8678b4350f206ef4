/** Lanes from above to below as the data goes: what is read stands above what reads it. */

import type { Graph } from "../api/queries";
import { ranks } from "./layout";

export function ordered(graph: Graph): Graph {
  const rank = ranks(graph.nodes.length, graph.edges as [number, number][]);
  const mean = new Map(
    graph.groups.map((group) => {
      const own = graph.nodes.flatMap((node, n) => (node.namespace === group ? [rank[n]!] : []));
      return [group, own.reduce((sum, one) => sum + one, 0) / Math.max(1, own.length)];
    }),
  );
  const groups = [...graph.groups].sort((a, b) => mean.get(a)! - mean.get(b)! || a.localeCompare(b));
  return { ...graph, groups };
}
