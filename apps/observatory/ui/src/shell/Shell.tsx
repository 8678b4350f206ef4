import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState, useSearch } from "@tanstack/react-router";
import { type JSX, lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";

import { ApiProblem } from "../api/client";
import { follow, useLive } from "../api/live";
import { home, me, meta, refs } from "../api/queries";
import { KEYS, useKeys } from "../lib/keys";
import { choose, useTheme } from "../lib/theme";
import { Empty, Skeleton } from "../parts/basics";
import { Trouble } from "../parts/Fault";
import { Icon, Mark } from "../parts/Icon";
import { Glyph } from "../parts/Status";
import { LoginNeeded } from "./Login";

const loadPalette = () => import("./Palette");
const Palette = lazy(loadPalette);

export const NAV: [string, string, string, string][] = [
  ["/", "Home", "home", "h"],
  ["/catalog", "Catalog", "catalog", "c"],
  ["/lineage", "Lineage", "lineage", "l"],
  ["/sql", "SQL", "sql", "s"],
  ["/quality", "Quality", "quality", "q"],
  ["/runs", "Runs", "runs", "r"],
  ["/branches", "Branches", "branches", "b"],
  ["/services", "Services", "services", "v"],
  ["/plugins", "Plugins", "plugins", "p"],
  ["/settings", "Settings", "settings", "o"],
];

const FOLD = "phlo.rail";

export function Shell(): JSX.Element {
  const client = useQueryClient();
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const who = useQuery(me());
  const [isFolded, setFolded] = useState(() => localStorage.getItem(FOLD) === "folded");
  const [isOpen, setOpen] = useState(false);
  const [finds, setFinds] = useState(false);
  const help = useRef<HTMLDialogElement>(null);
  const isIn = who.isSuccess;

  useEffect(() => (isIn ? follow(client) : undefined), [client, isIn]);
  useEffect(() => setOpen(false), [path]);
  // Letters typed while it was on its way would be lost.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 300);
    return () => clearTimeout(timer);
  }, []);

  const actions = useMemo(
    () => ({
      palette: () => setFinds(true),
      help: () => help.current?.showModal(),
      fold: () =>
        setFolded((was) => {
          localStorage.setItem(FOLD, was ? "" : "folded");
          return !was;
        }),
      go: (to: string) => void navigate({ to, search: keepRef }),
    }),
    [navigate],
  );
  useKeys(actions);

  if (who.error instanceof ApiProblem && who.error.problem.status === 401) return <LoginNeeded />;

  return (
    <div className={`shell${isFolded ? " folded" : ""}${isOpen ? " open" : ""}`}>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Rail isOpen={isOpen} onClose={() => setOpen(false)} onFold={actions.fold} isFolded={isFolded} />
      {isOpen ? <div className="veil" onClick={() => setOpen(false)} /> : null}
      <TopBar onMenu={() => setOpen(true)} onFind={actions.palette} />
      <main id="main" className="main" tabIndex={-1}>
        {who.error && !who.data ? (
          <div className="page">
            <Trouble error={who.error} again={() => void who.refetch()} />
          </div>
        ) : who.isPending ? (
          <div className="page">
            <Skeleton rows={8} />
          </div>
        ) : (
          <Suspense
            fallback={
              <div className="page">
                <Skeleton rows={8} />
              </div>
            }
          >
            <Outlet />
          </Suspense>
        )}
      </main>
      {finds ? (
        <Suspense fallback={null}>
          <Palette onClose={() => setFinds(false)} />
        </Suspense>
      ) : null}
      <dialog ref={help} className="dialog" aria-labelledby="keys-title">
        <form method="dialog">
          <header className="dialog-head">
            <h2 id="keys-title">Keys</h2>
            <button className="icon-button" aria-label="Close">
              <Icon name="close" />
            </button>
          </header>
          <dl className="keys">
            {KEYS.map(([keys, what]) => (
              <div key={keys}>
                <dt>
                  <kbd>{keys}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </form>
      </dialog>
    </div>
  );
}

/** The branch goes along to every page. */
export function keepRef(search: Record<string, unknown>): { ref?: string } {
  return typeof search.ref === "string" ? { ref: search.ref } : {};
}

function Rail(props: {
  isOpen: boolean;
  isFolded: boolean;
  onClose: () => void;
  onFold: () => void;
}): JSX.Element {
  const first = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (props.isOpen) first.current?.focus();
  }, [props.isOpen]);
  return (
    <nav
      className="rail"
      aria-label="Places"
      onKeyDown={(event) => {
        if (event.key === "Escape" && props.isOpen) props.onClose();
      }}
    >
      <div className="rail-head">
        <Link to="/" search={keepRef} className="brand" aria-label="Observatory, home">
          <Mark />
          <span className="brand-name">Observatory</span>
        </Link>
        <button type="button" className="icon-button rail-close" aria-label="Close the navigation" onClick={props.onClose}>
          <Icon name="close" />
        </button>
      </div>
      <ul className="rail-list">
        {NAV.map(([to, name, icon, key], n) => (
          <li key={to}>
            <Link
              ref={n === 0 ? first : undefined}
              to={to}
              search={keepRef}
              className="rail-link"
              activeOptions={{ exact: to === "/", includeSearch: false }}
              activeProps={{ className: "active", "aria-current": "page" }}
              title={props.isFolded ? name : undefined}
            >
              <Icon name={icon} />
              <span className="rail-name">{name}</span>
              <kbd className="rail-key" aria-hidden="true">
                g {key}
              </kbd>
            </Link>
          </li>
        ))}
      </ul>
      <div className="rail-foot">
        <button
          type="button"
          className="rail-link"
          onClick={props.onFold}
          aria-label={props.isFolded ? "Unfold the navigation" : "Fold the navigation"}
        >
          <Icon name={props.isFolded ? "expand" : "collapse"} />
          <span className="rail-name">Fold</span>
        </button>
      </div>
    </nav>
  );
}

function TopBar({ onMenu, onFind }: { onMenu: () => void; onFind: () => void }): JSX.Element {
  const about = useQuery(meta());
  const search = useSearch({ strict: false }) as { ref?: string };
  const isOff = Boolean(search.ref && search.ref !== "main");
  return (
    <header className={isOff ? "bar off-main" : "bar"}>
      <button type="button" className="icon-button bar-menu" aria-label="Open the navigation" onClick={onMenu}>
        <Icon name="menu" />
      </button>
      <span className="bar-project truncate" title={about.data?.root}>
        {about.data?.project ?? "…"}
      </span>
      <RefSwitch />
      <button type="button" className="bar-search" onClick={onFind}>
        <Icon name="search" size={14} />
        <span>Find anything</span>
        <kbd>⌘K</kbd>
      </button>
      <HealthDot />
      <ThemeButton />
    </header>
  );
}

function RefSwitch(): JSX.Element {
  const search = useSearch({ strict: false }) as { ref?: string };
  const navigate = useNavigate();
  const known = useQuery(refs());
  const now = search.ref ?? "main";
  const shown = (known.data?.items ?? []).filter((ref) => !ref.is_run);
  const tags = shown.filter((ref) => ref.kind === "tag").map((ref) => ref.name);
  const branches = [...new Set(["main", ...shown.map((ref) => ref.name), now])].filter((name) => !tags.includes(name));
  return (
    <label className="ref">
      <Icon name="branches" size={14} />
      <span className="visually-hidden">Branch or tag</span>
      <select
        value={now}
        onChange={(event) => {
          const ref = event.target.value === "main" ? undefined : event.target.value;
          void navigate({
            to: ".",
            search: ((before: Record<string, unknown>) => ({ ...before, ref })) as never,
          });
        }}
      >
        {branches.map((name) => (
          <option key={name}>{name}</option>
        ))}
        {tags.length ? (
          <optgroup label="Tags">
            {tags.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </optgroup>
        ) : null}
      </select>
    </label>
  );
}

function HealthDot(): JSX.Element {
  const live = useLive();
  const found = useQuery(home());
  const errors = found.data?.attention.filter((one) => one.severity === "error").length ?? 0;
  const warnings = (found.data?.attention.length ?? 0) - errors;
  const [state, words] = found.error
    ? ["down", "Not answering"]
    : live === "lost"
      ? ["late", "Reconnecting"]
      : !found.data
        ? ["unknown", "Connecting"]
        : errors
          ? ["failed", `${errors} to fix`]
          : warnings
            ? ["warning", `${warnings} to look at`]
            : ["ok", "All well"];
  return (
    <Link to="/" search={keepRef} className="health">
      <Glyph state={state!} />
      <span role="status">{words}</span>
    </Link>
  );
}

function ThemeButton(): JSX.Element {
  useTheme();
  const isDark = document.documentElement.dataset.theme === "dark";
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={isDark ? "Use the light theme" : "Use the dark theme"}
      onClick={() => choose(isDark ? "light" : "dark")}
    >
      <Icon name={isDark ? "sun" : "moon"} />
    </button>
  );
}

export function NotFound(): JSX.Element {
  return (
    <div className="page">
      <Empty title="There is no such page">
        <Link to="/">Go home</Link>
      </Empty>
    </div>
  );
}
