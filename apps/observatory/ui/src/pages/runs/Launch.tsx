import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type JSX, useEffect, useRef, useState } from "react";

import { launchRun } from "../../api/actions";
import { Command } from "../../parts/basics";
import { Trouble } from "../../parts/Fault";
import { Icon } from "../../parts/Icon";
import { keepRef } from "../../shell/Shell";
import { commandOf } from "./command";

/** Ask for a run: what to make, and how. */
export function Launch({ selection, onClose }: { selection: string; onClose: () => void }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  const navigate = useNavigate();
  const [what, setWhat] = useState(selection);
  const [partition, setPartition] = useState("");
  const [fromScratch, setFromScratch] = useState(false);
  const launch = useMutation({
    mutationFn: () => launchRun({ selection: what.trim() || "*", partition: partition.trim() || null, full_refresh: fromScratch }),
    onSuccess: (run) => void navigate({ to: "/runs/$id", params: { id: run.id }, search: keepRef }),
  });
  useEffect(() => {
    if (!box.current?.open) box.current?.showModal();
    box.current?.querySelector("input")?.focus();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    launch.mutate();
  };
  return (
    <dialog ref={box} className="dialog" aria-labelledby="launch-title" onClose={onClose}>
      <header className="dialog-head">
        <h2 id="launch-title">Materialize assets</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={() => box.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <form className="dialog-body" onSubmit={submit}>
        <label>
          <span>Selection</span>
          <input className="text-input mono" value={what} onChange={(event) => setWhat(event.target.value)} spellCheck={false} />
          <span className="muted sub">
            <code>*</code> is everything; <code>+a</code> adds what it reads, <code>a+</code> what reads it; <code>tag:x</code>,{" "}
            <code>failed</code>
          </span>
        </label>
        <label>
          <span>Partition</span>
          <input
            className="text-input mono"
            value={partition}
            onChange={(event) => setPartition(event.target.value)}
            placeholder="only for partitioned assets: 2026-01-01..2026-01-31"
            spellCheck={false}
          />
        </label>
        <label className="check-line">
          <input type="checkbox" checked={fromScratch} onChange={(event) => setFromScratch(event.target.checked)} />
          Make everything anew, what did not change as well
        </label>
        <div>
          <p className="muted gap-small">The same in a terminal</p>
          <Command text={commandOf(what, partition, fromScratch)} />
        </div>
        {launch.error ? <Trouble error={launch.error} /> : null}
        <div className="dialog-foot">
          <button type="button" className="button" onClick={() => box.current?.close()}>
            Close
          </button>
          <button type="submit" className="button primary" disabled={launch.isPending}>
            <Icon name="play" size={14} />
            {launch.isPending ? "Starting" : "Materialize"}
          </button>
        </div>
      </form>
    </dialog>
  );
}
