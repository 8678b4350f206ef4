import type { JSX } from "react";

import { look, type Shape } from "../lib/status";

const SHAPES: Record<Shape, JSX.Element> = {
  check: (
    <>
      <circle cx="8" cy="8" r="6.4" fill="currentColor" stroke="none" />
      <path d="m5.3 8.2 1.9 1.9 3.5-3.9" stroke="var(--glyph)" />
    </>
  ),
  cross: (
    <>
      <circle cx="8" cy="8" r="6.4" fill="currentColor" stroke="none" />
      <path d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" stroke="var(--glyph)" />
    </>
  ),
  hand: (
    <>
      <rect x="1.8" y="1.8" width="12.4" height="12.4" rx="3" fill="currentColor" stroke="none" />
      <path d="M6.2 5.4v5.2M9.8 5.4v5.2" stroke="var(--glyph)" />
    </>
  ),
  triangle: (
    <>
      <path d="M8 1.8 14.6 13.6H1.4Z" fill="currentColor" strokeWidth="1.2" />
      <path d="M8 6.2v3.4M8 11.6h.01" stroke="var(--glyph)" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.8V8.2l2.2 1.4" />
    </>
  ),
  dash: <circle cx="8" cy="8" r="6" strokeDasharray="2.6 2.2" />,
  ring: <circle cx="8" cy="8" r="6" />,
  skip: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M5.4 8h5.2" />
    </>
  ),
  stop: (
    <>
      <circle cx="8" cy="8" r="6" />
      <rect x="6" y="6" width="4" height="4" fill="currentColor" stroke="none" />
    </>
  ),
  spin: (
    <>
      <circle cx="8" cy="8" r="6" opacity="0.3" />
      <path d="M8 2a6 6 0 0 1 6 6" />
    </>
  ),
};

export function Glyph({ state, size = 14 }: { state: string; size?: number }): JSX.Element {
  const { tone, shape } = look(state);
  return (
    <svg
      className={`glyph tone-${tone} shape-${shape}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[shape]}
    </svg>
  );
}

/** A state as a shape and its word. */
export function Status({ state, word }: { state: string; word?: string }): JSX.Element {
  return (
    <span className="status">
      <Glyph state={state} />
      <span>{word ?? look(state).word}</span>
    </span>
  );
}

/** The statuses of a check over time, the newest at the right. */
export function Strip({ history, length = 30 }: { history: string[]; length?: number }): JSX.Element {
  const shown = history.slice(-length);
  const tally = new Map<string, number>();
  for (const one of shown) tally.set(one, (tally.get(one) ?? 0) + 1);
  const words = [...tally].map(([state, n]) => `${n} ${look(state).word.toLowerCase()}`).join(", ");
  return (
    <span className="strip" role="img" aria-label={shown.length ? `Last results: ${words}` : "Never run"}>
      {Array.from({ length: length - shown.length }, (_, n) => (
        <i key={`e${n}`} className="none" />
      ))}
      {shown.map((one, n) => (
        <i key={n} className={`tone-${look(one).tone}`} title={look(one).word} />
      ))}
    </span>
  );
}
