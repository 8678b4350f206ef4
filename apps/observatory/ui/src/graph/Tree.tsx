import type { JSX } from "react";

import type { Graph } from "../api/queries";
import { count } from "../lib/format";
import { Status } from "../parts/Status";

/** The same graph as a table: who each dataset reads and who reads it. */
export function Tree({
  graph,
  onChoose,
  matches,
}: {
  graph: Graph;
  onChoose: (id: string) => void;
  matches?: Set<string>;
}): JSX.Element {
  const up = new Map<number, number[]>();
  const down = new Map<number, number[]>();
  for (const [from, to] of graph.edges as [number, number][]) {
    up.set(to, [...(up.get(to) ?? []), from]);
    down.set(from, [...(down.get(from) ?? []), to]);
  }
  const names = (list: number[] | undefined) =>
    (list ?? []).map((n) => (
      <button key={n} type="button" className="link mono" onClick={() => onChoose(graph.nodes[n]!.id)}>
        {graph.nodes[n]!.name}
      </button>
    ));
  return (
    <div className="table-box">
      <table className="table">
        <caption className="visually-hidden">Datasets, what each reads and what reads it</caption>
        <thead>
          <tr>
            <th scope="col">Dataset</th>
            <th scope="col">Status</th>
            <th scope="col">Reads</th>
            <th scope="col">Is read by</th>
            <th scope="col" className="num">
              Rows
            </th>
          </tr>
        </thead>
        <tbody>
          {graph.nodes.map((node, n) =>
            matches && !matches.has(node.id) ? null : (
              <tr key={node.id}>
                <td>
                  <button type="button" className="link mono" onClick={() => onChoose(node.id)}>
                    {node.name}
                  </button>
                </td>
                <td>
                  <Status state={node.status} />
                </td>
                <td className="names">{names(up.get(n))}</td>
                <td className="names">{names(down.get(n))}</td>
                <td className="num">{count(node.row_count)}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}
