// @ts-check
// A long list one can search in: a field above it, and below what was found by its words. Without this script it is a
// plain list.

const MOST = 12;

/** @param {string} text */
const plain = (text) => text.toLowerCase().replaceAll("ё", "е").replaceAll("_", " ").trim();

/**
 * The options whose words have every typed word, those that begin with it first.
 * @param {HTMLOptionElement[]} options
 * @param {string} typed
 */
const found = (options, typed) => {
  const asked = plain(typed).split(/\s+/).filter(Boolean);
  const said = options.map((option) => ({
    option,
    words: plain(`${option.text} ${option.dataset.words || ""}`),
  }));
  const fitting = said.filter(({ words }) => asked.every((word) => words.includes(word)));
  const begins = (/** @type {{words: string}} */ { words }) => Number(!asked.length || words.startsWith(asked[0]));
  return fitting.sort((a, b) => begins(b) - begins(a)).map(({ option }) => option);
};

/** @param {HTMLSelectElement} select */
const searchIn = (select) => {
  const options = [...select.options];
  const input = document.createElement("input");
  const list = document.createElement("ul");
  input.className = "form-control";
  input.type = "text";
  input.autocomplete = "off";
  input.id = select.id;
  list.id = `${select.id}-found`;
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  })) input.setAttribute(name, value);
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", select.labels?.[0]?.textContent || "");
  list.className = "found-list";
  list.hidden = true;
  const box = document.createElement("div");
  box.className = "search-in";
  select.removeAttribute("id");
  select.hidden = true;
  select.before(box);
  box.append(input, list, select);

  const show = () => { input.value = select.selectedOptions[0]?.text || ""; };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  /** @param {string | undefined} value */
  const choose = (value) => {
    if (value === undefined) return;
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    show();
    close();
  };
  /** @param {number} place */
  const point = (place) => {
    const items = [...list.querySelectorAll("[role=option]")];
    const next = items[(place + items.length) % items.length];
    items.forEach((item) => item.setAttribute("aria-selected", String(item === next)));
    if (!next) return;
    input.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  };
  /** @param {string} typed */
  const fill = (typed) => {
    const rows = found(options, typed).slice(0, typed ? MOST : options.length);
    list.replaceChildren(...rows.map((option, place) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${place}`;
      item.setAttribute("role", "option");
      item.dataset.value = option.value;
      item.textContent = option.text;
      return item;
    }));
    if (!rows.length) {
      const nothing = document.createElement("li");
      nothing.className = "quiet";
      nothing.textContent = select.dataset.nothing || "";
      list.append(nothing);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point(typed ? 0 : rows.findIndex((option) => option.value === select.value));
  };
  const pointed = () => [...list.querySelectorAll("[role=option]")].findIndex((i) => i.ariaSelected === "true");

  input.addEventListener("focus", () => { input.select(); });
  input.addEventListener("click", () => { if (list.hidden) fill(""); });
  input.addEventListener("input", () => fill(input.value));
  input.addEventListener("blur", () => { show(); close(); });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const item = /** @type {HTMLElement} */ (event.target).closest("[role=option]");
    if (item) choose(/** @type {HTMLElement} */ (item).dataset.value);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) fill("");
      else point(pointed() + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      choose(/** @type {HTMLElement | undefined} */ (list.querySelectorAll("[role=option]")[pointed()])?.dataset.value);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      show();
      close();
    }
  });
  show();
};

document.querySelectorAll("select[data-search-in]").forEach((select) => {
  searchIn(/** @type {HTMLSelectElement} */ (select));
});
