export type Density = "normal" | "compact";

const KEY = "phlo.density";

export function densityNow(): Density {
  try {
    return localStorage.getItem(KEY) === "compact" ? "compact" : "normal";
  } catch {
    return "normal";
  }
}

export function chooseDensity(density: Density): void {
  try {
    if (density === "compact") localStorage.setItem(KEY, density);
    else localStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing still shows it until the page is left.
  }
  showDensity(density);
}

export function showDensity(density: Density = densityNow()): void {
  document.documentElement.dataset.density = density;
}
