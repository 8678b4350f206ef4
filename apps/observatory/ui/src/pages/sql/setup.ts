/** CodeMirror as the SQL page has it. */

import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, type Completion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PostgreSQL, sql, type SQLNamespace } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, type Extension, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export type Acts = { run: () => void; cancel: () => boolean; changed: (text: string) => void };
export type Catalog = { name: string; columns: { name: string; type: string }[] }[];

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: tags.number, color: "var(--warn)" },
  { tag: [tags.lineComment, tags.blockComment], color: "var(--n10)", fontStyle: "italic" },
  { tag: tags.typeName, color: "var(--c6)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", color: "var(--n12)", backgroundColor: "var(--n1)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--n12)" },
  ".cm-cursor": { borderLeftColor: "var(--n12)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--n1)", color: "var(--n10)", border: "none", paddingLeft: "6px" },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--n4) 55%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in oklch, var(--accent-solid) 28%, transparent) !important",
  },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft) !important", outline: "1px solid var(--accent-line)" },
  ".cm-placeholder": { color: "var(--n10)" },
  ".cm-tooltip": { backgroundColor: "var(--n1)", border: "1px solid var(--n6)", borderRadius: "6px", boxShadow: "var(--shadow)", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12px", maxHeight: "260px" },
  ".cm-tooltip-autocomplete ul li": { padding: "3px 10px !important" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-soft) !important", color: "var(--n12) !important" },
  ".cm-completionDetail": { color: "var(--n10)", fontStyle: "normal", marginLeft: "12px" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent)", fontWeight: "600" },
  ".cm-diagnostic": { fontFamily: "var(--font)", fontSize: "12px", padding: "6px 10px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--fail-fill)" },
});

/** What is completed changes as the catalog is read; the rest stays. */
export const language = new Compartment();

export function languageOf(catalog: Catalog): Extension {
  const schema: Record<string, Record<string, readonly (string | Completion)[]>> = {};
  for (const { name, columns } of catalog) {
    const [namespace, table] = [name.slice(0, name.indexOf(".")), name.slice(name.indexOf(".") + 1)];
    (schema[namespace] ??= {})[table] = columns.map((one) => ({ label: one.name, type: "property", detail: one.type }));
  }
  return sql({ dialect: PostgreSQL, schema: schema as SQLNamespace });
}

export function extensions(acts: Acts, nonce: string): Extension[] {
  return [
    // Styles that are put into the page need its nonce.
    EditorView.cspNonce.of(nonce),
    lineNumbers(),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ icons: false }),
    highlightActiveLine(),
    EditorView.lineWrapping,
    placeholder("select * from …   (Ctrl Enter runs the statement at the cursor)"),
    EditorView.contentAttributes.of({ "aria-label": "SQL" }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) acts.changed(update.state.doc.toString());
    }),
    Prec.highest(
      keymap.of([
        { key: "Mod-Enter", preventDefault: true, run: (view) => (closeCompletion(view), acts.run(), true) },
      ]),
    ),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      { key: "Escape", run: () => acts.cancel() },
      ...defaultKeymap.filter((binding) => binding.key !== "Mod-Enter"),
      ...historyKeymap,
    ]),
    syntaxHighlighting(colours),
    look,
    language.of(languageOf([])),
  ];
}
