import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type JSX, useEffect, useRef, useState } from "react";

import { createRef } from "../../api/actions";
import { Command } from "../../parts/basics";
import { Trouble } from "../../parts/Fault";
import { Icon } from "../../parts/Icon";

type Props = {
  kind: "branch" | "tag";
  sources: string[];
  source: string;
  onClose: (made?: string) => void;
};

/** Make a branch or a tag of all tables as they are. */
export function NewRef({ kind, sources, source, onClose }: Props): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  const made = useRef<string>(undefined);
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [from, setFrom] = useState(source);
  const make = useMutation({
    mutationFn: () => createRef({ name: name.trim(), kind, source: from }),
    onSuccess: (ref) => {
      made.current = ref.name;
      void client.invalidateQueries({ queryKey: ["refs"] });
      box.current?.close();
    },
  });
  useEffect(() => {
    if (!box.current?.open) box.current?.showModal();
    box.current?.querySelector("input")?.focus();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const verb = kind === "tag" ? "tag" : "create";
  return (
    <dialog ref={box} className="dialog" aria-labelledby="ref-title" onClose={() => onClose(made.current)}>
      <header className="dialog-head">
        <h2 id="ref-title">New {kind}</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={() => box.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <form className="dialog-body" onSubmit={submit}>
        <label>
          <span>Name</span>
          <input
            className="text-input mono"
            value={name}
            required
            maxLength={200}
            onChange={(event) => setName(event.target.value)}
            placeholder={kind === "tag" ? "2026-q1" : "fix/late-orders"}
            spellCheck={false}
            autoComplete="off"
          />
        </label>
        <label>
          <span>Of the tables of</span>
          <select className="text-input mono" value={from} onChange={(event) => setFrom(event.target.value)}>
            {[...new Set(["main", ...sources])].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
          <span className="muted sub">
            {kind === "tag" ? "It stays as it is: nothing is written to it." : "Nothing is copied: it is a second name until something is written."}
          </span>
        </label>
        <div>
          <p className="muted gap-small">The same in a terminal</p>
          <Command text={`phlo branch ${verb} ${name.trim() || "NAME"}${from === "main" ? "" : ` --from ${from}`}`} />
        </div>
        {make.error ? <Trouble error={make.error} /> : null}
        <div className="dialog-foot">
          <button type="button" className="button" onClick={() => box.current?.close()}>
            Close
          </button>
          <button type="submit" className="button primary" disabled={make.isPending || !name.trim()}>
            {make.isPending ? "Making it" : `Make the ${kind}`}
          </button>
        </div>
      </form>
    </dialog>
  );
}
