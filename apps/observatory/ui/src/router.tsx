import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";
import { useEffect } from "react";

import { text, texts } from "./lib/search";
import { Trouble } from "./parts/basics";
import { Login } from "./shell/Login";
import { NotFound, Shell } from "./shell/Shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  validateSearch: (search: Record<string, unknown>): { ref?: string } => ({ ref: text(search.ref) }),
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
  validateSearch: (s: Record<string, unknown>) => ({
    q: text(s.q),
    f: texts(s.f),
    sort: text(s.sort),
  }),
  component: lazyRouteComponent(() => import("./pages/Catalog")),
});

const tree = root.addChildren([
  login,
  shell.addChildren([home, catalog]),
]); // prettier-ignore

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
