/**
 * A layered layout from left to right, groups as lanes. Ranks are longest paths, so every edge goes
 * right; edges over several ranks are led through points of their own between the cards.
 */

export type Input = {
  /** The lane of each node. */
  lanes: number[];
  edges: [number, number][];
};

export type Point = { x: number; y: number };
export type Lane = { lane: number; y: number; height: number };
export type Layout = {
  nodes: Point[];
  /** The points that each edge goes through, from the right of one card to the left of another. */
  routes: Point[][];
  lanes: Lane[];
  width: number;
  height: number;
};

export const CARD = { width: 184, height: 44 };
const GAP = { x: 72, y: 14, thread: 12, lane: 26, top: 30, left: 20 };
const SWEEPS = 6;

type Item = { lane: number; rank: number; node: number; edge: number };

export function ranks(size: number, edges: readonly [number, number][]): number[] {
  const below: number[][] = Array.from({ length: size }, () => []);
  const waits = new Array<number>(size).fill(0);
  for (const [from, to] of edges) {
    if (from === to) continue;
    below[from]!.push(to);
    waits[to]! += 1;
  }
  const rank = new Array<number>(size).fill(0);
  const ready = waits.flatMap((n, at) => (n === 0 ? [at] : []));
  for (let at = 0; at < ready.length; at++) {
    const node = ready[at]!;
    for (const next of below[node]!) {
      rank[next] = Math.max(rank[next]!, rank[node]! + 1);
      waits[next]! -= 1;
      if (waits[next] === 0) ready.push(next);
    }
  }
  return rank;
}

export function layout({ lanes, edges }: Input): Layout {
  const rank = ranks(lanes.length, edges);
  const items: Item[] = lanes.map((lane, node) => ({ lane, rank: rank[node]!, node, edge: -1 }));
  const links: [number, number][] = [];
  const chains = edges.map(([from, to], edge) => {
    const chain = [from];
    for (let at = rank[from]! + 1; at < rank[to]!; at++) {
      items.push({ lane: lanes[to]!, rank: at, node: -1, edge });
      chain.push(items.length - 1);
    }
    chain.push(to);
    for (let n = 1; n < chain.length; n++) links.push([chain[n - 1]!, chain[n]!]);
    return chain;
  });

  const columns = grouped(items, links);
  return placed(items, columns, chains, lanes);
}

/** Order the items of each rank so that few edges cross; items of one lane stay together. */
function grouped(items: Item[], links: [number, number][]): number[][] {
  const before: number[][] = items.map(() => []);
  const after: number[][] = items.map(() => []);
  for (const [from, to] of links) {
    after[from]!.push(to);
    before[to]!.push(from);
  }
  const last = items.reduce((most, item) => Math.max(most, item.rank), 0);
  const columns: number[][] = Array.from({ length: last + 1 }, () => []);
  items.forEach((item, at) => columns[item.rank]!.push(at));
  const position = new Array<number>(items.length).fill(0);
  const number = (column: number[]) => column.forEach((at, n) => (position[at] = n / (column.length || 1)));
  const byLane = (a: number, b: number) => items[a]!.lane - items[b]!.lane;
  for (const column of columns) {
    column.sort((a, b) => byLane(a, b) || a - b);
    number(column);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const goesDown = sweep % 2 === 0;
    const near = goesDown ? before : after;
    for (const column of goesDown ? columns : [...columns].reverse()) {
      const weight = new Map(column.map((at) => [at, median(near[at]!.map((n) => position[n]!), position[at]!)]));
      column.sort((a, b) => byLane(a, b) || weight.get(a)! - weight.get(b)! || a - b);
      number(column);
    }
  }
  return columns;
}

function median(values: number[], otherwise: number): number {
  if (!values.length) return otherwise;
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

function placed(items: Item[], columns: number[][], chains: number[][], lanes: number[]): Layout {
  const heightOf = (at: number) => (items[at]!.node < 0 ? GAP.thread : CARD.height);
  const laneNames = [...new Set(lanes)].sort((a, b) => a - b);
  const stack = (column: number[], lane: number) => column.filter((at) => items[at]!.lane === lane);
  const tall = (members: number[]) =>
    members.reduce((sum, at) => sum + heightOf(at), 0) + Math.max(0, members.length - 1) * GAP.y;

  const places: Point[] = items.map(() => ({ x: 0, y: 0 }));
  const bands: Lane[] = [];
  let top = 0;
  for (const lane of laneNames) {
    const stacks = columns.map((column) => stack(column, lane));
    const inner = Math.max(CARD.height, ...stacks.map(tall));
    stacks.forEach((members, rank) => {
      let y = top + GAP.top + (inner - tall(members)) / 2;
      for (const at of members) {
        places[at] = { x: GAP.left + rank * (CARD.width + GAP.x), y };
        y += heightOf(at) + GAP.y;
      }
    });
    const height = GAP.top + inner + GAP.lane - 8;
    bands.push({ lane, y: top, height });
    top += height + 8;
  }
  const routes = chains.map((chain) =>
    chain.flatMap((at, n): Point[] => {
      const place = places[at]!;
      const middle = place.y + heightOf(at) / 2;
      if (n === 0) return [{ x: place.x + CARD.width, y: middle }];
      if (n === chain.length - 1) return [{ x: place.x, y: middle }];
      return [{ x: place.x, y: middle }, { x: place.x + CARD.width, y: middle }];
    }),
  );
  const width = GAP.left * 2 + columns.length * (CARD.width + GAP.x) - GAP.x;
  return { nodes: places.slice(0, lanes.length), routes, lanes: bands, width, height: Math.max(0, top - 8) };
}

/** An edge as an SVG path: level at its points, curved between them. */
export function path(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let text = `M${first.x} ${first.y}`;
  let from = first;
  for (const to of rest) {
    if (to.y === from.y) text += `H${to.x}`;
    else {
      const middle = (from.x + to.x) / 2;
      text += `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
    }
    from = to;
  }
  return text;
}

/** What an object can be reached from, or reaches, by edges. */
export function reach(start: number, edges: readonly [number, number][], forward: boolean): Set<number> {
  const next = new Map<number, number[]>();
  for (const [from, to] of edges) {
    const [a, b] = forward ? [from, to] : [to, from];
    next.set(a, [...(next.get(a) ?? []), b]);
  }
  const found = new Set<number>();
  const waiting = [start];
  while (waiting.length) {
    for (const one of next.get(waiting.pop()!) ?? []) {
      if (found.has(one)) continue;
      found.add(one);
      waiting.push(one);
    }
  }
  return found;
}
