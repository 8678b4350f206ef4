import { type JSX, type ReactNode, useEffect, useState } from "react";

/** A button that asks once more, by its own words, before it acts. */
export function Confirm({
  children,
  ask,
  label,
  disabled,
  onConfirm,
}: {
  children: ReactNode;
  ask: string;
  label?: string;
  disabled?: boolean;
  onConfirm: () => void;
}): JSX.Element {
  const [asks, setAsks] = useState(false);
  useEffect(() => {
    if (!asks) return undefined;
    const timer = setTimeout(() => setAsks(false), 4000);
    return () => clearTimeout(timer);
  }, [asks]);
  return (
    <button
      type="button"
      className={asks ? "button danger" : "button"}
      disabled={disabled}
      aria-label={asks ? undefined : label}
      onBlur={() => setAsks(false)}
      onClick={() => {
        setAsks(!asks);
        if (asks) onConfirm();
      }}
    >
      {asks ? ask : children}
    </button>
  );
}
