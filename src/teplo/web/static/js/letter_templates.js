// The editor of letters: holes at the cursor, a preview that follows the writing, two widths.
(() => {
  "use strict";
  const form = document.querySelector("[data-letter-editor]");
  if (!form) return;
  const frame = form.querySelector("[data-frame]");
  const preview = form.querySelector("[data-preview]");
  const check = form.querySelector("#letter-check");
  const fields = [...form.querySelectorAll("input[name=subject], input[name=preheader], textarea")];
  let last = form.querySelector("textarea[name=body]");
  fields.forEach((field) => field.addEventListener("focus", () => { last = field; }));

  let waiting;
  function look() {
    form.requestSubmit(preview);
    htmx.trigger(check, "look");
  }
  function lookSoon() {
    clearTimeout(waiting);
    waiting = setTimeout(look, 600);
  }
  form.addEventListener("input", lookSoon);
  form.addEventListener("change", lookSoon);
  preview.addEventListener("click", () => htmx.trigger(check, "look"));

  form.addEventListener("click", (event) => {
    const hole = event.target.closest("[data-insert]");
    if (hole) {
      const text = `{{ ${hole.dataset.insert} }}`;
      last.setRangeText(text, last.selectionStart, last.selectionEnd, "end");
      last.focus();
      lookSoon();
    }
    const width = event.target.closest("[data-width]");
    if (width) {
      form.querySelectorAll("[data-width]").forEach((one) => one.setAttribute("aria-pressed", String(one === width)));
      frame.classList.toggle("phone", width.dataset.width === "phone");
    }
  });
  window.addEventListener("load", () => form.requestSubmit(preview));
})();
