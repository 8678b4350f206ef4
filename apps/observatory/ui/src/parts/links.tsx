import { Link } from "@tanstack/react-router";
import type { JSX, ReactNode } from "react";

import { keepRef } from "../shell/Shell";

/** Links to the things of the lakehouse; the branch goes along. */

export function DatasetLink({ id, name, open }: { id: string; name: string; open?: boolean }): JSX.Element {
  return (
    <Link to="/catalog/$id" params={{ id }} search={keepRef} className="mono" data-open={open ? "" : undefined}>
      {name}
    </Link>
  );
}

export function RunLink({ id, children, open }: { id: string; children?: ReactNode; open?: boolean }): JSX.Element {
  return (
    <Link to="/runs/$id" params={{ id }} search={keepRef} className={children ? "" : "mono"} data-open={open ? "" : undefined}>
      {children ?? shortRun(id)}
    </Link>
  );
}

/** `20261124-204046-84cc8e` is told apart by its end. */
export function shortRun(id: string): string {
  return id.split("-").at(-1) ?? id;
}
