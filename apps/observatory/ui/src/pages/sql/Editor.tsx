import { type Diagnostic, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { type JSX, type RefObject, useEffect, useRef } from "react";

import { type Acts, type Catalog, extensions, language, languageOf } from "./setup";

export type Mark = { from: number; to: number; message: string } | null;

/** The editor itself; what it holds is asked of `view`. */
export function Editor({
  text,
  catalog,
  mark,
  acts,
  view,
}: {
  text: string;
  catalog: Catalog;
  mark: Mark;
  acts: Acts;
  view: RefObject<EditorView | null>;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const now = useRef(acts);
  now.current = acts;

  useEffect(() => {
    const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
    const own: Acts = {
      run: () => now.current.run(),
      cancel: () => now.current.cancel(),
      changed: (next) => now.current.changed(next),
    };
    const made = new EditorView({ parent: box.current!, state: EditorState.create({ doc: text, extensions: extensions(own, nonce) }) });
    view.current = made;
    made.focus();
    made.dispatch({ selection: { anchor: made.state.doc.length } });
    return () => {
      view.current = null;
      made.destroy();
    };
    // What it holds at first is given once; later texts are put into it.
  }, [view]);

  useEffect(() => {
    const made = view.current;
    if (!made || made.state.doc.toString() === text) return;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text }, selection: { anchor: text.length } });
  }, [text, view]);

  useEffect(() => {
    view.current?.dispatch({ effects: language.reconfigure(languageOf(catalog)) });
  }, [catalog, view]);

  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const size = made.state.doc.length;
    const found: Diagnostic[] = mark ? [{ from: Math.min(mark.from, size), to: Math.min(mark.to, size), severity: "error", message: mark.message }] : [];
    made.dispatch(setDiagnostics(made.state, found));
  }, [mark, view]);

  return <div ref={box} className="editor" />;
}
