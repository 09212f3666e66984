import { Store, useStore } from "../live/store.ts";

export type Theme = "system" | "light" | "dark";

const key = "tidegate.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const chosen = new Store<Theme>(stored());
const effective = new Store<"light" | "dark">("light");

function stored(): Theme {
  try {
    const found = localStorage.getItem(key);
    return found === "light" || found === "dark" ? found : "system";
  } catch {
    return "system";
  }
}

function apply(): void {
  const theme = chosen.get();
  if (theme === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.dataset.theme = theme;
  effective.set(theme === "system" ? (dark.matches ? "dark" : "light") : theme);
}

/** Before anything is drawn. */
export function startTheme(): void {
  apply();
  dark.addEventListener("change", apply);
}

export function setTheme(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Then it holds for this visit.
  }
  chosen.set(theme);
  apply();
}

export function useChosenTheme(): Theme {
  return useStore(chosen);
}

/** What is drawn by hand, and does not follow the style sheet, is drawn anew when this changes. */
export function useTheme(): "light" | "dark" {
  return useStore(effective);
}
