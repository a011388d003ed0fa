// The little that every page needs: toasts, dialogs, palette, lists by keyboard, menus.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const texts = document.body.dataset;

  // Toasts
  function toast({ text, kind = "success", url = "" }) {
    const note = document.createElement("div");
    note.className = `toast-note ${kind}`;
    const said = document.createElement(url ? "a" : "span");
    said.textContent = text;
    if (url) said.href = url;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", texts.textClose);
    close.addEventListener("click", () => note.remove());
    note.append(said, close);
    $("#toasts").append(note);
    if (kind !== "error" && kind !== "hot") setTimeout(() => note.remove(), 5000);
  }
  document.body.addEventListener("toasts", (event) => (event.detail.value || event.detail.toasts || []).forEach(toast));
  $$("#toasts .toast-note").forEach((note) => {
    const kind = note.classList.contains("error") ? "error" : "success";
    const text = note.textContent;
    note.remove();
    toast({ text, kind });
  });

  // htmx: a line on top while waiting, words when it fails
  const wire = $("#wire");
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.elt.hasAttribute("data-silent")) wire.classList.add("busy");
  });
  document.body.addEventListener("htmx:afterRequest", () => wire.classList.remove("busy"));
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr, elt } = event.detail;
    if (elt.hasAttribute("data-silent") || xhr.status === 401) return;
    const isText = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    toast({ text: isText && xhr.responseText ? xhr.responseText : texts.textFailed, kind: "error" });
  });
  document.body.addEventListener("htmx:sendError", (event) => {
    if (!event.detail.elt.hasAttribute("data-silent")) toast({ text: texts.textFailed, kind: "error" });
  });

  // Dialog and drawer open when something is put into them
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    if ((target.id === "dialog" || target.id === "drawer") && !target.open) target.showModal();
    const focus = target.querySelector("[autofocus]");
    if (focus) focus.focus();
  });
  document.addEventListener("click", (event) => {
    const dialog = event.target.closest("dialog");
    if (!dialog) return;
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });

  // Asking before what cannot be undone
  function ask(question) {
    const dialog = $("#confirm");
    $("[data-question]", dialog).textContent = question;
    dialog.showModal();
    return new Promise((resolve) => {
      const yes = $("[data-yes]", dialog);
      const done = (answer) => {
        yes.removeEventListener("click", agree);
        dialog.removeEventListener("close", refuse);
        if (dialog.open) dialog.close();
        resolve(answer);
      };
      const agree = () => done(true);
      const refuse = () => done(false);
      yes.addEventListener("click", agree);
      dialog.addEventListener("close", refuse);
    });
  }
  document.body.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question).then((answer) => answer && event.detail.issueRequest(true));
  });
  document.addEventListener("submit", (event) => {
    const asked = (event.submitter && event.submitter.dataset.confirm) || event.target.dataset.confirm;
    if (!asked || event.target.dataset.confirmed) return;
    event.preventDefault();
    event.stopPropagation();
    ask(asked).then((answer) => {
      if (!answer) return;
      event.target.dataset.confirmed = "1";
      event.target.requestSubmit(event.submitter || undefined);
      delete event.target.dataset.confirmed;
    });
  }, true);

  // A form that sends itself when something in it is chosen
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-submit-on-change]");
    if (form) form.requestSubmit();
  });

  // Copying
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = $(button.dataset.copy);
    const text = source ? source.value || source.textContent : "";
    if (navigator.clipboard) navigator.clipboard.writeText(text.trim());
    else if (source && source.select) { source.select(); document.execCommand("copy"); }
    if (button.dataset.done) button.lastChild.textContent = button.dataset.done;
  });

  // Words put into a text by a button: @name of a colleague
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const field = $(button.closest("[data-insert-into]").dataset.insertInto);
    if (!field) return;
    const typed = field.value.slice(0, field.selectionStart);
    const at = typed.length - (typed.endsWith("@") ? 1 : 0);
    const gap = at > 0 && !/\s$/.test(field.value.slice(0, at)) ? " " : "";
    field.setRangeText(gap + button.dataset.insert, at, field.selectionEnd, "end");
    field.focus();
  });

  // Menus close by themselves
  document.addEventListener("click", (event) => {
    $$("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target) || event.target.closest(".menu-items a, .menu-items button")) menu.open = false;
    });
  });

  // Rail on a phone
  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-rail]");
    if (opens) document.body.classList.toggle("rail-open");
    else if (!event.target.closest("#rail")) document.body.classList.remove("rail-open");
  });

  // Palette
  const palette = $("#palette");
  const field = palette && $("input", palette);
  function openPalette() {
    if (palette.open) return;
    document.body.classList.remove("rail-open");
    palette.showModal();
    field.select();
    htmx.trigger(field, "open");
  }
  function movePalette(step) {
    const links = $$(".found-line", palette);
    if (!links.length) return;
    const at = links.findIndex((link) => link.classList.contains("cursor"));
    links.forEach((link) => link.classList.remove("cursor"));
    const next = links[(at + step + links.length) % links.length];
    next.classList.add("cursor");
    next.scrollIntoView({ block: "nearest" });
  }
  if (palette) {
    document.addEventListener("click", (event) => event.target.closest("[data-palette]") && openPalette());
    palette.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        movePalette(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter") {
        event.preventDefault();
        const link = $(".found-line.cursor", palette) || $(".found-line", palette);
        if (link) link.click();
      }
    });
    palette.addEventListener("htmx:afterSwap", () => movePalette(1));
    if (/Mac|iPhone|iPad/.test(navigator.platform)) $$("[data-key]").forEach((key) => { key.textContent = `⌘${key.dataset.key}`; });
  }

  // Keys: palette, rows of a list, and the dialog that lists them (web/keys.py)
  const isTyping = (element) => element.closest("input, textarea, select, [contenteditable=true], dialog");
  function moveRow(step) {
    const rows = $$("table[data-rows] tbody tr");
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("cursor"));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    rows.forEach((row) => row.classList.remove("cursor"));
    next.classList.add("cursor");
    next.scrollIntoView({ block: "nearest" });
  }
  // What the key says in a Latin layout, so that it works in a Cyrillic one too
  function latinKey(event) {
    if (/^[\x21-\x7e]$/.test(event.key) && event.code !== "Slash") return event.key.toLowerCase();
    if (/^Key[A-Z]$/.test(event.code)) return event.code.slice(3).toLowerCase();
    if (event.code === "Slash" && !/^[/?]$/.test(event.key)) return event.shiftKey ? "?" : "/";
    return event.key;
  }
  window.latinKey = latinKey;
  function showKeys() {
    const keys = $("#keys");
    if (keys && !$("dialog[open]")) keys.showModal();
  }
  document.addEventListener("click", (event) => event.target.closest("[data-show-keys]") && showKeys());
  document.addEventListener("keydown", (event) => {
    const key = latinKey(event);
    if ((event.metaKey || event.ctrlKey) && key === "k" && palette) {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    const row = $("table[data-rows] tr.cursor");
    if (key === "/" && $("input.search")) { event.preventDefault(); $("input.search").focus(); }
    else if (key === "/" && palette) { event.preventDefault(); openPalette(); }
    else if (key === "?") { event.preventDefault(); showKeys(); }
    else if (key === "j") moveRow(1);
    else if (key === "k") moveRow(-1);
    else if (key === "Enter" && row && row.dataset.href && event.target === document.body) location.href = row.dataset.href;
    else if (key === "x" && row) {
      const box = $("input[type=checkbox]", row);
      if (box) box.click();
    }
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, label, select, summary, details, textarea")) return;
    if (window.getSelection().toString()) return;
    if (event.metaKey || event.ctrlKey) window.open(row.dataset.href, "_blank", "noopener");
    else location.href = row.dataset.href;
  });

  // Choosing many
  function countChosen() {
    const boxes = $$("table[data-rows] tbody input[name=ids]");
    const chosen = boxes.filter((box) => box.checked);
    boxes.forEach((box) => box.closest("tr").classList.toggle("chosen", box.checked));
    $$("[data-bulk]").forEach((bar) => { bar.hidden = !chosen.length; });
    $$("[data-bulk-count]").forEach((place) => { place.textContent = chosen.length; });
    $$("input[data-all]").forEach((all) => {
      all.checked = boxes.length > 0 && chosen.length === boxes.length;
      all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    });
  }
  let lastBox = null;
  document.addEventListener("click", (event) => {
    if (event.target.matches("input[data-all]")) {
      $$("table[data-rows] tbody input[name=ids]").forEach((box) => { box.checked = event.target.checked; });
      countChosen();
    } else if (event.target.matches("table[data-rows] input[name=ids]")) {
      if (event.shiftKey && lastBox) {
        const boxes = $$("table[data-rows] tbody input[name=ids]");
        const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(event.target)].sort((a, b) => a - b);
        boxes.slice(from, to + 1).forEach((box) => { box.checked = event.target.checked; });
      }
      lastBox = event.target;
      countChosen();
    }
  });
  document.body.addEventListener("htmx:afterSettle", countChosen);

  // Only a table wider than the page scrolls by itself; the head of the others stays in sight
  function fitTables() {
    $$(".table-frame").forEach((frame) => {
      frame.classList.remove("scrolls");
      frame.classList.toggle("scrolls", [...frame.children].some((child) => child.offsetWidth > frame.clientWidth + 1));
    });
  }
  fitTables();
  let fitting = 0;
  window.addEventListener("resize", () => { clearTimeout(fitting); fitting = setTimeout(fitTables, 100); });
  document.body.addEventListener("htmx:afterSettle", fitTables);

  // Clocks that run: <b class="clock" data-until="ISO">
  function tick() {
    $$("[data-until]").forEach((clock) => {
      const left = Math.round((new Date(clock.dataset.until) - Date.now()) / 1000);
      const size = Math.abs(left);
      const hours = Math.floor(size / 3600);
      const parts = [Math.floor((size % 3600) / 60), size % 60].map((part) => String(part).padStart(2, "0"));
      clock.textContent = `${left < 0 ? "−" : ""}${hours ? `${hours}:` : ""}${parts.join(":")}`;
      clock.classList.toggle("late", left < 0);
    });
  }
  if ($("[data-until]")) setInterval(tick, 1000);
  tick();
  document.body.addEventListener("htmx:afterSwap", tick);
})();
