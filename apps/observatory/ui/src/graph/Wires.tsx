import { type JSX, memo } from "react";

import type { Graph } from "../api/queries";
import { CARD, type Layout, path } from "./layout";

/** What an object is reached from and what it reaches, by position; null when none is looked at. */
export type Lit = { up: Set<number>; down: Set<number> } | null;

/** The lanes and the lines; they stay as they are while the picture is moved. */
export const Wires = memo(function Wires({ graph, layout, lit }: { graph: Graph; layout: Layout; lit: Lit }): JSX.Element {
  const kind = (from: number, to: number) => {
    if (!lit) return "wire";
    const isLit = (lit.up.has(from) && lit.up.has(to)) || (lit.down.has(from) && lit.down.has(to));
    return isLit ? "wire lit" : "wire dim";
  };
  return (
    <svg width={layout.width} height={layout.height} aria-hidden="true" className="wires">
      {graph.groups.length > 0
        ? layout.lanes.map(({ lane, y, height }) => (
            <g key={lane}>
              <rect className="lane" x={0} y={y} width={layout.width} height={height} rx={8} />
              <text className="lane-name" x={14} y={y + 19}>
                {graph.groups[lane]}
              </text>
            </g>
          ))
        : null}
      {graph.edges.map(([from, to], n) => (
        <path key={n} d={path(layout.routes[n]!)} className={kind(from!, to!)} />
      ))}
      {graph.edges.map(([, to], n) => {
        const end = layout.nodes[to!]!;
        return <path key={n} className="tip" d={`M${end.x - 6} ${end.y + CARD.height / 2 - 3.5}l6 3.5l-6 3.5z`} />;
      })}
    </svg>
  );
});
