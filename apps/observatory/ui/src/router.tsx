import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";
import { useEffect } from "react";

import { lineageSearch, text, texts } from "./lib/search";
import { Trouble } from "./parts/Fault";
import { Login } from "./shell/Login";
import { NotFound, Shell } from "./shell/Shell";

type Search = Record<string, unknown>;

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  validateSearch: (s: Search): { ref?: string } => ({ ref: text(s.ref) }),
  notFoundComponent: NotFound,
});

const login = createRoute({ getParentRoute: () => root, path: "/login", component: Login });

const under = () => shell;

const home = createRoute({
  getParentRoute: under,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/Home")),
});

const catalog = createRoute({
  getParentRoute: under,
  path: "/catalog",
  validateSearch: (s: Search): { q?: string; f?: string[]; sort?: string } => ({
    q: text(s.q),
    f: texts(s.f),
    sort: text(s.sort),
  }),
  component: lazyRouteComponent(() => import("./pages/Catalog")),
});

const dataset = createRoute({
  getParentRoute: under,
  path: "/catalog/$id",
  component: lazyRouteComponent(() => import("./pages/Dataset")),
});

const lineage = createRoute({
  getParentRoute: under,
  path: "/lineage",
  validateSearch: lineageSearch,
  component: lazyRouteComponent(() => import("./pages/Lineage")),
});

const sql = createRoute({
  getParentRoute: under,
  path: "/sql",
  validateSearch: (s: Search): { sql?: string } => ({ sql: text(s.sql) }),
  component: lazyRouteComponent(() => import("./pages/Sql")),
});

const quality = createRoute({
  getParentRoute: under,
  path: "/quality",
  validateSearch: (s: Search): { q?: string; status?: string; check?: string } => ({
    q: text(s.q),
    status: text(s.status),
    check: text(s.check),
  }),
  component: lazyRouteComponent(() => import("./pages/Quality")),
});

const runs = createRoute({
  getParentRoute: under,
  path: "/runs",
  validateSearch: (s: Search): { state?: string; asset?: string; launch?: string } => ({
    state: text(s.state),
    asset: text(s.asset),
    launch: text(s.launch),
  }),
  component: lazyRouteComponent(() => import("./pages/Runs")),
});

const run = createRoute({
  getParentRoute: under,
  path: "/runs/$id",
  component: lazyRouteComponent(() => import("./pages/Run")),
});

const branches = createRoute({
  getParentRoute: under,
  path: "/branches",
  validateSearch: (s: Search): { at?: string; make?: "branch" | "tag" } => ({
    at: text(s.at),
    make: s.make === "tag" || s.make === "branch" ? s.make : undefined,
  }),
  component: lazyRouteComponent(() => import("./pages/Branches")),
});

const services = createRoute({
  getParentRoute: under,
  path: "/services",
  component: lazyRouteComponent(() => import("./pages/Services")),
});

const service = createRoute({
  getParentRoute: under,
  path: "/services/$name",
  component: lazyRouteComponent(() => import("./pages/Service")),
});

const plugins = createRoute({
  getParentRoute: under,
  path: "/plugins",
  component: lazyRouteComponent(() => import("./pages/Plugins")),
});

const settings = createRoute({
  getParentRoute: under,
  path: "/settings",
  component: lazyRouteComponent(() => import("./pages/Settings")),
});

const nowhere = createRoute({ getParentRoute: under, path: "$", component: NotFound });

const tree = root.addChildren([
  login,
  shell.addChildren([
    home, catalog, dataset, lineage, sql, quality, runs, run, branches, services, service, plugins,
    settings, nowhere,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }) => (
    <div className="page">
      <Trouble error={error} again={reset} />
    </div>
  ),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** Name the page in the browser's title, which screen readers say when it changes. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · Observatory` : "Observatory";
  }, [title]);
}
