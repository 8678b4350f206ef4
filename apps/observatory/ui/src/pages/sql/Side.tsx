import { useQuery } from "@tanstack/react-query";
import { type JSX, useState } from "react";

import { columns, type Dataset, queries } from "../../api/queries";
import { useRefName } from "../../lib/ref";
import { Skeleton, Time } from "../../parts/basics";
import { Trouble } from "../../parts/Fault";
import { Glyph } from "../../parts/Status";
import { history } from "./history";

type Props = {
  tables: Dataset[];
  onInsert: (text: string) => void;
  onShow: (sql: string, id?: string) => void;
};

/** The tables there are, and the statements that were run. */
export function Side({ tables, onInsert, onShow }: Props): JSX.Element {
  return (
    <>
      <h2>Tables</h2>
      {tables.length ? (
        tables.map((one) => <Table key={one.id} one={one} onInsert={onInsert} />)
      ) : (
        <p className="muted">None is made yet.</p>
      )}
      <History onShow={onShow} />
    </>
  );
}

function Table({ one, onInsert }: { one: Dataset; onInsert: (text: string) => void }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const found = useQuery({ ...columns(one.id, useRefName()), enabled: isOpen });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className="mono truncate" title={one.name}>
          {one.name}
        </span>
      </summary>
      {found.error ? <Trouble error={found.error} /> : null}
      {isOpen && found.isPending ? <Skeleton rows={3} /> : null}
      {isOpen && found.data ? (
        <button type="button" className="link column-line" onClick={() => onInsert(one.name)}>
          Insert the name
        </button>
      ) : null}
      {found.data?.items.map((column) => (
        <button key={column.name} type="button" className="column-line plain-button" onClick={() => onInsert(column.name)} title={`Insert ${column.name}`}>
          <span className="mono truncate">{column.name}</span>
          <span className="muted">{column.type}</span>
        </button>
      ))}
    </details>
  );
}

function History({ onShow }: Pick<Props, "onShow">): JSX.Element {
  const found = useQuery(queries());
  const known = found.data?.items ?? [];
  const hasRows = new Set(known.map((one) => one.sql));
  // Before phlo-api told which of them still have rows, none is shown: a click would miss these.
  const earlier = found.isPending ? [] : history().filter((one) => !hasRows.has(one.sql));
  return (
    <>
      <h2>History</h2>
      {!found.isPending && known.length + earlier.length === 0 ? <p className="muted">Queries that you run are kept here.</p> : null}
      {known.map((one) => (
        <button key={one.id} type="button" className="history-item" onClick={() => onShow(one.sql, one.id)}>
          <Glyph state={one.state} />
          <code className="truncate">{oneLine(one.sql)}</code>
          <span className="muted">
            <Time at={one.started_at} />
          </span>
        </button>
      ))}
      {earlier.map((one) => (
        <button key={one.at} type="button" className="history-item" onClick={() => onShow(one.sql)}>
          <Glyph state="stale" />
          <code className="truncate">{oneLine(one.sql)}</code>
          <span className="muted">
            <Time at={one.at} />
          </span>
        </button>
      ))}
    </>
  );
}

const oneLine = (sql: string) => sql.replace(/\s+/g, " ").slice(0, 120);
