/** Groups as one card each, so that a graph of thousands can be looked at. */

import type { Graph } from "../api/queries";

export const FOLDED = "group:";
/** More datasets than this are folded until they are asked for. */
export const MANY = 150;

/** The worst state is that of the group. */
const WORST = ["failed", "held_back", "running", "warning", "late", "stale", "skipped", "never", "unknown", "ok"];

export function isFolded(group: string, graph: Graph, toggled: readonly string[] | undefined): boolean {
  return graph.nodes.length > MANY !== Boolean(toggled?.includes(group));
}

export function folded(graph: Graph, toggled: readonly string[] | undefined): Graph {
  const shut = new Set(graph.groups.filter((group) => isFolded(group, graph, toggled)));
  if (!shut.size) return graph;
  const nodes: Graph["nodes"] = [];
  const groupAt = new Map<string, number>();
  const place = graph.nodes.map((node) => {
    if (!shut.has(node.namespace)) return nodes.push(node) - 1;
    const at = groupAt.get(node.namespace);
    if (at !== undefined) return at;
    groupAt.set(node.namespace, nodes.length);
    return nodes.push(card(graph, node.namespace)) - 1;
  });
  const seen = new Set<string>();
  const edges = graph.edges.flatMap(([from, to]) => {
    const [a, b] = [place[from!]!, place[to!]!];
    if (a === b || seen.has(`${a} ${b}`)) return [];
    seen.add(`${a} ${b}`);
    return [[a, b]];
  });
  return { ...graph, nodes, edges };
}

function card(graph: Graph, group: string): Graph["nodes"][number] {
  const members = graph.nodes.filter((node) => node.namespace === group);
  const rank = (status: string) => (WORST.includes(status) ? WORST.indexOf(status) : WORST.length);
  const worst = members.reduce((found, node) => (rank(node.status) < rank(found) ? node.status : found), "ok");
  const rows = members.reduce((sum, node) => sum + (node.row_count ?? 0), 0);
  return {
    id: FOLDED + group,
    name: group,
    label: group,
    kind: `${members.length} datasets`,
    namespace: group,
    group,
    status: worst,
    row_count: rows || null,
  };
}
