// The agenda on the wall: arrows walk through its points, a figure jumps to one, Esc comes back.
(() => {
  "use strict";
  const agenda = document.querySelector("[data-agenda]");
  if (!agenda) return;
  const points = [...agenda.querySelectorAll(":scope > section")];
  const links = [...document.querySelectorAll(".points-nav a")];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  function here() {
    const line = 150;
    const named = points.findIndex((point) => `#${point.id}` === location.hash);
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    if (atEnd && named >= 0 && points[named].getBoundingClientRect().top < innerHeight) return named;
    const passed = points.filter((point) => point.getBoundingClientRect().top <= line);
    return Math.max(passed.length - 1, 0);
  }
  function mark() {
    const at = here();
    links.forEach((link, i) => {
      link.classList.toggle("here", i === at);
      if (i === at) link.setAttribute("aria-current", "step"); else link.removeAttribute("aria-current");
    });
  }
  function go(index) {
    const point = points[Math.min(Math.max(index, 0), points.length - 1)];
    point.scrollIntoView({ behavior: calm.matches || document.body.classList.contains("projecting") ? "auto" : "smooth", block: "start" });
    history.replaceState(history.state, "", `#${point.id}`);
  }
  function project(on) {
    const at = here();
    document.body.classList.toggle("projecting", on);
    if (on && document.documentElement.requestFullscreen) document.documentElement.requestFullscreen().catch(() => {});
    if (!on && document.fullscreenElement) document.exitFullscreen();
    points[at].scrollIntoView({ block: "start" });
  }

  document.querySelector("[data-project]")?.addEventListener("click", () => project(true));
  document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) project(false); });
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest("input, textarea, select, [contenteditable], dialog") || document.querySelector("dialog[open]");
    if (busy || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowRight" || event.key === "PageDown" && document.body.classList.contains("projecting")) { event.preventDefault(); go(here() + 1); }
    else if (event.key === "ArrowLeft" || event.key === "PageUp" && document.body.classList.contains("projecting")) { event.preventDefault(); go(here() - 1); }
    else if (/^[0-9]$/.test(event.key)) go(event.key === "0" ? 9 : Number(event.key) - 1);
    else if (event.key === "Escape" && document.body.classList.contains("projecting")) project(false);
  });
  addEventListener("scroll", mark, { passive: true });
  mark();
})();
