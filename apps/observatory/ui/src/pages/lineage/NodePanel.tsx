import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { dataset, type DatasetDetail } from "../../api/queries";
import { bytes, count } from "../../lib/format";
import { useRefName } from "../../lib/ref";
import { Copy, Time } from "../../parts/basics";
import { Fault } from "../../parts/Fault";
import { Icon } from "../../parts/Icon";
import { RunLink } from "../../parts/links";
import { Loaded } from "../../parts/Loaded";
import { Panel } from "../../parts/Panel";
import { Status } from "../../parts/Status";
import { keepRef } from "../../shell/Shell";

type Props = { id: string; name: string; onClose: () => void; onFocus: () => void };

/** A dataset of the graph, in short. */
export function NodePanel({ id, name, onClose, onFocus }: Props): JSX.Element {
  const found = useQuery(dataset(id, useRefName()));
  return (
    <Panel title={<span className="mono">{name}</span>} onClose={onClose}>
      <div className="line gap-below">
        <Link to="/catalog/$id" params={{ id }} search={keepRef} className="button primary">
          Open
        </Link>
        <button type="button" className="button" onClick={onFocus}>
          <Icon name="lineage" size={14} />
          Draw around it
        </button>
        <Copy text={name} label="the name" />
      </div>
      <Loaded of={found} rows={8}>
        {(one) => <About one={one} />}
      </Loaded>
    </Panel>
  );
}

function About({ one }: { one: DatasetDetail }): JSX.Element {
  return (
    <>
      {one.description ? <p className="gap-below">{one.description}</p> : null}
      <dl className="facts">
        <dt>State</dt>
        <dd>
          <Status state={one.status.overall} />
          {one.status.reason && one.status.overall !== "ok" ? <span className="muted sub">{one.status.reason}</span> : null}
        </dd>
        <dt>Kind</dt>
        <dd>{one.kind}</dd>
        <dt>Owner</dt>
        <dd>{one.owner ?? "none"}</dd>
        <dt>Rows</dt>
        <dd>{count(one.row_count?.value)}</dd>
        <dt>Size</dt>
        <dd>{bytes(one.size_bytes)}</dd>
        <dt>Changed</dt>
        <dd>
          <Time at={one.last_updated} />
        </dd>
        {one.last_run ? (
          <>
            <dt>Last run</dt>
            <dd>
              <RunLink id={one.last_run.id} /> <Status state={one.last_run.state} />
            </dd>
          </>
        ) : null}
        <dt>Checks</dt>
        <dd>{one.checks.total ? `${one.checks.passed} of ${one.checks.total} pass` : "none"}</dd>
        <dt>Reads</dt>
        <dd className="mono">{one.upstream.length ? one.upstream.join(", ") : "nothing here"}</dd>
        <dt>Read by</dt>
        <dd className="mono">{one.downstream.length ? one.downstream.join(", ") : "nothing"}</dd>
        {one.place ? (
          <>
            <dt>Written in</dt>
            <dd className="mono">
              {one.place.file}
              {one.place.line ? `:${one.place.line}` : ""}
            </dd>
          </>
        ) : null}
      </dl>
      {one.error ? (
        <div className="gap-above">
          <Fault fault={one.error} />
        </div>
      ) : null}
    </>
  );
}
