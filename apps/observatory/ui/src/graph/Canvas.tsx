import "./graph.css";

import { type JSX, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import type { Graph } from "../api/queries";
import { short } from "../lib/format";
import { look } from "../lib/status";
import { Icon } from "../parts/Icon";
import { Glyph } from "../parts/Status";
import { CARD, type Layout, reach } from "./layout";
import { type Lit, Wires } from "./Wires";

type View = { x: number; y: number; scale: number };

/** The graph as cards and lines: drag to move, wheel with Ctrl or two fingers to zoom. */
export function Canvas({
  graph,
  layout,
  chosen,
  matches,
  onChoose,
  onFocus,
  fixedHeight,
}: {
  graph: Graph;
  layout: Layout;
  chosen: string | undefined;
  matches?: Set<string>;
  onChoose: (id: string) => void;
  onFocus?: (id: string) => void;
  fixedHeight?: boolean;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [view, setView] = useState<View>({ x: 0, y: 0, scale: 1 });
  const [pointed, setPointed] = useState<number | null>(null);

  const fit = useCallback(() => {
    const node = box.current;
    if (!node || !layout.width) return;
    const { clientWidth: width, clientHeight: height } = node;
    const all = Math.min((width - 24) / layout.width, (height - 24) / layout.height);
    // Names stay readable: what does not fit then is reached by moving.
    const scale = Math.min(1, Math.max(fixedHeight ? 0.5 : 0.7, all));
    const isWider = layout.width * scale > width - 24;
    const isTaller = layout.height * scale > height - 24;
    setView({
      scale,
      x: isWider ? 12 : (width - layout.width * scale) / 2,
      y: isTaller ? 12 : fixedHeight ? (height - layout.height * scale) / 2 : 16,
    });
  }, [fixedHeight, layout]);

  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const observer = new ResizeObserver(() => setSize({ width: node.clientWidth, height: node.clientHeight }));
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(fit, [fit, size.width === 0]);

  const zoom = useCallback((factor: number, at?: { x: number; y: number }) => {
    setView((was) => {
      const node = box.current;
      const scale = Math.min(2, Math.max(0.15, was.scale * factor));
      const x = at?.x ?? (node?.clientWidth ?? 0) / 2;
      const y = at?.y ?? (node?.clientHeight ?? 0) / 2;
      const ratio = scale / was.scale;
      return { scale, x: x - (x - was.x) * ratio, y: y - (y - was.y) * ratio };
    });
  }, []);

  useEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const wheel = (event: WheelEvent) => {
      // In a page that scrolls, a plain wheel is the page's.
      if (fixedHeight && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const frame = node.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) {
        zoom(Math.exp(-event.deltaY / 300), { x: event.clientX - frame.left, y: event.clientY - frame.top });
      } else setView((was) => ({ ...was, x: was.x - event.deltaX, y: was.y - event.deltaY }));
    };
    node.addEventListener("wheel", wheel, { passive: false });
    return () => node.removeEventListener("wheel", wheel);
  }, [fixedHeight, zoom]);

  const lit = useMemo<Lit>(() => {
    const at = pointed ?? graph.nodes.findIndex((node) => node.id === chosen);
    if (at < 0) return null;
    const edges = graph.edges as [number, number][];
    return { up: reach(at, edges, false).add(at), down: reach(at, edges, true).add(at) };
  }, [chosen, graph, pointed]);

  // Only what can be seen is drawn, so the number of datasets does not matter.
  const near = useMemo(() => {
    const margin = 300;
    const left = (-view.x - margin) / view.scale;
    const top = (-view.y - margin) / view.scale;
    return {
      left,
      top,
      right: left + (size.width + 2 * margin) / view.scale,
      bottom: top + (size.height + 2 * margin) / view.scale,
    };
  }, [size, view]);
  const cull = graph.nodes.length > 300;
  const isNear = (x: number, y: number, width: number) =>
    !cull || (x + width > near.left && x < near.right && y + CARD.height > near.top && y < near.bottom);

  const move = (step: number, along: boolean) => {
    const focused = box.current?.querySelector<HTMLElement>("[data-node]:focus");
    const at = Number(focused?.dataset.node ?? -1);
    if (at < 0) return;
    const edges = graph.edges as [number, number][];
    const own = layout.nodes[at]!;
    const options = along
      ? edges.flatMap(([from, to]) => (step > 0 && from === at ? [to] : step < 0 && to === at ? [from] : []))
      : layout.nodes.flatMap((place, n) => (n !== at && place.x === own.x && (place.y - own.y) * step > 0 ? [n] : []));
    options.sort((a, b) => Math.abs(layout.nodes[a]!.y - own.y) - Math.abs(layout.nodes[b]!.y - own.y));
    box.current?.querySelector<HTMLElement>(`[data-node="${options[0]}"]`)?.focus();
  };

  return (
    <div
      ref={box}
      className={fixedHeight ? "canvas small" : "canvas"}
      style={fixedHeight ? { height: Math.min(420, layout.height + 32) } : undefined}
      onPointerDown={(event) => {
        if ((event.target as HTMLElement).closest("button")) return;
        const node = event.currentTarget;
        node.setPointerCapture(event.pointerId);
        const start = { x: event.clientX - view.x, y: event.clientY - view.y };
        const drag = (at: PointerEvent) => setView((was) => ({ ...was, x: at.clientX - start.x, y: at.clientY - start.y }));
        const end = () => {
          node.removeEventListener("pointermove", drag);
          node.removeEventListener("pointerup", end);
          node.removeEventListener("pointercancel", end);
        };
        node.addEventListener("pointermove", drag);
        node.addEventListener("pointerup", end);
        node.addEventListener("pointercancel", end);
      }}
      onKeyDown={(event) => {
        const moves: Record<string, () => void> = {
          ArrowRight: () => move(1, true),
          ArrowLeft: () => move(-1, true),
          ArrowDown: () => move(1, false),
          ArrowUp: () => move(-1, false),
          "0": fit,
          "+": () => zoom(1.25),
          "-": () => zoom(0.8),
        };
        const act = moves[event.key];
        if (!act || event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        act();
      }}
    >
      <div className="world" style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` }}>
        <Wires graph={graph} layout={layout} lit={lit} />
        {graph.nodes.map((node, n) => {
          const place = layout.nodes[n]!;
          if (!isNear(place.x, place.y, CARD.width)) return null;
          const isDim = (lit && !lit.up.has(n) && !lit.down.has(n)) || (matches && !matches.has(node.id));
          const state = look(node.status);
          const more = node.kind + (node.row_count == null ? "" : ` · ${short(node.row_count)} rows`);
          return (
            <button
              key={node.id}
              type="button"
              data-node={n}
              className={`card tone-${state.tone}${node.id === chosen ? " chosen" : ""}${isDim ? " dim" : ""}`}
              style={{ left: place.x, top: place.y, width: CARD.width, height: CARD.height }}
              title={`${node.name}: ${state.word.toLowerCase()}`}
              aria-label={`${node.name} ${more}, ${state.word}`}
              aria-pressed={node.id === chosen}
              onClick={() => onChoose(node.id)}
              onDoubleClick={() => onFocus?.(node.id)}
              onPointerEnter={() => setPointed(n)}
              onPointerLeave={() => setPointed(null)}
            >
              <Glyph state={node.status} />
              <span className="card-text">
                <span className="card-name truncate">{node.label}</span>{" "}
                <span className="card-more truncate">{more}</span>
              </span>
            </button>
          );
        })}
      </div>
      <div className="canvas-tools">
        <button type="button" className="icon-button" aria-label="Zoom in" onClick={() => zoom(1.25)}>
          <Icon name="plus" />
        </button>
        <button type="button" className="icon-button" aria-label="Zoom out" onClick={() => zoom(0.8)}>
          <Icon name="minus" />
        </button>
        <button type="button" className="icon-button" aria-label="Fit the graph to the view" onClick={fit}>
          <Icon name="fit" />
        </button>
      </div>
    </div>
  );
}
