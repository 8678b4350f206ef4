import { useEffect } from "react";

/** Where `g` and a letter lead. */
export const PLACES: Record<string, string> = {
  h: "/",
  c: "/catalog",
  l: "/lineage",
  s: "/sql",
  q: "/quality",
  r: "/runs",
  b: "/branches",
  v: "/services",
  p: "/plugins",
  o: "/settings",
};

export const KEYS: [string, string][] = [
  ["⌘K or Ctrl K", "Find anything"],
  ["/", "Filter this page"],
  ["?", "These keys"],
  ["g then h c l s q r b v p o", "Go to a page"],
  ["b", "Choose the branch"],
  ["[", "Fold or unfold the navigation"],
  ["j, k", "Move down and up a list"],
  ["Enter", "Open"],
  ["Esc", "Close, or cancel a query"],
  ["⌘Enter or Ctrl Enter", "Run the query"],
];

const KEY = "phlo.keys";

export function lettersAreOn(): boolean {
  return localStorage.getItem(KEY) !== "off";
}

export function switchLetters(isOn: boolean): void {
  if (isOn) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, "off");
}

/** Whether somebody types: single letters mean nothing then. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) ||
    target.closest("[role=grid]") !== null ||
    target.closest("dialog[open]") !== null
  );
}

export type Actions = {
  palette: () => void;
  help: () => void;
  fold: () => void;
  go: (path: string) => void;
};

export function useKeys(actions: Actions): void {
  useEffect(() => {
    let waitsForPlace = 0;
    const down = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        actions.palette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || !lettersAreOn()) return;
      if (isTyping(event.target)) return;
      if (waitsForPlace && event.timeStamp - waitsForPlace < 1200) {
        waitsForPlace = 0;
        const place = PLACES[event.key];
        if (place) {
          event.preventDefault();
          actions.go(place);
        }
        return;
      }
      if (event.key === "g") waitsForPlace = event.timeStamp;
      else if (event.key === "?") actions.help();
      else if (event.key === "[") actions.fold();
      else if (event.key === "b") document.querySelector<HTMLElement>(".ref select")?.focus();
      else if (event.key === "/") {
        const filter = document.querySelector<HTMLInputElement>("[data-filter]");
        if (filter) {
          event.preventDefault();
          filter.focus();
          filter.select();
        }
      } else if (event.key === "j" || event.key === "k") moveInList(event.key === "j" ? 1 : -1);
    };
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  }, [actions]);
}

/** Move the focus to the next link of the list on the page. */
function moveInList(step: number): void {
  const links = [...document.querySelectorAll<HTMLElement>("[data-list] [data-open]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))];
  next?.focus();
}
