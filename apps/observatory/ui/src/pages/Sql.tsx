import type { EditorView } from "@codemirror/view";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type JSX, useEffect, useMemo, useRef, useState } from "react";

import { meta, type Query } from "../api/queries";
import { useRefName } from "../lib/ref";
import { asFault } from "../parts/Fault";
import { Icon } from "../parts/Icon";
import { useTitle } from "../router";
import { EngineChoice } from "./sql/EngineChoice";
import { Editor, type Mark } from "./sql/Editor";
import { draft, keepDraft } from "./sql/history";
import { Result } from "./sql/Result";
import { Side } from "./sql/Side";
import { placeOf, type Statement, statementAt } from "./sql/statements";
import { useCatalog } from "./sql/useCatalog";
import { useRun } from "./sql/useRun";

const route = getRouteApi("/shell/sql");
/** An address is not the place for a long text: it stays in this browser only. */
const MOST_IN_ADDRESS = 3000;

export default function Sql(): JSX.Element {
  useTitle("SQL");
  const { sql } = route.useSearch();
  const navigate = useNavigate({ from: "/sql" });
  const ref = useRefName();
  const about = useQuery(meta());
  const [text, setText] = useState(() => sql ?? draft());
  const [isOpen, setOpen] = useState(false);
  const [engine, setEngine] = useState("");
  const [ran, setRan] = useState<Statement | null>(null);
  const view = useRef<EditorView | null>(null);
  const run = useRun();
  const { tables, catalog } = useCatalog(text, ref);

  const sent = useRef(sql);
  useEffect(() => {
    if (sql !== undefined && sql !== sent.current) setText(sql);
    sent.current = sql;
  }, [sql]);
  useEffect(() => keepDraft(text), [text]);

  const start = () => {
    const chosen = wanted(view.current);
    if (!chosen || run.isBusy) return;
    setRan(chosen);
    sent.current = text.length <= MOST_IN_ADDRESS ? text : undefined;
    void navigate({ search: (was) => ({ ...was, sql: sent.current }), replace: true });
    void run.start(chosen.text, ref ?? about.data?.default_ref ?? "main", engine || undefined);
  };
  const insert = (name: string) => {
    const made = view.current;
    if (!made) return;
    made.dispatch(made.state.replaceSelection(name));
    made.focus();
  };
  const mark = useMemo(() => markOf(ran, run.error, run.query), [ran, run.error, run.query]);
  return (
    <div className="sql-page">
      <div className="sql-head">
        <h1>SQL</h1>
        <button type="button" className="button primary" onClick={start} disabled={run.isBusy}>
          <Icon name="play" size={14} />
          {run.isBusy ? "Running" : "Run"}
        </button>
        <EngineChoice engine={engine} onChoose={setEngine} />
        <span className="muted hide-narrow">
          <kbd>Ctrl Enter</kbd> runs the statement at the cursor, or what is selected. Queries only read.
        </span>
        <span className="grow" />
        <button type="button" className="button facets-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Tables and history
        </button>
      </div>
      <div className="sql-body">
        <aside className={isOpen ? "sql-side open" : "sql-side"} aria-label="Tables and history">
          <Side
            tables={tables}
            onInsert={insert}
            onShow={(next, id) => {
              setText(next);
              setRan(null);
              setOpen(false);
              if (id) run.show(id);
            }}
          />
        </aside>
        <div className="sql-work">
          <Editor text={text} catalog={catalog} mark={mark} view={view} acts={{ run: start, cancel: run.cancel, changed: setText }} />
          <Result run={run} />
        </div>
      </div>
    </div>
  );
}

/** What is selected; without a selection the statement at the cursor. */
function wanted(view: EditorView | null): Statement | undefined {
  if (!view) return undefined;
  const { from, to, head } = view.state.selection.main;
  const text = view.state.doc.toString();
  const selected = text.slice(from, to);
  return selected.trim() ? { from, to, text: selected } : statementAt(text, head);
}

/** Where in the text an error is. */
function markOf(ran: Statement | null, error: unknown, query: Query | null): Mark {
  const fault = error ? asFault(error) : query?.error;
  if (!ran || !fault?.where?.line) return null;
  const from = placeOf(ran, fault.where.line, fault.where.column ?? 1);
  const rest = /^[\w"]+/.exec(ran.text.slice(from - ran.from));
  return { from, to: from + Math.max(1, rest?.[0].length ?? 1), message: fault.message };
}
