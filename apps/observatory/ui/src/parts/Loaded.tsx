import type { UseQueryResult } from "@tanstack/react-query";
import type { JSX, ReactNode } from "react";

import { Skeleton, Stale } from "./basics";
import { Trouble } from "./Fault";

type Observed = { observed_at: string; source_state: string; source_problem: string | null };

/** What a query found; its shape while it is on its way, its error if there is nothing to show. */
export function Loaded<T extends object>({
  of,
  rows = 4,
  tall = false,
  children,
}: {
  of: UseQueryResult<T>;
  rows?: number;
  tall?: boolean;
  children: (data: T) => ReactNode;
}): JSX.Element {
  if (of.data === undefined) {
    return of.error ? <Trouble error={of.error} again={() => void of.refetch()} /> : <Skeleton rows={rows} tall={tall} />;
  }
  return (
    <>
      {"source_state" in of.data ? <Stale of={of.data as unknown as Observed} /> : null}
      {of.error ? <Trouble error={of.error} again={() => void of.refetch()} /> : null}
      {children(of.data)}
    </>
  );
}
