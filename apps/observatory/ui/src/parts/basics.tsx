import { type JSX, type ReactNode, useEffect, useId, useRef, useState } from "react";

import type { Fix } from "../api/client";
import { absolute, relative } from "../lib/format";
import { Icon } from "./Icon";

/** A time as its distance, with the exact one on hover. */
export function Time({ at }: { at: string | null | undefined }): JSX.Element {
  const [, again] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => again((n) => n + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <span className="muted">–</span>;
  return (
    <time dateTime={at} title={absolute(at)} className="nowrap">
      {relative(at)}
    </time>
  );
}

export function Copy({ text, label }: { text: string; label: string }): JSX.Element {
  const [done, setDone] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <button
      type="button"
      className="icon-button small copy"
      aria-label={`Copy ${label}`}
      title={`Copy ${label}`}
      onClick={(event) => {
        event.stopPropagation();
        void navigator.clipboard?.writeText(text).then(() => {
          setDone(true);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setDone(false), 1500);
        });
      }}
    >
      <Icon name={done ? "done" : "copy"} size={14} />
      <span className="visually-hidden" role="status">
        {done ? "Copied" : ""}
      </span>
    </button>
  );
}

export function Command({ text }: { text: string }): JSX.Element {
  return (
    <span className="command">
      <code>{text}</code>
      <Copy text={text} label="the command" />
    </span>
  );
}

export function Fixes({ fixes }: { fixes: Fix[] }): JSX.Element | null {
  if (!fixes.length) return null;
  return (
    <ul className="fixes">
      {fixes.map((fix, n) => (
        <li key={n}>
          {!fix.command || !fix.label.includes(fix.command) ? <span>{sentence(fix.label)}</span> : null}
          {fix.command ? <Command text={fix.command} /> : null}
        </li>
      ))}
    </ul>
  );
}

export function sentence(text: string): string {
  return text ? text[0]!.toUpperCase() + text.slice(1) : text;
}

export function Empty({
  title,
  children,
  command,
}: {
  title: string;
  children?: ReactNode;
  command?: string;
}): JSX.Element {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children ? <p className="muted">{children}</p> : null}
      {command ? <Command text={command} /> : null}
    </div>
  );
}

/** Data that is old because its source does not answer stays, with its age. */
export function Stale({
  of,
}: {
  of: { observed_at: string; source_state: string; source_problem: string | null } | undefined;
}): JSX.Element | null {
  if (!of || of.source_state === "ok") return null;
  return (
    <p className="stale-note" role="status">
      <Icon name="history" size={14} />
      <span>
        Shown as of <Time at={of.observed_at} />: {of.source_problem ?? "the source does not answer"}
      </span>
    </p>
  );
}

export function Skeleton({ rows = 6, tall = false }: { rows?: number; tall?: boolean }): JSX.Element {
  return (
    <div className="skeleton" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, n) => (
        <i key={n} className={tall ? "tall" : ""} style={{ width: `${92 - ((n * 17) % 38)}%` }} />
      ))}
    </div>
  );
}

export function Tag({ children }: { children: ReactNode }): JSX.Element {
  return <span className="tag">{children}</span>;
}

export function Section({
  title,
  aside,
  children,
  id,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  id?: string;
}): JSX.Element {
  const label = useId();
  return (
    <section className="section" aria-labelledby={label} id={id}>
      <header className="section-head">
        <h2 id={label}>{title}</h2>
        {aside ? <div className="section-aside">{aside}</div> : null}
      </header>
      {children}
    </section>
  );
}

export function Page({
  title,
  lead,
  action,
  children,
  wide = false,
}: {
  title: ReactNode;
  lead?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}): JSX.Element {
  return (
    <div className={wide ? "page wide" : "page"}>
      <header className="page-head">
        <div className="page-title">
          <h1>{title}</h1>
          {lead ? <div className="page-lead muted">{lead}</div> : null}
        </div>
        {action ? <div className="page-action">{action}</div> : null}
      </header>
      {children}
    </div>
  );
}
