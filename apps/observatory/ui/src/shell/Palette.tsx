import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type JSX, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";

import { search } from "../api/queries";
import { matched } from "../lib/score";
import { choose } from "../lib/theme";
import { Icon } from "../parts/Icon";
import { keepRef, NAV } from "./Shell";

type Entry = {
  id: string;
  kind: string;
  icon: string;
  title: string;
  detail?: string | null;
  ranges: [number, number][];
  act: () => void;
};

const ICONS: Record<string, string> = {
  dataset: "table",
  check: "quality",
  run: "runs",
  service: "services",
};

export default function Palette({ onClose }: { onClose: () => void }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  const navigate = useNavigate();
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const asked = useDeferredValue(words);
  const found = useQuery(search(asked));

  useEffect(() => {
    box.current?.showModal();
  }, []);

  const entries = useMemo<Entry[]>(() => {
    const close = () => box.current?.close();
    const own: Entry[] = [
      ...NAV.map(([to, name, icon]) => ({
        id: `page:${to}`, kind: "page", icon, title: name,
        act: () => void navigate({ to, search: keepRef as never }),
      })),
      {
        id: "do:run", kind: "action", icon: "play", title: "Materialize assets",
        act: () => void navigate({ to: "/runs", search: { launch: "*" } as never }),
      },
      { id: "do:light", kind: "action", icon: "sun", title: "Use the light theme", act: () => choose("light") },
      { id: "do:dark", kind: "action", icon: "moon", title: "Use the dark theme", act: () => choose("dark") },
    ]
      .flatMap((one) => {
        const match = matched(words, one.title);
        return match ? [{ ...one, ...match }] : [];
      })
      .sort((a, b) => b.score - a.score);
    const hits: Entry[] = (found.data?.items ?? []).map((hit) => ({
      id: `${hit.kind}:${hit.id}`,
      kind: hit.kind,
      icon: ICONS[hit.kind] ?? "file",
      title: hit.title,
      detail: hit.detail,
      ranges: hit.ranges as [number, number][],
      act: () => void navigate({ href: hit.href } as never),
    }));
    const all = words ? [...hits.slice(0, 8), ...own, ...hits.slice(8)] : [...own.slice(0, 11), ...hits];
    return all.map((entry) => ({
      ...entry,
      act: () => {
        close();
        entry.act();
      },
    }));
  }, [found.data, navigate, words]);

  const chosen = Math.min(at, Math.max(0, entries.length - 1));
  useEffect(() => {
    document.getElementById(`hit-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  return (
    <dialog
      ref={box}
      className="palette"
      aria-label="Find anything"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === box.current) box.current?.close();
      }}
    >
      <div className="palette-box">
        <div className="palette-field">
          <Icon name="search" />
          <input
            autoFocus
            role="combobox"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-activedescendant={entries.length ? `hit-${chosen}` : undefined}
            aria-label="Find datasets, checks, runs, services and pages"
            placeholder="Find datasets, checks, runs, services, pages"
            value={words}
            onChange={(event) => {
              setWords(event.target.value);
              setAt(0);
            }}
            onKeyDown={(event) => {
              if (event.key === "ArrowDown") setAt(Math.min(entries.length - 1, chosen + 1));
              else if (event.key === "ArrowUp") setAt(Math.max(0, chosen - 1));
              else if (event.key === "Enter") entries[chosen]?.act();
              else return;
              event.preventDefault();
            }}
          />
          <kbd>Esc</kbd>
        </div>
        <ul id="palette-list" role="listbox" aria-label="Found" className="palette-list">
          {entries.map((entry, n) => (
            <li
              key={entry.id}
              id={`hit-${n}`}
              role="option"
              aria-selected={n === chosen}
              onPointerMove={() => setAt(n)}
              onClick={entry.act}
            >
              <Icon name={entry.icon} />
              <span className="truncate">
                <Marked text={entry.title} ranges={entry.ranges} />
              </span>
              {entry.detail ? <span className="palette-detail truncate">{entry.detail}</span> : null}
              <span className="palette-kind">{entry.kind}</span>
            </li>
          ))}
        </ul>
        {entries.length ? null : <p className="palette-none muted">Nothing has these letters.</p>}
      </div>
    </dialog>
  );
}

function Marked({ text, ranges }: { text: string; ranges: [number, number][] }): JSX.Element {
  const parts: JSX.Element[] = [];
  let end = 0;
  for (const [from, to] of ranges) {
    parts.push(<span key={`p${from}`}>{text.slice(end, from)}</span>);
    parts.push(<mark key={`m${from}`}>{text.slice(from, to)}</mark>);
    end = to;
  }
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  );
}
