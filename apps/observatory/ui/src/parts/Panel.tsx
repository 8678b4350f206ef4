import { type JSX, type ReactNode, useCallback, useEffect, useRef, useState } from "react";

import { Icon } from "./Icon";

const KEY = "phlo.panel";
const clamp = (width: number) => Math.min(560, Math.max(380, width));

/** Details at the right, beside what they are of; its width is kept. */
export function Panel({
  title,
  children,
  onClose,
}: {
  title: ReactNode;
  children: ReactNode;
  onClose: () => void;
}): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const before = useRef<Element | null>(null);
  const [width, setWidth] = useState(() => clamp(Number(localStorage.getItem(KEY)) || 420));

  useEffect(() => {
    before.current = document.activeElement;
    box.current?.querySelector<HTMLElement>(".panel-close")?.focus({ preventScroll: true });
    return () => {
      if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus();
    };
  }, []);
  const resize = useCallback((next: number) => {
    const kept = clamp(next);
    setWidth(kept);
    localStorage.setItem(KEY, String(kept));
  }, []);

  return (
    <aside
      className="panel"
      ref={box}
      style={{ width }}
      aria-label="Details"
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onClose();
        }
      }}
    >
      <div
        className="panel-grip"
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the panel"
        aria-valuenow={width}
        aria-valuemin={380}
        aria-valuemax={560}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === "ArrowLeft") resize(width + 20);
          if (event.key === "ArrowRight") resize(width - 20);
        }}
        onPointerDown={(event) => {
          const grip = event.currentTarget;
          grip.setPointerCapture(event.pointerId);
          const start = event.clientX;
          const move = (at: PointerEvent) => resize(width + start - at.clientX);
          const end = () => {
            grip.removeEventListener("pointermove", move);
            grip.removeEventListener("pointerup", end);
          };
          grip.addEventListener("pointermove", move);
          grip.addEventListener("pointerup", end);
        }}
      />
      <header className="panel-head">
        <h2 className="truncate">{title}</h2>
        <button type="button" className="icon-button panel-close" aria-label="Close the details" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="panel-body">{children}</div>
    </aside>
  );
}
