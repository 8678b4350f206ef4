import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "phlo.theme";
const listeners = new Set<() => void>();
const system = () => globalThis.matchMedia("(prefers-color-scheme: dark)");

export function chosen(): Theme {
  try {
    const found = localStorage.getItem(KEY);
    return found === "light" || found === "dark" ? found : "system";
  } catch {
    return "system";
  }
}

export function choose(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing still shows it until the page is left.
  }
  show(theme);
}

export function show(theme: Theme = chosen()): void {
  const isDark = theme === "dark" || (theme === "system" && system().matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  for (const listener of listeners) listener();
}

export function followSystem(): void {
  system().addEventListener("change", () => show());
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, chosen);
}
