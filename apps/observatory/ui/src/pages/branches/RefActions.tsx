import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { dropRef, publishRef } from "../../api/actions";
import { ApiProblem } from "../../api/client";
import type { Ref } from "../../api/queries";
import { plural } from "../../lib/format";
import { Trouble } from "../../parts/Fault";
import { Confirm } from "../../parts/Confirm";
import { Icon } from "../../parts/Icon";

/** Publish, drop and look at a branch or a tag. */
export function RefActions({ one, onGone }: { one: Ref; onGone: () => void }): JSX.Element {
  const client = useQueryClient();
  // What is published changes datasets, lineage and numbers: all is asked anew.
  const again = () => client.invalidateQueries();
  const publish = useMutation({ mutationFn: () => publishRef({ name: one.name, target: "main", drop: false }), onSettled: again });
  const drop = useMutation({
    mutationFn: () => dropRef(one.name, true),
    onSuccess: () => {
      onGone();
      // Nothing of the one that is gone can be asked any more.
      void client.invalidateQueries({ predicate: ({ queryKey }) => !(queryKey[0] === "refs" && queryKey[2] === one.name) });
    },
  });
  const error = publish.error ?? drop.error;
  return (
    <>
      <div className="line wrap gap-below">
        {one.changed.length ? (
          <Confirm ask={`Publish ${plural(one.changed.length, "table")} to main`} disabled={publish.isPending} onConfirm={() => publish.mutate()}>
            <Icon name="done" size={14} />
            {publish.isPending ? "Publishing" : "Publish to main"}
          </Confirm>
        ) : null}
        <Link to="/catalog" search={{ ref: one.name }} className="button">
          Look at it
        </Link>
        <Confirm
          ask={one.changed.length ? `Drop it with ${plural(one.changed.length, "unpublished table")}` : `Drop the ${one.kind}`}
          disabled={drop.isPending}
          onConfirm={() => drop.mutate()}
        >
          {drop.isPending ? "Dropping" : "Drop"}
        </Confirm>
      </div>
      {publish.data ? (
        <p role="status" className="gap-below">
          {publish.data.tables.length ? `Published: ${publish.data.tables.map((table) => table.table).join(", ")}` : "main has all of it already"}
        </p>
      ) : null}
      {error ? (
        <div className="gap-below">
          <Trouble error={error} />
          <Conflict error={error} />
        </div>
      ) : null}
    </>
  );
}

/** The tables that stand in the way of a publish. */
function Conflict({ error }: { error: Error }): JSX.Element | null {
  if (!(error instanceof ApiProblem) || !error.problem.tables.length) return null;
  return (
    <div className="gap-above">
      <p className="muted">Moved on main since the branch was made; nothing was published:</p>
      <ul className="conflicts" aria-label="Tables in conflict">
        {error.problem.tables.map((table) => (
          <li key={table} className="mono">
            {table}
          </li>
        ))}
      </ul>
    </div>
  );
}
