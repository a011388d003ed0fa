// Before anything is painted: light or dark as the reader, or his system, wants it.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = root.dataset.theme;
    root.dataset.bsTheme = chosen === "auto" || !chosen ? (system.matches ? "dark" : "light") : chosen;
    document.dispatchEvent(new Event("theme"));
  };
  system.addEventListener("change", apply);
  apply();
})();
