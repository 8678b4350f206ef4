/**
 * The words of the lineage filter: `raw flights` names parts, `status:failed` a state, and
 * `2+raw.flights+1` a dataset with so many levels of what it reads and of what reads it.
 */

import type { Graph } from "../api/queries";

type Node = Graph["nodes"][number];

export type Selection = {
  /** Parts that a name must have. */
  words: string[];
  /** What a field must be, by the field's name. */
  fields: [string, string][];
  /** A dataset to draw around, with how far; undefined is all the way. */
  around?: { name: string; up?: number; down?: number };
};

const FIELDS = ["status", "kind", "group", "namespace"];
const AROUND = /^(?:(\d*)(\+))?([\w.-]+?)(?:(\+)(\d*))?$/;

export function parsed(text: string): Selection {
  const found: Selection = { words: [], fields: [] };
  for (const token of text.trim().split(/\s+/).filter(Boolean)) {
    const [field, ...rest] = token.split(":");
    const around = token.includes("+") ? AROUND.exec(token) : null;
    if (rest.length && FIELDS.includes(field!)) found.fields.push([field!, rest.join(":").toLowerCase()]);
    else if (around) {
      const [, up, before, name, after, down] = around;
      found.around = { name: name!, up: before ? levels(up) : 0, down: after ? levels(down) : 0 };
    } else found.words.push(token.toLowerCase());
  }
  return found;
}

const levels = (text: string | undefined) => (text ? Number(text) : undefined);

export function isMatch(node: Node, { words, fields }: Selection): boolean {
  const name = node.name.toLowerCase();
  return (
    words.every((word) => name.includes(word)) &&
    fields.every(([field, value]) => String(node[field as keyof Node] ?? "").toLowerCase() === value)
  );
}

/** The ids of what matches; undefined when nothing was asked for. */
export function matching(graph: Graph, selection: Selection): Set<string> | undefined {
  if (!selection.words.length && !selection.fields.length) return undefined;
  return new Set(graph.nodes.filter((node) => isMatch(node, selection)).map((node) => node.id));
}
