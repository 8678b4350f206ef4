/** Small graphs for tests. */

import type { Graph } from "../api/queries";

type Node = Graph["nodes"][number];

export function node(name: string, other: Partial<Node> = {}): Node {
  const namespace = name.split(".")[0]!;
  return { id: name, name, label: name, kind: "sql", namespace, group: null, status: "ok", row_count: null, ...other };
}

export function graphOf(nodes: Node[], edges: number[][] = []): Graph {
  return {
    nodes,
    edges,
    groups: [...new Set(nodes.map((one) => one.namespace))],
    shown: nodes.length,
    total: nodes.length,
    hidden: { up: 0, down: 0 },
    root: null,
    layout_hint: "layered",
    observed_at: "2026-01-01T00:00:00Z",
    source_state: "ok",
    source_problem: null,
  };
}
