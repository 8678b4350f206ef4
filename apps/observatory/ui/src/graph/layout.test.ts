import { describe, expect, test } from "vitest";

import { CARD, type Input, layout, path, ranks, reach } from "./layout";

/** The same graph each time: a layered one, as workflows make. */
function graphOf(size: number, depth: number, lanes: number, seed = 7): Input {
  let state = seed;
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const rank = Array.from({ length: size }, (_, n) => Math.floor((n / size) * depth));
  const edges: [number, number][] = [];
  for (let to = 0; to < size; to++) {
    for (let n = 0; n < 2; n++) {
      const from = Math.floor(random() * to);
      if (rank[from]! < rank[to]!) edges.push([from, to]);
    }
  }
  return { lanes: rank.map((one) => one % lanes), edges };
}

const CASES: [string, Input][] = [
  ["nothing", { lanes: [], edges: [] }],
  ["one", { lanes: [0], edges: [] }],
  ["a diamond", { lanes: [0, 0, 0, 0], edges: [[0, 1], [0, 2], [1, 3], [2, 3], [0, 3]] }],
  ["twenty", graphOf(20, 4, 2)],
  ["three hundred", graphOf(300, 8, 4)],
  ["a thousand", graphOf(1000, 10, 3)],
];

describe.each(CASES)("%s", (_, input) => {
  const found = layout(input);

  test("no card lies over another", () => {
    const cards = found.nodes.map((at, n) => ({ ...at, n })).sort((a, b) => a.x - b.x || a.y - b.y);
    for (let n = 1; n < cards.length; n++) {
      const [above, below] = [cards[n - 1]!, cards[n]!];
      if (above.x === below.x) expect(below.y - above.y).toBeGreaterThanOrEqual(CARD.height);
      else expect(below.x - above.x).toBeGreaterThanOrEqual(CARD.width);
    }
  });

  test("every edge goes to the right", () => {
    for (const [from, to] of input.edges) expect(found.nodes[to]!.x).toBeGreaterThanOrEqual(found.nodes[from]!.x + CARD.width);
  });

  test("every edge begins at its first card and ends at its last", () => {
    input.edges.forEach(([from, to], n) => {
      const route = found.routes[n]!;
      const [a, b] = [found.nodes[from]!, found.nodes[to]!];
      expect(route[0]).toEqual({ x: a.x + CARD.width, y: a.y + CARD.height / 2 });
      expect(route.at(-1)).toEqual({ x: b.x, y: b.y + CARD.height / 2 });
    });
  });

  test("a long edge goes between cards, not over them", () => {
    for (const [n, [from, to]] of input.edges.entries()) {
      for (const at of found.routes[n]!.slice(1, -1)) {
        const hit = found.nodes.findIndex((card, m) => m !== from && m !== to && at.x >= card.x && at.x <= card.x + CARD.width && at.y > card.y && at.y < card.y + CARD.height);
        expect(hit).toBe(-1);
      }
    }
  });

  test("each card is within its lane, lanes are apart, and all is within the picture", () => {
    found.lanes.forEach((lane, n) => {
      if (n) expect(lane.y).toBeGreaterThanOrEqual(found.lanes[n - 1]!.y + found.lanes[n - 1]!.height);
    });
    found.nodes.forEach((at, n) => {
      const lane = found.lanes.find((one) => one.lane === input.lanes[n])!;
      expect(at.y).toBeGreaterThanOrEqual(lane.y);
      expect(at.y + CARD.height).toBeLessThanOrEqual(lane.y + lane.height);
      expect(at.x + CARD.width).toBeLessThanOrEqual(found.width);
      expect(at.y + CARD.height).toBeLessThanOrEqual(found.height);
    });
  });
});

test("a rank is the longest way from a beginning", () => {
  expect(ranks(5, [[0, 1], [1, 2], [0, 2], [2, 3]])).toEqual([0, 1, 2, 3, 0]);
});

test("a ring, and an edge to itself, end", () => {
  expect(ranks(2, [[0, 1], [1, 0]])).toEqual([0, 0]);
  expect(ranks(1, [[0, 0]])).toEqual([0]);
  expect(layout({ lanes: [0, 0], edges: [[0, 1], [1, 0]] }).nodes).toHaveLength(2);
});

test("the same graph is drawn the same", () => {
  const input = graphOf(200, 6, 3);
  expect(layout(input)).toEqual(layout(input));
});

test("ten thousand nodes are laid out", () => {
  const found = layout(graphOf(10_000, 14, 5));
  expect(found.nodes).toHaveLength(10_000);
  expect(new Set(found.nodes.map((at) => `${at.x} ${at.y}`)).size).toBe(10_000);
});

test("what an object reaches and is reached from is found once, in rings as well", () => {
  const edges: [number, number][] = [[0, 1], [1, 2], [2, 0], [3, 1]];
  expect([...reach(0, edges, true)].sort()).toEqual([0, 1, 2]);
  expect([...reach(1, edges, false)].sort()).toEqual([0, 1, 2, 3]);
  expect(reach(9, edges, true).size).toBe(0);
});

test("a path is level where it can be", () => {
  expect(path([{ x: 0, y: 5 }, { x: 10, y: 5 }])).toBe("M0 5H10");
  expect(path([{ x: 0, y: 0 }, { x: 10, y: 20 }])).toBe("M0 0C5 0 5 20 10 20");
  expect(path([])).toBe("");
});
